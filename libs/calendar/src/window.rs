//! Which days count towards something, as of a day.

use jiff::civil::Date;

use crate::arithmetic::plus_days;
use crate::{DateRange, FIRST_DAY, MonthDay, Span, Unit};

/// The days that a metric is summed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Window {
    /// The last so many days, the day itself included. None at all for 0.
    RollingDays(u16),
    /// Since the day after the one that lies so many months back. None at all for 0.
    RollingMonths(u16),
    /// Since the unit began.
    Calendar(Unit),
    /// Since the last anniversary of a day.
    Anniversary {
        /// For example the day of enrolment.
        of: MonthDay,
    },
    /// Since ever.
    Lifetime,
}

impl Window {
    /// The days that count as of a day. They end with it: what is later has not happened yet, also
    /// when a day of the past is looked at again.
    ///
    /// An empty window (`RollingDays(0)`) has its first day after its last.
    pub fn days(self, as_of: Date) -> DateRange {
        DateRange {
            first: self.first_day(as_of),
            last: as_of,
        }
    }

    /// The next day on which earlier ones stop counting; `None` when none ever does.
    ///
    /// Until then a metric that nothing is added to stays as it is.
    pub fn next_change(self, as_of: Date) -> Option<Date> {
        let tomorrow = as_of.tomorrow().ok()?;
        match self {
            Self::RollingDays(_) | Self::RollingMonths(_) => Some(tomorrow),
            Self::Calendar(unit) => unit.last_day(as_of).tomorrow().ok(),
            Self::Anniversary { of } => Some(of.next_from(tomorrow)),
            Self::Lifetime => None,
        }
    }

    fn first_day(self, as_of: Date) -> Date {
        match self {
            Self::RollingDays(days) => plus_days(Span::days(days).before(as_of), 1),
            Self::RollingMonths(months) => plus_days(Span::months(months).before(as_of), 1),
            Self::Calendar(unit) => unit.first_day(as_of),
            Self::Anniversary { of } => of.last_until(as_of),
            Self::Lifetime => FIRST_DAY,
        }
    }
}

#[cfg(test)]
mod tests;
