//! Erasures, suppressed identifiers, legal holds, restrictions.

pub(crate) mod erasures;
pub(crate) mod holds;
pub(crate) mod restrictions;
pub(crate) mod suppressions;
