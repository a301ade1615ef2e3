//! Benefits: what a member is entitled to, and its use.

mod error;
mod read;
mod take_back;
#[cfg(test)]
mod tests;
mod using;

pub(crate) use error::BenefitsError;
pub(crate) use read::{Entitled, entitled, entitlements, uses};
pub(crate) use take_back::take_back;
pub(crate) use using::{Using, use_once};
