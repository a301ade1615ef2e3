//! Erasures, suppressed identifiers, legal holds.

pub(crate) mod erasures;
pub(crate) mod holds;
pub(crate) mod suppressions;
