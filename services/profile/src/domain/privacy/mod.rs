//! Erasures of people, and what may be in their way.

pub(crate) mod erasure;
pub(crate) mod hold;
pub(crate) mod restriction;
pub(crate) mod retention;
