//! Standings on ladders: what purchases and acts lead to, tiers given by hand, and how far members
//! are.
//!
//! Whoever changes what a standing depends on has the member open in the books and calls
//! [`follow`] or [`settle`] in the same transaction. The store keeps what was settled; it can be
//! computed anew from the facts at any time and is then equal.

mod error;
mod follow;
mod gift;
mod history;
mod news;
mod question;
mod read;
mod settle;
mod take_over;
#[cfg(test)]
mod tests;

pub(crate) use error::TiersError;
pub(crate) use follow::follow;
pub(crate) use gift::{Giving, give, withdraw};
pub(crate) use history::{Histories, History};
pub(crate) use news::News;
pub(crate) use read::{Ahead, changes, gifts, progress, progress_on, standing};
pub(crate) use settle::settle;
pub(crate) use take_over::{give_back, reference, take_over};
