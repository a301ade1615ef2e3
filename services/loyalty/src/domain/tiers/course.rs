use jiff::civil::Date;

use super::era::{Era, Step};
use super::tally::Known;
use super::{Case, Change, ChangeReason, Gift, Place, Standing};

/// A walk through the days of a member on a ladder.
#[derive(Debug)]
pub(super) struct Course<'a> {
    case: &'a Case<'a>,
    earned: Place,
    shown: Standing,
    passed: Moment,
    changes: Vec<Change>,
}

/// When something can happen, in the order of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Moment {
    day: Date,
    phase: Phase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    /// Before anything has happened.
    Beginning,
    /// In the course of the day.
    During,
    /// When it is over.
    End,
}

impl Moment {
    fn beginning_of(day: Date) -> Self {
        let phase = Phase::Beginning;
        Self { day, phase }
    }

    fn during(day: Date) -> Self {
        let phase = Phase::During;
        Self { day, phase }
    }

    fn end_of(day: Date) -> Self {
        let phase = Phase::End;
        Self { day, phase }
    }

    /// The day at whose end it has come.
    fn is_reached_with(self) -> Date {
        match self.phase {
            Phase::End => self.day,
            Phase::Beginning | Phase::During => self.day.yesterday().unwrap_or(self.day),
        }
    }
}

impl<'a> Course<'a> {
    /// From where somebody stood at the beginning of a day.
    pub(super) fn from(case: &'a Case<'a>, earned: Place, shown: Standing, day: Date) -> Self {
        Self {
            case,
            earned,
            shown,
            passed: Moment::beginning_of(day),
            changes: Vec::new(),
        }
    }

    /// Walks up to the present day. Each step is later than the one before, so it ends.
    pub(super) fn walk(mut self) -> Walked {
        while let Some(moment) = self.next_moment() {
            self.passed = moment;
            match moment.phase {
                Phase::Beginning => {}
                Phase::During => self.pass_day(moment.day),
                Phase::End => self.pass_end_of(moment.day),
            }
        }
        let due_on = self.due_on();
        Walked {
            earned: self.earned,
            shown: self.shown,
            changes: self.changes,
            due_on,
        }
    }

    /// The first moment that is still to come and not after the present day. The present day has not
    /// ended.
    fn next_moment(&self) -> Option<Moment> {
        let now = Moment::during(self.case.today);
        let gifts = self.case.gifts.iter().flat_map(moments_of);
        let review = self.earned.until.map(Moment::end_of);
        self.next_rise()
            .into_iter()
            .chain(review)
            .chain(gifts)
            .filter(|moment| self.passed < *moment && *moment <= now)
            .min()
    }

    /// The next day on which the metric can have risen, by the version in force on it.
    fn next_rise(&self) -> Option<Moment> {
        let from = match self.passed.phase {
            Phase::Beginning => self.passed.day,
            Phase::During | Phase::End => self.passed.day.tomorrow().ok()?,
        };
        let mut eras = self
            .case
            .eras
            .iter()
            .skip(self.case.era_index(from))
            .peekable();
        // Whatever lies before the first version is its time, too.
        let mut begins = from;
        while let Some(era) = eras.next() {
            let ends = eras.peek().map(|next| next.from);
            let gain = era.next_gain(begins);
            if let Some(day) = gain.filter(|day| ends.is_none_or(|end| *day < end)) {
                return Some(Moment::during(day));
            }
            begins = ends?.max(from);
        }
        None
    }

    fn pass_day(&mut self, day: Date) {
        let Some(era) = self.case.era(day) else {
            return;
        };
        let metric = era.metric(self.case.joined_on, day, Known::Before(day));
        let can_rise = era.next_gain(day) == Some(day);
        let reached = era.reached(metric).filter(|_| can_rise);
        if reached.map(|(height, _)| height) > era.height(self.earned.tier_id.as_ref()) {
            self.earned = place(reached, day, era.term(day));
        }
        let found = Found { metric, as_of: day };
        self.show(era, day, found, ChangeReason::Reached);
    }

    fn pass_end_of(&mut self, day: Date) {
        let Some(era) = self.case.era(day) else {
            return;
        };
        let metric = era.metric(self.case.joined_on, day, Known::AtTheEndOf(day));
        let reason = if self.earned.until == Some(day) {
            self.review(era, day, metric)
        } else {
            ChangeReason::GiftEnded
        };
        self.keep_gifts(era, day, metric);
        if let Ok(next) = day.tomorrow() {
            self.show(era, next, Found { metric, as_of: day }, reason);
        }
    }

