//! SQL and rows. What leaves this module are facts.

mod facts;
mod feed;
pub(crate) mod owners;

pub(crate) use facts::{firsts, insert, latest};
pub(crate) use feed::{Follower, PAGE_ROWS};
