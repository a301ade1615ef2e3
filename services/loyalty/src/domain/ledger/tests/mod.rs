//! The ledger against a model that is too simple to be wrong, and its rules one by one.

mod acts;
mod histories;
mod model;
mod outcome;
mod replay;
mod rules;
mod soak;

mod world;

use jiff::{SignedDuration, Timestamp};

/// An instant, by hours since the beginning of 2026.
fn hour(number: i64) -> Timestamp {
    let start = Timestamp::from_second(1_767_225_600).unwrap();
    start + SignedDuration::from_hours(number)
}
