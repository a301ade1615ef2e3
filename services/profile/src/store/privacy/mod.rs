//! Erasures, suppressed identifiers, legal holds, restrictions, retention.

pub(crate) mod erasures;
pub(crate) mod holds;
pub(crate) mod restrictions;
pub(crate) mod retention;
pub(crate) mod suppressions;
