use calendar::{DateRange, Span};
use jiff::civil::Date;

use super::tally::Known;
use super::{Addition, Tally};
use crate::domain::program::{Downgrade, Tier, TierId, TierLadder};

/// The time of one version of a program, with what counted by its ladder.
#[derive(Clone, Debug)]
pub struct Era<'a> {
    /// The first day at whose beginning it was in force.
    pub from: Date,
    /// The version.
    pub version: i64,
    /// The ladder; `None` where the version has none of this name.
    pub ladder: Option<&'a TierLadder>,
    tally: Tally,
}

/// A tier with its height on the ladder, 0 for the lowest.
pub(super) type Step<'a> = (usize, &'a Tier);

impl<'a> Era<'a> {
    /// The time of a version. Nothing has counted yet.
    pub fn new(from: Date, version: i64, ladder: Option<&'a TierLadder>) -> Self {
        Self {
            from,
            version,
            ladder,
            tally: Tally::default(),
        }
    }

    /// The same over what was added.
    #[must_use]
    pub fn counting(self, additions: &[Addition]) -> Self {
        let tally = self.ladder.map(|ladder| Tally::of(additions, ladder));
        Self {
            tally: tally.unwrap_or_default(),
            ..self
        }
    }

    /// The first day from this one on on which the metric can have risen.
    pub(super) fn next_gain(&self, from: Date) -> Option<Date> {
        self.tally.next_gain(from)
    }

    /// The days that count as of a day, for somebody who joined on another one.
    pub(super) fn window(&self, joined_on: Date, as_of: Date) -> Option<DateRange> {
        let ladder = self.ladder?;
        Some(ladder.window.of(joined_on).days(as_of))
    }

    /// What counts as of a day.
    pub(super) fn metric(&self, joined_on: Date, as_of: Date, known: Known) -> i64 {
        self.window(joined_on, as_of)
            .map_or(0, |days| self.tally.sum(days, known))
    }

    /// The tier that so much of the metric reaches.
    pub(super) fn reached(&self, amount: i64) -> Option<Step<'a>> {
        let mut tiers = self.ladder?.tiers.iter().enumerate();
        tiers.rfind(|(_, tier)| tier.threshold <= amount)
    }

    /// The tier of an id, if the ladder has one.
    pub(super) fn step(&self, tier_id: Option<&TierId>) -> Option<Step<'a>> {
        self.ladder?.tier(tier_id?.as_str())
    }

    /// How high a tier is; `None`, which is lower than all, for no tier.
    pub(super) fn height(&self, tier_id: Option<&TierId>) -> Option<usize> {
        self.step(tier_id).map(|(height, _)| height)
    }

    /// The last day of the term of a tier that was reached on a day. `None` is without an end:
    /// where nobody falls, nothing is reviewed.
    pub(super) fn term(&self, reached_on: Date) -> Option<Date> {
        let ladder = self.ladder?;
        (ladder.downgrade != Downgrade::None).then(|| term(ladder, reached_on))
    }

    /// The last day of the term that follows one that ended on a day: always a later one.
    pub(super) fn next_term(&self, ended_on: Date) -> Option<Date> {
        let same_time_again = self.term(ended_on)?;
        if same_time_again > ended_on {
            return Some(same_time_again);
        }
        self.term(ended_on.tomorrow().ok()?)
    }

    /// Where somebody falls to who can't keep a tier. Never to the same or a higher one.
    pub(super) fn fall_from(&self, tier: Step<'a>, amount: i64) -> Option<Step<'a>> {
        let (height, tier) = tier;
        let is_lower = |step: &Step<'a>| step.0 < height;
        let reached = self.reached(amount).filter(is_lower);
        let step = match self.ladder?.downgrade {
            Downgrade::OneStep => self.step(tier.falls_to.as_ref()).filter(is_lower),
            Downgrade::Full | Downgrade::None => None,
        };
        reached.max_by_height(step)
    }
}

fn term(ladder: &TierLadder, from: Date) -> Date {
    let months_later = Span::months(ladder.validity_months).after(from);
    ladder.validity_round_up.apply(months_later)
}

trait Highest {
    fn max_by_height(self, other: Self) -> Self;
}

impl Highest for Option<Step<'_>> {
    fn max_by_height(self, other: Self) -> Self {
        let height = |step: &Self| step.map(|(height, _)| height);
        if height(&other) > height(&self) {
            other
        } else {
            self
        }
    }
}
