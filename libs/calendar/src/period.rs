//! What a cap or a quota is counted per.

use std::fmt;

use jiff::civil::Date;

use crate::{DateRange, FIRST_DAY, LAST_DAY, Unit};

/// "Three times a month": the month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Period {
    /// A local day.
    Day,
    /// Monday to Sunday.
    Week,
    /// A calendar month.
    Month,
    /// A calendar quarter.
    Quarter,
    /// A calendar year.
    Year,
    /// All days: counted once and for ever.
    Lifetime,
}

impl Period {
    /// The bucket that a day lies in.
    pub fn bucket(self, day: Date) -> Bucket {
        let days = match self.unit() {
            Some(unit) => DateRange {
                first: unit.first_day(day),
                last: unit.last_day(day),
            },
            None => DateRange {
                first: FIRST_DAY,
                last: LAST_DAY,
            },
        };
        Bucket { period: self, days }
    }

    fn unit(self) -> Option<Unit> {
        match self {
            Self::Day => Some(Unit::Day),
            Self::Week => Some(Unit::Week),
            Self::Month => Some(Unit::Month),
            Self::Quarter => Some(Unit::Quarter),
            Self::Year => Some(Unit::Year),
            Self::Lifetime => None,
        }
    }
}

/// One day, week, month … of those that a quota is counted per.
///
/// Its text is its key, distinct from that of every other bucket of every period:
/// `2026-03-08`, `2026-W10` (ISO 8601), `2026-03`, `2026-Q1`, `2026`, `lifetime`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Bucket {
    period: Period,
    days: DateRange,
}

impl Bucket {
    /// What it is one of.
    pub fn period(self) -> Period {
        self.period
    }

    /// The days that it holds.
    pub fn days(self) -> DateRange {
        self.days
    }
}

impl fmt::Display for Bucket {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = self.days.first;
        match self.period {
            Period::Day => write!(formatter, "{first}"),
            Period::Week => {
                let week = first.iso_week_date();
                write!(formatter, "{:04}-W{:02}", week.year(), week.week())
            }
            Period::Month => write!(formatter, "{:04}-{:02}", first.year(), first.month()),
            Period::Quarter => {
                let quarter = (first.month() + 2) / 3;
                write!(formatter, "{:04}-Q{quarter}", first.year())
            }
            Period::Year => write!(formatter, "{:04}", first.year()),
            Period::Lifetime => formatter.write_str("lifetime"),
        }
    }
}

#[cfg(test)]
mod tests;
