//! Days that come again: the rules of campaigns and member days.
//!
//! A subset of the recurrence rules of RFC 5545 (3.3.10), read as whole local days: `FREQ` of days
//! to years, `INTERVAL`, `BYDAY` (with ordinals by month and year), `BYMONTHDAY`, `BYMONTH`,
//! `COUNT`, `UNTIL`, `WKST`. "The 8th of each month" is `FREQ=MONTHLY;BYMONTHDAY=8`.
//!
//! Where the RFC leaves a choice, or is about more than days:
//! - A rule starts on a day that is handed in (`DTSTART`). It gives the parts that are left out
//!   (a weekly rule without `BYDAY` is about its weekday) but is not itself one of the days unless
//!   the rule says so; the RFC calls the set undefined in that case.
//! - `UNTIL` is a date, since the days are dates. A rule can't have it together with `COUNT`.
//! - A rule none of whose days comes within a hundred years is refused as a mistake.
//!
//! Why not the crate `rrule`: it is built on chrono and chrono-tz, which would be a second calendar
//! with a second copy of the zones; it enumerates from the start, so that asking about one day
//! costs the more the older a campaign is; and it has known wrong answers for which forks exist.
//! On whole days each part of a rule is a condition on a date. So here a rule is a conjunction,
//! `contains` evaluates it, and the search walks days. The answers are tested against the examples
//! of the RFC and against those of python-dateutil (`tests/vectors.txt`).

mod bounds;
mod draft;
mod error;
mod parse;
mod text;
mod weekday;

use jiff::civil::{Date, Weekday};

pub use self::error::{Part, Problem, RecurrenceError};
use self::weekday::{OrdinalWeekday, Scope};
use crate::arithmetic::{days_between, plus_days, plus_months};

/// How far ahead the next day is looked for. It bounds the work (36,525 cheap conditions) and is
/// longer than any program lives; the rarest sensible rule, a 29 February on a given weekday, takes
/// 40 years at most.
const HORIZON_MONTHS: i32 = 100 * 12;

/// A rule by which days come again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recurrence {
    frequency: Frequency,
    /// Every how many periods; at least 1.
    interval: i64,
    /// On which day a week begins: it matters to weekly rules that leave weeks out.
    week_start: Weekday,
    start: Date,
    /// The last day that may be one, by `UNTIL` or by `COUNT`.
    last: Date,
    /// Each of these that is not empty must hold for a day.
    months: Vec<i16>,
    month_days: Vec<i16>,
    weekdays: Vec<OrdinalWeekday>,
    /// In what the ordinals of the weekdays count.
    scope: Scope,
}

/// The period that a rule repeats with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Frequency {
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

impl Recurrence {
    /// Reads a rule such as `FREQ=WEEKLY;BYDAY=MO,FR` that begins on a day.
    pub fn parse(rule: &str, start: Date) -> Result<Self, RecurrenceError> {
        parse::parse(rule, start)
    }

    /// Whether the day is one of the rule's.
    pub fn contains(&self, day: Date) -> bool {
        self.start <= day && day <= self.last && self.periods_off(day) == 0 && self.matches(day)
    }

    /// The rule's first day after this one.
    ///
    /// `None` when it has none, or none in the next hundred years.
    pub fn next_after(&self, day: Date) -> Option<Date> {
        self.next_from(day.tomorrow().ok()?)
    }

    /// The rule's first day from this one on, itself included.
    fn next_from(&self, day: Date) -> Option<Date> {
        let mut candidate = day.max(self.start);
        let horizon = plus_months(candidate, HORIZON_MONTHS).min(self.last);
        while candidate <= horizon {
            if self.contains(candidate) {
                return Some(candidate);
            }
            candidate = self.step(candidate)?;
        }
        None
    }

    /// A later day with none of the rule's in between; `None` at the end of the calendar.
    fn step(&self, day: Date) -> Option<Date> {
        let to_go = self.periods_off(day);
        if to_go == 0 {
            return day.tomorrow().ok();
        }
        let next_period = self.plus_periods(self.first_of_period(day), to_go);
        (next_period > day).then_some(next_period)
    }

    /// How many periods later the next one is that the interval does not leave out; 0 for itself.
    fn periods_off(&self, day: Date) -> i64 {
        let passed = self.periods_passed(day);
        (-passed).rem_euclid(self.interval)
    }

    /// Periods between that of the start and that of a day.
    fn periods_passed(&self, day: Date) -> i64 {
        let from = self.first_of_period(self.start);
        let to = self.first_of_period(day);
        let years = i64::from(to.year()) - i64::from(from.year());
        match self.frequency {
            Frequency::Daily => days_between(from, to),
            Frequency::Weekly => days_between(from, to) / 7,
            Frequency::Monthly => years * 12 + i64::from(to.month()) - i64::from(from.month()),
            Frequency::Yearly => years,
        }
    }

    fn first_of_period(&self, day: Date) -> Date {
        match self.frequency {
            Frequency::Daily => day,
            Frequency::Weekly => {
                let into_the_week = day.weekday().since(self.week_start);
                plus_days(day, -i32::from(into_the_week))
            }
            Frequency::Monthly => day.first_of_month(),
            Frequency::Yearly => day.first_of_year(),
        }
    }

    fn plus_periods(&self, day: Date, periods: i64) -> Date {
        // Never near the bound: fewer than the largest interval.
        let periods = i32::try_from(periods).unwrap_or(i32::from(bounds::INTERVAL));
        match self.frequency {
            Frequency::Daily => plus_days(day, periods),
            Frequency::Weekly => plus_days(day, 7 * periods),
            Frequency::Monthly => plus_months(day, periods),
            Frequency::Yearly => plus_months(day, 12 * periods),
        }
    }

    fn matches(&self, day: Date) -> bool {
        let month = self.months.is_empty() || self.months.contains(&i16::from(day.month()));
        month && self.matches_month_day(day) && self.matches_weekday(day)
    }

    fn matches_month_day(&self, day: Date) -> bool {
        let number = i16::from(day.day());
        let from_the_end = number - i16::from(day.days_in_month()) - 1;
        self.month_days.is_empty()
            || self.month_days.contains(&number)
            || self.month_days.contains(&from_the_end)
    }

    fn matches_weekday(&self, day: Date) -> bool {
        let mut weekdays = self.weekdays.iter();
        self.weekdays.is_empty() || weekdays.any(|weekday| weekday.is(day, self.scope))
    }
}

#[cfg(test)]
mod tests;
