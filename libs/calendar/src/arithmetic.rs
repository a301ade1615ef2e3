//! Steps of days and months that saturate at the ends of the calendar.

use jiff::civil::Date;
use jiff::{SignedDuration, Span};

/// More months than the calendar has: a longer step ends at the same last day.
const MOST_MONTHS: i32 = 12 * 10_000;

pub(crate) fn plus_days(date: Date, days: i32) -> Date {
    date.saturating_add(SignedDuration::from_hours(24 * i64::from(days)))
}

/// A day that the later month does not have becomes its last one.
pub(crate) fn plus_months(date: Date, months: i32) -> Date {
    date.saturating_add(Span::new().months(months.clamp(-MOST_MONTHS, MOST_MONTHS)))
}

/// Days from one date to another; negative when it is the earlier one.
pub(crate) fn days_between(from: Date, to: Date) -> i64 {
    from.duration_until(to).as_hours() / 24
}
