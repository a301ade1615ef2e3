//! What several parts of a document are made of.

use calendar::Period;
use jiff::Timestamp;

use super::{LadderId, TierId};

/// A ratio of whole numbers, exact. Not below 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ratio {
    /// Above the line; 0 or more.
    pub numerator: i64,
    /// Below the line; 1 or more.
    pub denominator: i64,
}

/// From an instant on, until before another one. Without one it is open on that side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeWindow {
    /// The first instant.
    pub start: Option<Timestamp>,
    /// The first instant after it.
    pub end: Option<Timestamp>,
}

/// So many times in each period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Times; 1 or more.
    pub times: u32,
    /// The period.
    pub period: Period,
}

/// Who stands high enough on a ladder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TierGate {
    /// The ladder.
    pub ladder_id: LadderId,
    /// At least one of these tiers.
    pub tier_ids: Vec<TierId>,
}

impl Ratio {
    /// Nothing.
    pub const ZERO: Self = Self {
        numerator: 0,
        denominator: 1,
    };
}

impl TimeWindow {
    /// Whether the instant lies in it.
    pub fn contains(&self, at: Timestamp) -> bool {
        self.start.is_none_or(|start| start <= at) && self.end.is_none_or(|end| at < end)
    }
}

impl TierGate {
    /// Whether somebody who stands on this tier of the gate's ladder may pass; `None`: on no tier.
    pub fn admits(&self, tier: Option<&str>) -> bool {
        tier.is_some_and(|tier| self.tier_ids.iter().any(|wanted| wanted.as_str() == tier))
    }
}
