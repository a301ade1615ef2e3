//! Tiers that members rise and fall between.

use calendar::{MonthDay, RoundUp, Unit, Window};
use jiff::civil::Date;

use super::{ActivityType, LadderId, TierId};
use crate::domain::Currency;

/// A ladder of tiers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TierLadder {
    /// The ladder.
    pub ladder_id: LadderId,
    /// Its name.
    pub display_name: String,
    /// What counts.
    pub metric: Metric,
    /// Over which time it counts.
    pub window: MetricWindow,
    /// Lowest first, thresholds ascending. Members who reach none of them stand on no tier.
    pub tiers: Vec<Tier>,
    /// How far a member falls at a review.
    pub downgrade: Downgrade,
    /// Months for which a tier is kept at least, from the day it was reached …
    pub validity_months: u16,
    /// … moved to the end of this unit.
    pub validity_round_up: RoundUp,
    /// Whether a return that takes away what had lifted a member takes the tier at once.
    pub take_back_on_return: bool,
}

/// What counts on a ladder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Metric {
    /// Money paid less money paid back.
    Spend {
        /// In this currency alone, in its minor units; `None`: in all, each in whole major units of
        /// its own, times 100.
        currency: Option<Currency>,
    },
    /// Purchases that were not wholly returned.
    Visits,
    /// Points earned less points taken back, in the main wallet.
    Points,
    /// Acts of a type.
    Activity(ActivityType),
}

/// Over which local days a metric counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricWindow {
    /// The last so many days, today included.
    RollingDays(u16),
    /// The last so many months, up to today.
    RollingMonths(u16),
    /// The present month, quarter or year.
    Calendar(Unit),
    /// The year since the last anniversary of joining.
    Anniversary,
    /// All time.
    Lifetime,
}

/// One tier of a ladder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tier {
    /// The tier.
    pub tier_id: TierId,
    /// Its name.
    pub display_name: String,
    /// From this much of the metric on.
    pub threshold: i64,
    /// To keep it at a review, this much suffices; never above `threshold`.
    pub keep_threshold: i64,
    /// Where a one-step downgrade leads; `None`: to no tier.
    pub falls_to: Option<TierId>,
}

/// How far a member falls at a review.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Downgrade {
    /// Never.
    None,
    /// To the tier that `falls_to` names, at most once in each review.
    OneStep,
    /// To the tier that the metric is worth.
    Full,
}

impl MetricWindow {
    /// The window of a member who joined on this local day.
    pub fn of(self, joined_on: Date) -> Window {
        match self {
            Self::RollingDays(days) => Window::RollingDays(days),
            Self::RollingMonths(months) => Window::RollingMonths(months),
            Self::Calendar(unit) => Window::Calendar(unit),
            Self::Anniversary => Window::Anniversary {
                of: MonthDay::of(joined_on),
            },
            Self::Lifetime => Window::Lifetime,
        }
    }
}

impl TierLadder {
    /// A tier by its id, with its height: 0 for the lowest.
    pub fn tier(&self, tier_id: &str) -> Option<(usize, &Tier)> {
        let mut tiers = self.tiers.iter().enumerate();
        tiers.find(|(_, tier)| tier.tier_id.as_str() == tier_id)
    }

    /// The highest tier that this much of the metric reaches.
    pub fn reached_by(&self, amount: i64) -> Option<&Tier> {
        self.tiers.iter().rfind(|tier| tier.threshold <= amount)
    }
}
