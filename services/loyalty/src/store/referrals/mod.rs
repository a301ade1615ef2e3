//! Referrals.

pub(crate) mod codes;
pub(crate) mod lineage;
pub(crate) mod orders;
pub(crate) mod rewards;
mod rows;

pub(crate) use rows::{change, find, insert, of_referees, page};
