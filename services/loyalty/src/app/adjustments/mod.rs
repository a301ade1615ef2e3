//! Corrections by hand: asked for, decided on by somebody else, made.

mod create;
mod decide;
mod error;
mod make;
mod read;
#[cfg(test)]
mod tests;

pub(crate) use create::{Asking, create, try_out};
pub(crate) use decide::{approve, lapse, reject};
pub(crate) use error::AdjustmentsError;
pub(crate) use read::{Whose, one, page};