    /// The end of a term of what was earned.
    fn review(&mut self, era: &Era<'_>, day: Date, metric: i64) -> ChangeReason {
        let next = day.tomorrow().unwrap_or(day);
        match era.step(self.earned.tier_id.as_ref()) {
            Some((_, tier)) if metric >= tier.keep_threshold => {
                self.earned.until = era.next_term(day);
                ChangeReason::Kept
            }
            Some(step) => {
                let lower = era.fall_from(step, metric);
                let until = lower.and_then(|_| era.next_term(day));
                self.earned = place(lower, next, until);
                ChangeReason::NotKept
            }
            // The ladder, or the tier, was given up.
            None => {
                self.earned = Place::none(next);
                ChangeReason::NotKept
            }
        }
    }

    /// Gifts that end with a day, and are high and deserved enough to be kept as earned.
    fn keep_gifts(&mut self, era: &Era<'_>, day: Date, metric: i64) {
        for gift in self.case.gifts.iter().filter(|gift| gift.ends_with(day)) {
            let Some((height, tier)) = era.step(Some(&gift.tier_id)) else {
                continue;
            };
            let is_higher = Some(height) > era.height(self.earned.tier_id.as_ref());
            if is_higher && metric >= tier.keep_threshold {
                self.earned = Place {
                    tier_id: Some(gift.tier_id.clone()),
                    since: gift.from,
                    until: era.next_term(day),
                };
            }
        }
    }

    /// Shows the higher one of what is earned and what is given on a day, and notes a change.
    fn show(&mut self, era: &Era<'_>, day: Date, found: Found, reason: ChangeReason) {
        let shown = self.higher(era, day);
        if shown == self.shown {
            return;
        }
        let reason = match (&self.shown.gift_id, &shown.gift_id) {
            (_, Some(_)) if shown.gift_id != self.shown.gift_id => ChangeReason::Given,
            (Some(_), None) => after_a_gift(era, &self.shown, &shown),
            _ => reason,
        };
        self.changes.push(Change {
            from: std::mem::replace(&mut self.shown, shown.clone()),
            to: shown,
            reason,
            effective_on: day,
            metric: found.metric,
            window: era.window(self.case.joined_on, found.as_of),
            version: era.version,
        });
    }

    fn higher(&self, era: &Era<'_>, day: Date) -> Standing {
        let earned = Standing {
            place: self.earned.clone(),
            gift_id: None,
        };
        let given = self.case.gifts.iter().filter(|gift| gift.counts_on(day));
        given.map(standing_by).fold(earned, |best, gift| {
            if reach(era, &gift) > reach(era, &best) {
                gift
            } else {
                best
            }
        })
    }

    /// The next day at whose end something happens by itself.
    fn due_on(&self) -> Option<Date> {
        let now = Moment::during(self.case.today);
        let gifts = self.case.gifts.iter().flat_map(moments_of);
        let to_come = gifts.filter(|moment| *moment > now);
        let review = self.earned.until.map(Moment::end_of);
        let days = review
            .into_iter()
            .chain(to_come)
            .map(Moment::is_reached_with);
        days.min()
    }
}

/// The metric, as of a day.
#[derive(Clone, Copy, Debug)]
struct Found {
    metric: i64,
    as_of: Date,
}

/// What a walk has led to.
#[derive(Debug)]
pub(super) struct Walked {
    pub(super) earned: Place,
    pub(super) shown: Standing,
    pub(super) changes: Vec<Change>,
    pub(super) due_on: Option<Date>,
}

fn place(step: Option<Step<'_>>, since: Date, until: Option<Date>) -> Place {
    Place {
        tier_id: step.map(|(_, tier)| tier.tier_id.clone()),
        since,
        until,
    }
}

fn standing_by(gift: &Gift) -> Standing {
    Standing {
        place: Place {
            tier_id: Some(gift.tier_id.clone()),
            since: gift.from,
            until: gift.until,
        },
        gift_id: Some(gift.gift_id),
    }
}

/// How high, and of equals how long.
fn reach(era: &Era<'_>, standing: &Standing) -> (Option<usize>, Date) {
    let until = standing.place.until.unwrap_or(Date::MAX);
    (era.height(standing.tier_id()), until)
}

/// What a member hears when a gift is no longer what is shown.
fn after_a_gift(era: &Era<'_>, before: &Standing, after: &Standing) -> ChangeReason {
    let (before, after) = (era.height(before.tier_id()), era.height(after.tier_id()));
    match after.cmp(&before) {
        std::cmp::Ordering::Less => ChangeReason::GiftEnded,
        std::cmp::Ordering::Equal => ChangeReason::Kept,
        std::cmp::Ordering::Greater => ChangeReason::Reached,
    }
}

/// When a gift begins and ends.
fn moments_of(gift: &Gift) -> impl Iterator<Item = Moment> {
    let withdrawn = gift.withdrawn_on.map(Moment::during);
    let end = gift.until.map(Moment::end_of);
    let from = Moment::during(gift.from);
    std::iter::once(from).chain(withdrawn).chain(end)
}
