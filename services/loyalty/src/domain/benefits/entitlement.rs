use std::collections::BTreeMap;

use calendar::Bucket;
use jiff::civil::Date;

use crate::domain::program::{Benefit, LadderId, TierId};
use crate::domain::rewards::passes;
use crate::domain::stock::Stock;

/// A member before a benefit.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// Today, in the program's zone.
    pub today: Date,
    /// Where the member stands on each ladder on which it stands at all.
    pub tiers: &'a BTreeMap<LadderId, TierId>,
    /// Whether the membership is active.
    pub is_active: bool,
    /// Uses in the present period that count against the quota.
    pub used: i64,
    /// Uses that the member was given on top.
    pub extra_given: i64,
    /// Of these, what was used.
    pub extra_used: i64,
    /// What all members together may use.
    pub stock: Stock,
}

/// What a member may make of a benefit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entitlement {
    /// Why it can't be used now, all reasons.
    pub obstacles: Vec<Obstacle>,
    /// What the next use would be taken from; `None`: there is none left.
    pub next_use: Option<UseKind>,
    /// How often still, extra uses included; `None`: without a limit.
    pub uses_left: Option<i64>,
    /// Of these, what was given on top.
    pub extra_left: i64,
    /// How often all members together may still use it; `None`: without a limit.
    pub stock_left: Option<i64>,
}

/// What a use is taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UseKind {
    /// What the tier is entitled to.
    Quota,
    /// What the member was given on top.
    Extra,
}

/// Why a benefit can't be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Obstacle {
    /// It is for other tiers.
    Tier,
    /// It was used as often as allowed.
    Quota,
    /// All members together have used it up.
    Stock,
    /// The membership is suspended or closed.
    Membership,
}

/// What a member may make of a benefit now.
pub fn entitlement(benefit: &Benefit, situation: &Situation<'_>) -> Entitlement {
    let is_for_the_tier = passes(&benefit.gates, situation.tiers);
    let quota_left = benefit
        .quota
        .map(|limit| left(i64::from(limit.times), situation.used));
    let extra_left = left(situation.extra_given, situation.extra_used);
    let of_quota = is_for_the_tier && quota_left.is_none_or(|left| left > 0);
    let next_use = match (of_quota, extra_left > 0) {
        (true, _) => Some(UseKind::Quota),
        (false, true) => Some(UseKind::Extra),
        (false, false) => None,
    };
    let stock_left = situation.stock.left();
    let short_of = match next_use {
        Some(_) => None,
        None if is_for_the_tier => Some(Obstacle::Quota),
        None => Some(Obstacle::Tier),
    };
    let obstacles = [
        short_of,
        stock_left.filter(|left| *left < 1).map(|_| Obstacle::Stock),
        (!situation.is_active).then_some(Obstacle::Membership),
    ];
    Entitlement {
        obstacles: obstacles.into_iter().flatten().collect(),
        next_use,
        uses_left: uses_left(is_for_the_tier, quota_left, extra_left),
        extra_left,
        stock_left,
    }
}

impl Benefit {
    /// The period that a use on a day counts in. Without a quota it is all time.
    pub fn period(&self, day: Date) -> Bucket {
        let period = self.quota.map(|limit| limit.period);
        period.unwrap_or(calendar::Period::Lifetime).bucket(day)
    }
}

fn left(of: i64, used: i64) -> i64 {
    of.saturating_sub(used).max(0)
}

fn uses_left(is_for_the_tier: bool, quota_left: Option<i64>, extra_left: i64) -> Option<i64> {
    if is_for_the_tier {
        quota_left.map(|left| left.saturating_add(extra_left))
    } else {
        Some(extra_left)
    }
}
