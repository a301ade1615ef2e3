//! Purchases, returns and acts, and what they earn.

pub(crate) mod activities;
pub(crate) mod birthdays;
pub(crate) mod budgets;
pub(crate) mod parked;
pub(crate) mod past;
pub(crate) mod pasts;
pub(crate) mod ratings;
pub(crate) mod returns;
pub(crate) mod sales;
pub(crate) mod segments;

mod documents;
mod keys;

pub(crate) use keys::{Key, Keys};
