//! Packages: what members are given on occasions, once each time.
//!
//! An occasion has a key, by which a package is given once for it: a year, for what comes every
//! year. A package that is given ahead (`lead_days`) is due from that day on. What a standstill has
//! delayed is still given for a week after the occasion; later nobody is congratulated any more.

mod occasion;
#[cfg(test)]
mod tests;

pub use occasion::{Due, LATE_DAYS, due_on, occasions_of, yearly_key};
