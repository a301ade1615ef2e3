//! Between the domain and the contract: what callers and events say, and back.

pub(crate) mod cases;
pub(crate) mod events;
mod kinds;
pub(crate) mod log;
mod text;

pub(crate) use kinds::{kind_filter, state_filter, state_name};
pub(crate) use text::{identifier, stored};
