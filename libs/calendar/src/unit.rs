//! The parts that a calendar has of itself.

use jiff::civil::Date;

use crate::arithmetic::{plus_days, plus_months};

/// A part of the calendar. Weeks begin on Monday (ISO 8601).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// One day.
    Day,
    /// Monday to Sunday.
    Week,
    /// The 1st to the last.
    Month,
    /// From January, April, July, October.
    Quarter,
    /// From January, July.
    HalfYear,
    /// From 1 January.
    Year,
}

impl Unit {
    /// The first day of the unit that a day lies in.
    pub fn first_day(self, day: Date) -> Date {
        match self {
            Self::Day => day,
            Self::Week => plus_days(day, -i32::from(day.weekday().to_monday_zero_offset())),
            Self::Month => first_of_months(day, 1),
            Self::Quarter => first_of_months(day, 3),
            Self::HalfYear => first_of_months(day, 6),
            Self::Year => first_of_months(day, 12),
        }
    }

    /// The last day of the unit that a day lies in.
    pub fn last_day(self, day: Date) -> Date {
        let first = self.first_day(day);
        match self {
            Self::Day => first,
            Self::Week => plus_days(first, 6),
            Self::Month => first.last_of_month(),
            Self::Quarter => plus_months(first, 2).last_of_month(),
            Self::HalfYear => plus_months(first, 5).last_of_month(),
            Self::Year => first.last_of_year(),
        }
    }
}

/// The first day of a group of so many months, counted from January.
fn first_of_months(day: Date, group: i32) -> Date {
    let into_the_group = (i32::from(day.month()) - 1) % group;
    plus_months(day.first_of_month(), -into_the_group)
}
