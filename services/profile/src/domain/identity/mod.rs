//! Who a person is: what the channels said, which of it belongs together, and the one record that
//! follows from it.
//!
//! A [`source::Source`] is what one channel said. It stays under the customer id at which it came in,
//! its *home*. [`link::Link`]s join homes; a [`profile::Profile`] is what they join, known by its
//! oldest home. The golden record ([`golden::Golden`]) is a function of the sources of a profile and
//! of nothing else, so that taking a link back leaves what would be if it had never been made.

pub(crate) mod candidate;
mod confirm;
pub(crate) mod conflict;
pub(crate) mod golden;
pub(crate) mod homes;
pub(crate) mod kinds;
pub(crate) mod link;
pub(crate) mod match_policy;
pub(crate) mod matching;
pub(crate) mod meeting;
pub(crate) mod names;
pub(crate) mod place;
pub(crate) mod profile;
pub(crate) mod source;
pub(crate) mod tell;
pub(crate) mod trust;

#[cfg(test)]
pub(crate) mod history_tests;
#[cfg(test)]
mod tests;
