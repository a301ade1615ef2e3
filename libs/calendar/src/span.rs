//! How long a promise lasts.

use jiff::civil::Date;

use crate::arithmetic::{plus_days, plus_months};

/// A length of time in local months and days, as program documents state it.
///
/// Months clamp: 31 January + 1 month is the last day of February. So adding is not associative;
/// add one span to the original day rather than a month at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Span {
    /// So many months, which are gone first; a year is twelve.
    pub months: u16,
    /// And then so many days.
    pub days: u16,
}

impl Span {
    /// So many days.
    pub const fn days(days: u16) -> Self {
        Self { months: 0, days }
    }

    /// So many months.
    pub const fn months(months: u16) -> Self {
        Self { months, days: 0 }
    }

    /// The day that lies the span after a day.
    pub fn after(self, day: Date) -> Date {
        plus_days(plus_months(day, self.months.into()), self.days.into())
    }

    /// The day that lies the span before a day.
    pub fn before(self, day: Date) -> Date {
        let by_months = plus_months(day, -i32::from(self.months));
        plus_days(by_months, -i32::from(self.days))
    }
}

#[cfg(test)]
mod tests;
