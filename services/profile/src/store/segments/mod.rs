//! Segments, who belongs to them, and who is to be decided on.

pub(crate) mod definitions;
pub(crate) mod evaluations;
pub(crate) mod facts;
pub(crate) mod members;
pub(crate) mod sizes;
pub(crate) mod sweeps;
