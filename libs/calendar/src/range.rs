//! A run of local days.

use jiff::civil::{Date, date};

/// Before every fact. Not the calendar's own first day, which PostgreSQL can't store.
pub const FIRST_DAY: Date = date(1, 1, 1);

/// The calendar's last day, where arithmetic saturates.
pub const LAST_DAY: Date = Date::MAX;

/// The days from `first` to `last`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DateRange {
    /// The first day.
    pub first: Date,
    /// The last day.
    pub last: Date,
}

impl DateRange {
    /// Whether the day is one of them.
    pub fn contains(self, day: Date) -> bool {
        self.first <= day && day <= self.last
    }
}
