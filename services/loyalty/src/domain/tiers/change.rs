use calendar::DateRange;
use jiff::civil::Date;

use super::Standing;

/// A change of a standing, with what it was decided by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Where the member stood before.
    pub from: Standing,
    /// Where the member stands from then on.
    pub to: Standing,
    /// Why.
    pub reason: ChangeReason,
    /// The first day on which it holds.
    pub effective_on: Date,
    /// The metric as it was then.
    pub metric: i64,
    /// The days that it was counted over; `None` where the ladder was given up.
    pub window: Option<DateRange>,
    /// The version of the program that it was decided by.
    pub version: i64,
}

/// Why a standing changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeReason {
    /// The metric reached a higher tier.
    Reached,
    /// A review found enough to keep the tier for another term.
    Kept,
    /// A review found too little.
    NotKept,
    /// A tier was given.
    Given,
    /// A tier that was given has come to its end, or was withdrawn.
    GiftEnded,
    /// What is now known of the past leads elsewhere: a return, a late order, a merge.
    Revised,
}
