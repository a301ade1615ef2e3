use calendar::FIRST_DAY;
use jiff::civil::Date;

use super::course::{Course, Walked};
use super::tally::Known;
use super::{Addition, Change, ChangeReason, Era, Gift, Place, Record, Standing};

/// What a standing is decided by.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The local day on which the member joined.
    pub joined_on: Date,
    /// The versions of the ladder in the order of time, with what counted. The first one holds also
    /// for the time before it.
    pub eras: &'a [Era<'a>],
    /// Tiers that were given.
    pub gifts: &'a [Gift],
    /// The present local day.
    pub today: Date,
}

/// How far back what is new reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touch {
    /// Nothing is new but that time has passed.
    Nothing,
    /// Something more counts from this day on.
    From(Date),
    /// The past itself is another one.
    Past,
}

/// A standing as it is now, and what has changed since the last look at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// What to keep.
    pub record: Record,
    /// What has changed, in the order of time.
    pub changes: Vec<Change>,
    /// Where the member has stood, when the walk was made anew: the past as it is known now.
    pub past: Option<Vec<Place>>,
}

/// Settles where a member stands today.
///
/// When what is new does not reach back behind the day of the last settlement, the walk goes on from
/// there; then only what counts in the windows from that day on is needed ([`Touch::needs`]).
/// Otherwise it begins anew, and the part of it that is already known is left out of the changes.
pub fn settle(record: Option<&Record>, touch: Touch, case: &Case<'_>) -> Settlement {
    let known = record.filter(|record| touch.allows_going_on_from(record));
    let (walked, past) = if let Some(record) = known {
        let (earned, shown) = (record.earned.clone(), record.shown.clone());
        let course = Course::from(case, earned, shown, record.settled_on);
        (course.walk(), None)
    } else {
        let (walked, past) = anew(record, case);
        (walked, Some(past))
    };
    let Walked {
        earned,
        shown,
        changes,
        due_on,
    } = walked;
    Settlement {
        record: Record {
            shown,
            earned,
            settled_on: case.today,
            due_on,
        },
        changes,
        past,
    }
}

/// The whole walk with those of its changes that are new, and where it has passed.
fn anew(record: Option<&Record>, case: &Case<'_>) -> (Walked, Vec<Place>) {
    let start = Standing::none(case.joined_on);
    let walked = Course::from(case, Place::none(case.joined_on), start.clone(), FIRST_DAY).walk();
    let known = record.map_or(&start, |record| &record.shown);
    let past = walked.changes.iter().map(|change| change.to.place.clone());
    let past = past.collect();
    let changes = news(&start, known, &walked, case);
    (Walked { changes, ..walked }, past)
}

fn news(start: &Standing, known: &Standing, walked: &Walked, case: &Case<'_>) -> Vec<Change> {
    if *known == walked.shown {
        return Vec::new();
    }
    let passed = walked
        .changes
        .iter()
        .rposition(|change| change.to == *known);
    match passed {
        Some(last_known) => walked
            .changes
            .iter()
            .skip(last_known + 1)
            .cloned()
            .collect(),
        None if known == start => walked.changes.clone(),
        None => revised(known, &walked.shown, case).into_iter().collect(),
    }
}

/// One change, today, from what was known to where the walk has led.
fn revised(known: &Standing, shown: &Standing, case: &Case<'_>) -> Option<Change> {
    let era = case.era(case.today)?;
    Some(Change {
        from: known.clone(),
        to: shown.clone(),
        reason: ChangeReason::Revised,
        effective_on: case.today,
        metric: era.metric(case.joined_on, case.today, Known::AtTheEndOf(case.today)),
        window: era.window(case.joined_on, case.today),
        version: era.version,
    })
}

impl Touch {
    /// By one more addition, on a ladder with these versions.
    pub fn by(addition: &Addition, eras: &[Era<'_>]) -> Self {
        let mut ladders = eras.iter().filter_map(|era| era.ladder);
        if ladders
            .clone()
            .all(|ladder| addition.amount(&ladder.metric) == 0)
        {
            return Self::Nothing;
        }
        match addition.taken_back_on {
            Some(_) if ladders.any(|ladder| ladder.take_back_on_return) => Self::Past,
            Some(day) => Self::From(day),
            None => Self::From(addition.day),
        }
    }

    /// By a tier that is given, or withdrawn.
    pub fn by_gift(gift: &Gift) -> Self {
        Self::From(gift.withdrawn_on.unwrap_or(gift.from))
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Past, _) | (_, Self::Past) => Self::Past,
            (Self::Nothing, touch) | (touch, Self::Nothing) => touch,
            (Self::From(one), Self::From(another)) => Self::From(one.min(another)),
        }
    }

    fn allows_going_on_from(self, record: &Record) -> bool {
        match self {
            Self::Nothing => true,
            Self::From(day) => day >= record.settled_on,
            Self::Past => false,
        }
    }

    /// The first day whose additions settling needs; `None`: all there are. For somebody who joined
    /// on a day, by the versions that are in force from the last settlement on.
    pub fn needs(self, record: Option<&Record>, joined_on: Date, eras: &[Era<'_>]) -> Option<Date> {
        let record = record.filter(|record| self.allows_going_on_from(record))?;
        let first = eras.iter().filter_map(|era| {
            let window = era.window(joined_on, record.settled_on)?;
            Some(window.first)
        });
        Some(first.min().unwrap_or(record.settled_on))
    }
}

impl<'a> Case<'a> {
    /// The version that was in force on a day.
    pub(super) fn era(&self, day: Date) -> Option<&'a Era<'a>> {
        self.eras.get(self.era_index(day))
    }

    pub(super) fn era_index(&self, day: Date) -> usize {
        let begun = self.eras.partition_point(|era| era.from <= day);
        begun.saturating_sub(1)
    }
}
