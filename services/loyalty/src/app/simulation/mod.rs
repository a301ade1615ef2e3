//! Simulations: what a program would do that is not active. They decide by the same rules as the
//! real thing, and change nothing.

mod candidate;
mod member;
mod rate;
mod run;

pub(crate) use rate::rate;
pub(crate) use run::{compute, create, find};
