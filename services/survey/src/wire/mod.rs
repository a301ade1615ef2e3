//! Between the domain and the contract: what callers and events say, and back.

pub(crate) mod events;
mod fields;
pub(crate) mod invitations;
pub(crate) mod questionnaires;
pub(crate) mod responses;
pub(crate) mod scores;

pub(crate) use fields::{identifier, storable};
