//! Tiers: what counted on which day, standings, their changes, and tiers given by hand.

pub(crate) mod changes;
pub(crate) mod gifts;
pub(crate) mod metrics;
pub(crate) mod standings;

pub(crate) use standings::standings;
