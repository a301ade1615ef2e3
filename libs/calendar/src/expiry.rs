//! When what was earned expires.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::{Span, Unit, Zone};

/// To the end of which unit an expiry day is moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RoundUp {
    /// Not moved.
    None,
    /// To the month's last day.
    Month,
    /// To 31 March, 30 June, 30 September or 31 December.
    Quarter,
    /// To 30 June or 31 December.
    HalfYear,
    /// To 31 December.
    Year,
}

impl RoundUp {
    /// The last day of the unit that a day lies in; never an earlier day.
    pub fn apply(self, day: Date) -> Date {
        match self {
            Self::None => day,
            Self::Month => Unit::Month.last_day(day),
            Self::Quarter => Unit::Quarter.last_day(day),
            Self::HalfYear => Unit::HalfYear.last_day(day),
            Self::Year => Unit::Year.last_day(day),
        }
    }
}

/// How long something is usable after it was earned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExpiryTerm {
    /// For ever.
    Never,
    /// So long, and then to the end of a unit. A span of nothing with `Year` is "this calendar year".
    After {
        /// From the day of earning.
        span: Span,
        /// Then moved to the end of this.
        round_up: RoundUp,
    },
}

impl ExpiryTerm {
    /// The last day on which what was earned on a day is usable; `None` for ever.
    pub fn last_day(self, earned_on: Date) -> Option<Date> {
        match self {
            Self::Never => None,
            Self::After { span, round_up } => Some(round_up.apply(span.after(earned_on))),
        }
    }
}

/// The instant from which what was earned at `earned_at` is no longer usable; `None` for ever.
///
/// What expires on a day is usable to that day's end, so this is the start of the next day.
pub fn expiry_instant(earned_at: Timestamp, term: ExpiryTerm, zone: &Zone) -> Option<Timestamp> {
    let last_day = term.last_day(zone.date_of(earned_at))?;
    Some(zone.end_of(last_day))
}

#[cfg(test)]
mod tests;
