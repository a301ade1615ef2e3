//! What is wrong with a rule, and where.

use std::fmt;

/// A rule that can't be read, with the place of the mistake.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: {problem}")]
pub struct RecurrenceError {
    /// Where it is, counted in characters from 1.
    pub column: usize,
    /// What it is.
    pub problem: Problem,
}

/// What is wrong with a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Longer than any useful rule.
    #[error("a rule has at most {limit} bytes, this one has {found}")]
    TooLong {
        /// Its length.
        found: usize,
        /// The most that is read.
        limit: usize,
    },
    /// Between two semicolons stands something else than `NAME=VALUE`.
    #[error("expected NAME=VALUE, found {found:?}")]
    NotAPart {
        /// What stands there.
        found: String,
    },
    /// A name that RFC 5545 does not know.
    #[error("{found:?} is no part of a recurrence rule")]
    UnknownPart {
        /// The name.
        found: String,
    },
    /// A part of RFC 5545 that rules of whole days don't have, or that is not supported.
    #[error("{found} is not supported; supported are {}", Part::LIST)]
    UnsupportedPart {
        /// The name.
        found: String,
    },
    /// A part that was given already.
    #[error("{part} is given twice")]
    RepeatedPart {
        /// The part.
        part: Part,
    },
    /// A part that every rule needs.
    #[error("{part} is missing")]
    MissingPart {
        /// The part.
        part: Part,
    },
    /// Two parts that exclude each other.
    #[error("{part} can't be given together with {other}")]
    Excluded {
        /// The part that was found.
        part: Part,
        /// What excludes it, as it would be written.
        other: &'static str,
    },
    /// Not a frequency of whole days.
    #[error("expected DAILY, WEEKLY, MONTHLY or YEARLY, found {found:?}")]
    NotAFrequency {
        /// What stands there.
        found: String,
    },
    /// Not a number of the part's range.
    #[error("expected a number from {low} to {high}{}, found {found:?}", or_negative(*negative))]
    NotANumber {
        /// What stands there.
        found: String,
        /// The smallest.
        low: i16,
        /// The largest.
        high: i16,
        /// Whether the same range is allowed with a minus sign, counted from the end.
        negative: bool,
    },
    /// Not a weekday.
    #[error("expected MO, TU, WE, TH, FR, SA or SU, found {found:?}")]
    NotAWeekday {
        /// What stands there.
        found: String,
    },
    /// An ordinal (`1MO`) where weekdays are not counted.
    #[error("only a MONTHLY or YEARLY rule counts weekdays, as {found:?} does")]
    OrdinalNotAllowed {
        /// What stands there.
        found: String,
    },
    /// Not a day of the calendar.
    #[error("expected a date as YYYYMMDD, found {found:?}")]
    NotADate {
        /// What stands there.
        found: String,
    },
    /// No day is one of the rule's, at least not in a hundred years.
    #[error("none of the rule's days ever comes")]
    NeverComes,
}

fn or_negative(negative: bool) -> &'static str {
    if negative {
        ", or the same below zero"
    } else {
        ""
    }
}

/// A part of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// `FREQ`: the period.
    Freq,
    /// `INTERVAL`: every how many periods.
    Interval,
    /// `COUNT`: how many days in all.
    Count,
    /// `UNTIL`: the last day, included.
    Until,
    /// `WKST`: where weeks begin.
    Wkst,
    /// `BYMONTH`: in which months.
    ByMonth,
    /// `BYMONTHDAY`: on which days of the month.
    ByMonthDay,
    /// `BYDAY`: on which weekdays.
    ByDay,
}

impl Part {
    const LIST: &str = "FREQ, INTERVAL, COUNT, UNTIL, WKST, BYMONTH, BYMONTHDAY and BYDAY";

    pub(super) fn named(name: &str) -> Option<Self> {
        let part = match name {
            "FREQ" => Self::Freq,
            "INTERVAL" => Self::Interval,
            "COUNT" => Self::Count,
            "UNTIL" => Self::Until,
            "WKST" => Self::Wkst,
            "BYMONTH" => Self::ByMonth,
            "BYMONTHDAY" => Self::ByMonthDay,
            "BYDAY" => Self::ByDay,
            _ => return None,
        };
        Some(part)
    }
}

impl fmt::Display for Part {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Freq => "FREQ",
            Self::Interval => "INTERVAL",
            Self::Count => "COUNT",
            Self::Until => "UNTIL",
            Self::Wkst => "WKST",
            Self::ByMonth => "BYMONTH",
            Self::ByMonthDay => "BYMONTHDAY",
            Self::ByDay => "BYDAY",
        })
    }
}
