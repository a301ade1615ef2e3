//! Prize draws.
//!
//! A draw is opened as soon as a program that has it is in force, before tickets are taken
//! ([`open`]); members take part ([`enter`]); what is over is told and closed, and prizes of draws
//! at the end are given, by a task ([`turn`]).

mod close;
pub(crate) mod enter;
mod error;
mod frozen;
mod open;
mod prizes;
pub(crate) mod proof;
pub(crate) mod read;
mod turn;
mod unused;

pub(crate) use error::DrawsError;
pub(crate) use frozen::Frozen;
pub(crate) use turn::turn;

#[cfg(test)]
mod tests;
