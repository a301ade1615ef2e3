//! Benefits: who is entitled to what, and how often still.
//!
//! A use counts in the period in which it is made. The quota of the period is used first, then what
//! the member was given on top: that never lapses, and it entitles by itself, whatever the tier. A
//! use that is taken back counts no longer, in whichever period it was made.

mod entitlement;
#[cfg(test)]
mod tests;

pub use entitlement::{Entitlement, Obstacle, Situation, UseKind, entitlement};
