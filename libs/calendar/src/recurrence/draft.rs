//! What the parts of a rule mean together: what excludes what, and what the start stands in for.

use jiff::civil::{Date, Weekday};

use super::error::{Part, Problem, RecurrenceError};
use super::text::Piece;
use super::weekday::{OrdinalWeekday, Scope};
use super::{Frequency, Recurrence};
use crate::LAST_DAY;

/// A month has at most so many of one weekday.
const WEEKDAYS_OF_A_MONTH: i16 = 5;

/// The parts of a rule as they were read.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    pub(super) given: Given<'a>,
    pub(super) frequency: Option<Frequency>,
    pub(super) interval: i16,
    pub(super) count: Option<i16>,
    pub(super) until: Option<Date>,
    pub(super) week_start: Weekday,
    pub(super) months: Vec<i16>,
    pub(super) month_days: Vec<i16>,
    /// Each with its place, since whether ordinals are allowed is known only at the end.
    pub(super) weekdays: Vec<(Piece<'a>, OrdinalWeekday)>,
}

impl Default for Draft<'_> {
    fn default() -> Self {
        Self {
            given: Given::default(),
            frequency: None,
            interval: 1,
            count: None,
            until: None,
            week_start: Weekday::Monday,
            months: Vec::new(),
            month_days: Vec::new(),
            weekdays: Vec::new(),
        }
    }
}

/// Which parts were given, and where.
#[derive(Debug, Default)]
pub(super) struct Given<'a>(Vec<(Part, Piece<'a>)>);

impl<'a> Given<'a> {
    /// Whether the part was not there yet.
    pub(super) fn insert(&mut self, part: Part, name: Piece<'a>) -> bool {
        let first = self.find(part).is_none();
        self.0.push((part, name));
        first
    }

    fn find(&self, part: Part) -> Option<Piece<'a>> {
        let mut given = self.0.iter();
        given
            .find(|(other, _)| *other == part)
            .map(|(_, name)| *name)
    }
}

impl<'a> Draft<'a> {
    /// The rule that begins on a day.
    pub(super) fn complete(
        self,
        start: Date,
        whole: Piece<'a>,
    ) -> Result<Recurrence, RecurrenceError> {
        let missing = Problem::MissingPart { part: Part::Freq };
        let frequency = self.frequency.ok_or_else(|| whole.error(missing))?;
        let scope = self.scope(frequency);
        self.check_exclusions(frequency)?;
        self.check_ordinals(frequency, scope)?;
        let count = self.count;
        let unbounded = self.rule(frequency, scope, start);
        let rule = match count {
            Some(count) => bounded(unbounded, count),
            None => unbounded,
        };
        match rule.next_from(start) {
            Some(_) => Ok(rule),
            None => Err(whole.error(Problem::NeverComes)),
        }
    }

    /// Within a year weekdays are counted by month if months are named.
    fn scope(&self, frequency: Frequency) -> Scope {
        if frequency == Frequency::Yearly && self.months.is_empty() {
            Scope::Year
        } else {
            Scope::Month
        }
    }

    fn check_exclusions(&self, frequency: Frequency) -> Result<(), RecurrenceError> {
        let excluded = |part, other| Problem::Excluded { part, other };
        if let (Some(count), Some(_)) = (self.given.find(Part::Count), self.until) {
            return Err(count.error(excluded(Part::Count, "UNTIL")));
        }
        match self.given.find(Part::ByMonthDay) {
            Some(name) if frequency == Frequency::Weekly => {
                Err(name.error(excluded(Part::ByMonthDay, "FREQ=WEEKLY")))
            }
            _ => Ok(()),
        }
    }

    fn check_ordinals(&self, frequency: Frequency, scope: Scope) -> Result<(), RecurrenceError> {
        let counted = matches!(frequency, Frequency::Monthly | Frequency::Yearly);
        for (piece, weekday) in &self.weekdays {
            let Some(ordinal) = weekday.ordinal else {
                continue;
            };
            let found = piece.owned();
            if !counted {
                return Err(piece.error(Problem::OrdinalNotAllowed { found }));
            }
            if scope == Scope::Month && ordinal.abs() > WEEKDAYS_OF_A_MONTH {
                return Err(piece.error(Problem::NotANumber {
                    found,
                    low: 1,
                    high: WEEKDAYS_OF_A_MONTH,
                    negative: true,
                }));
            }
        }
        Ok(())
    }

    /// The rule without its count; what it leaves out is as on the start.
    fn rule(self, frequency: Frequency, scope: Scope, start: Date) -> Recurrence {
        let weekdays = self.weekdays.into_iter().map(|(_, weekday)| weekday);
        let rule = Recurrence {
            frequency,
            interval: i64::from(self.interval),
            week_start: self.week_start,
            start,
            last: self.until.unwrap_or(LAST_DAY),
            months: self.months,
            month_days: self.month_days,
            weekdays: weekdays.collect(),
            scope,
        };
        let names_days = !rule.weekdays.is_empty() || !rule.month_days.is_empty();
        if names_days {
            rule
        } else {
            on_the_day_of_start(rule)
        }
    }
}

/// A rule that names no days is about those that are like its start within the period.
fn on_the_day_of_start(mut rule: Recurrence) -> Recurrence {
    let start = rule.start;
    if rule.frequency == Frequency::Weekly {
        rule.weekdays.push(OrdinalWeekday {
            ordinal: None,
            weekday: start.weekday(),
        });
    }
    if matches!(rule.frequency, Frequency::Monthly | Frequency::Yearly) {
        rule.month_days.push(i16::from(start.day()));
    }
    if rule.frequency == Frequency::Yearly && rule.months.is_empty() {
        rule.months.push(i16::from(start.month()));
    }
    rule
}

/// The rule with the last of so many days as its end: then no later question has to count.
fn bounded(rule: Recurrence, count: i16) -> Recurrence {
    let mut last = rule.start;
    let mut next = rule.next_from(rule.start);
    for _ in 0..count {
        let Some(day) = next else { break };
        last = day;
        next = rule.next_after(day);
    }
    Recurrence { last, ..rule }
}
