use jiff::civil::Date;
use uuid::Uuid;

use crate::domain::program::TierId;

/// A tier that was given by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gift {
    /// The gift.
    pub gift_id: Uuid,
    /// The tier.
    pub tier_id: TierId,
    /// The first day.
    pub from: Date,
    /// The last day; `None` is without an end.
    pub until: Option<Date>,
    /// The day from which on it counts no longer, when it was withdrawn.
    pub withdrawn_on: Option<Date>,
}

impl Gift {
    /// Whether it counts on a day.
    pub(super) fn counts_on(&self, day: Date) -> bool {
        self.from <= day
            && self.until.is_none_or(|last| day <= last)
            && self.withdrawn_on.is_none_or(|end| day < end)
    }

    /// Whether it comes to its own end with this day.
    pub(super) fn ends_with(&self, day: Date) -> bool {
        self.until == Some(day) && self.counts_on(day)
    }
}
