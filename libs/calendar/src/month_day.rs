//! Days that come every year.

use jiff::civil::Date;

use crate::arithmetic::{plus_days, plus_months};

/// A month and a day without a year: a birthday, an anniversary.
///
/// 29 February is kept on 28 February in common years. That is one of two customs (the other is
/// 1 March); it is taken because the day then stays in its month, so that a "birthday month"
/// holds it every year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MonthDay {
    month: i8,
    day: i8,
}

/// No year has such a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no year has a day {day} of month {month}")]
pub struct NoSuchDay {
    /// As it was given.
    pub month: i8,
    /// As it was given.
    pub day: i8,
}

/// Any leap year: it has every day that a year can have.
const LEAP_YEAR: i16 = 2000;

impl MonthDay {
    /// Month 1 to 12, and a day that the month has in a leap year.
    pub fn new(month: i8, day: i8) -> Result<Self, NoSuchDay> {
        match Date::new(LEAP_YEAR, month, day) {
            Ok(_) => Ok(Self { month, day }),
            Err(_) => Err(NoSuchDay { month, day }),
        }
    }

    /// The month and day of a date.
    pub fn of(date: Date) -> Self {
        Self {
            month: date.month(),
            day: date.day(),
        }
    }

    /// 1 to 12.
    pub fn month(self) -> i8 {
        self.month
    }

    /// 1 to 31.
    pub fn day(self) -> i8 {
        self.day
    }

    /// The day on which it is kept in the year of a date.
    pub fn in_year_of(self, date: Date) -> Date {
        let january = date.first_of_year();
        let month = plus_months(january, i32::from(self.month) - 1);
        let day = self.day.min(month.days_in_month());
        plus_days(month, i32::from(day) - 1)
    }

    /// Whether it is kept on this day.
    pub fn falls_on(self, day: Date) -> bool {
        self.in_year_of(day) == day
    }

    /// The first day from this one on, itself included, on which it is kept.
    pub fn next_from(self, day: Date) -> Date {
        let this_year = self.in_year_of(day);
        if this_year >= day {
            return this_year;
        }
        self.in_year_of(plus_months(day.first_of_year(), 12))
    }

    /// The last day up to this one, itself included, on which it was kept.
    pub fn last_until(self, day: Date) -> Date {
        let this_year = self.in_year_of(day);
        if this_year <= day {
            return this_year;
        }
        self.in_year_of(plus_months(day.first_of_year(), -12))
    }
}

#[cfg(test)]
mod tests;
