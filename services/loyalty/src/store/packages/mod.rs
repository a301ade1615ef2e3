//! Packages that were given, and the days on which some are due.

pub(crate) mod birthdays;
pub(crate) mod days;
pub(crate) mod grants;
