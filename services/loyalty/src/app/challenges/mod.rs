//! Goals that members reach by doing things.

mod error;
pub(crate) mod follow;
pub(crate) mod quiz;
pub(crate) mod read;
mod settle;

pub(crate) use error::ChallengesError;
pub(crate) use follow::follow;

#[cfg(test)]
mod tests;
