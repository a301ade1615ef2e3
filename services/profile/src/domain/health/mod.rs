//! Customer health: how well things stand with a customer, what that is made of, and until when at least.
//!
//! Every part comes to a whole number, its measure; steps make points of it; the index is the mean of the
//! points by weight. Integers all the way, so that whoever looks again finds the same.

pub(crate) mod heard;
mod measure;
pub(crate) mod policy;

use jiff::Timestamp;

use self::measure::Measured;
use self::policy::Policy;
use super::interaction::Kind;
use super::segment::facts::Facts;

/// How well things stand, roughly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Band {
    Critical,
    AtRisk,
    Steady,
    Thriving,
}

/// How well things stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Score {
    /// 0 to 100.
    pub(crate) index: i16,
    pub(crate) band: Band,
}

impl Band {
    /// How conditions and tables write it.
    pub(crate) const NAMES: [(Self, &'static str); 4] = [
        (Self::Critical, "critical"),
        (Self::AtRisk, "at_risk"),
        (Self::Steady, "steady"),
        (Self::Thriving, "thriving"),
    ];

    /// How it is written.
    pub(crate) fn name(self) -> &'static str {
        let known = Self::NAMES.iter().find(|(known, _)| *known == self);
        known.map_or("", |(_, name)| name)
    }
}

/// How well things stand, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Health {
    /// `None`: there is nothing to go by.
    pub(crate) score: Option<Score>,
    pub(crate) parts: Vec<Part>,
    /// Until then passing time alone leaves the score as it is; `None`: always.
    pub(crate) next: Option<Timestamp>,
}

/// A part of the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) input: Input,
    /// `None`: there is nothing to measure, and the part is left out.
    pub(crate) measure: Option<i64>,
    /// Of a thousand.
    pub(crate) points: i64,
    pub(crate) weight: i64,
    /// The share of its weight in those of all parts that are not left out, of a thousand.
    pub(crate) share: i64,
}

/// What went into a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    NeverBought,
    Recency {
        days: i64,
        gap: i64,
        is_own: bool,
    },
    /// In minor units.
    Trend {
        recent: i64,
        before: i64,
        days: i64,
        currency: super::money::Currency,
    },
    /// There are more orders in the time than are looked at.
    TooManyOrders,
    Nps {
        score: i16,
        time: Timestamp,
        is_too_old: bool,
    },
    NeverAsked,
    Complaints {
        open: usize,
        recent: usize,
        days: i64,
    },
    Engagement {
        kinds: Vec<(Kind, usize)>,
        days: i64,
    },
}

/// From when on it is looked at what is heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Since {
    /// Complaints that are over, by when they were opened.
    pub(crate) cases: Timestamp,
    pub(crate) contacts: Timestamp,
}

impl Policy {
    /// How well things stand with a person now.
    pub(crate) fn judge(&self, facts: &Facts, now: Timestamp) -> Health {
        let measured: Vec<Measured> = measure::all(self, facts, now).collect();
        let next = measured.iter().filter_map(|it| it.next).min();
        let whole: i64 = measured.iter().map(Measured::counted).sum();
        let is_known = measured.iter().any(|it| it.is_evidence);
        Health {
            score: self.score(&measured, whole).filter(|_| is_known),
            parts: measured.into_iter().map(|it| it.part(whole)).collect(),
            next,
        }
    }

    /// The mean of all points by their weights, rounded half up.
    fn score(&self, measured: &[Measured], whole: i64) -> Option<Score> {
        let points = measured.iter().map(|it| it.counted() * it.points);
        let points: i64 = points.sum();
        // Of a thousand points a hundred are made: that is a tenth.
        let index = (points + 5 * whole).checked_div(10 * whole)?;
        Some(Score {
            index: i16::try_from(index).unwrap_or(100),
            band: self.bands.of(index),
        })
    }
}

#[cfg(test)]
mod tests;
