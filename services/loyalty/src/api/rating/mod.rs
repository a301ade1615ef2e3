//! Purchases and acts.

mod activities;
mod refusals;
mod sales;

pub(crate) use activities::Activities;
pub(super) use refusals::refused;
pub(crate) use sales::Sales;
