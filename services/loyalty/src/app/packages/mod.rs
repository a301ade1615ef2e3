//! Packages: welcome, tiers that were reached, birthdays, anniversaries.
//!
//! A package is given once for each occasion, in the transaction of what makes it due. What a return
//! takes back of a tier, it takes back of the tier's package.

mod anniversaries;
mod birthdays;
mod give;
#[cfg(test)]
mod tests;
mod tiers;
mod welcome;

pub(crate) use anniversaries::give_anniversaries;
pub use birthdays::{Profile, Profiles};
pub(crate) use birthdays::{ask_for_birthdays, keep_asking, keep_celebrating};
#[cfg(test)]
pub(crate) use birthdays::{ask_some, celebrate};
pub(crate) use tiers::{Move, follow_tiers};
pub(crate) use welcome::welcome;
