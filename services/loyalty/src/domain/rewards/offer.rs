use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::domain::Points;
use crate::domain::program::{LadderId, Reward, TierGate, TierId};

/// What a reward looks like to one member now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Points that are missing for one.
    pub points_missing: Points,
    /// Why the member can't have one, all reasons.
    pub obstacles: Vec<Obstacle>,
}

/// A member before a reward.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// Now.
    pub now: Timestamp,
    /// Where the member stands on each ladder on which it stands at all.
    pub tiers: &'a BTreeMap<LadderId, TierId>,
    /// Whether the membership is active.
    pub is_active: bool,
    /// Points that are available.
    pub available: Points,
    /// Points that are to be spent.
    pub price: Points,
    /// Pieces that are wanted.
    pub quantity: i64,
    /// Pieces left; `None`: without a limit.
    pub stock_left: Option<i64>,
    /// How many the member may still have; `None`: without a limit.
    pub limit_left: Option<i64>,
}

/// Why a member can't have a reward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Obstacle {
    /// It is not on offer yet.
    NotStarted,
    /// It is not on offer any more.
    Ended,
    /// It is for other tiers, or in presale for others.
    Tier,
    /// Too few are left.
    OutOfStock,
    /// The member has had as many as allowed.
    Limit,
    /// The member has too few points.
    Points,
    /// The membership is suspended or closed.
    Membership,
}

/// What a reward looks like to a member.
pub fn offer(reward: &Reward, situation: &Situation<'_>) -> Offer {
    let missing = situation
        .price
        .get()
        .saturating_sub(situation.available.get().max(0));
    let points_missing = Points::new(missing.max(0));
    let is_short = |left: Option<i64>| left.is_some_and(|left| left < situation.quantity);
    let obstacles = [
        when_and_who(reward, situation),
        is_short(situation.stock_left).then_some(Obstacle::OutOfStock),
        is_short(situation.limit_left).then_some(Obstacle::Limit),
        (missing > 0).then_some(Obstacle::Points),
        (!situation.is_active).then_some(Obstacle::Membership),
    ];
    Offer {
        points_missing,
        obstacles: obstacles.into_iter().flatten().collect(),
    }
}

/// The presale comes before the sale: those whom it is for need not wait for the start.
fn when_and_who(reward: &Reward, situation: &Situation<'_>) -> Option<Obstacle> {
    let Situation { now, tiers, .. } = *situation;
    if reward.window.end.is_some_and(|end| end <= now) {
        return Some(Obstacle::Ended);
    }
    if reward.window.start.is_none_or(|start| start <= now) {
        return (!passes(&reward.gates, tiers)).then_some(Obstacle::Tier);
    }
    match &reward.presale {
        Some(presale) if presale.start <= now => {
            (!passes(&presale.gates, tiers)).then_some(Obstacle::Tier)
        }
        _ => Some(Obstacle::NotStarted),
    }
}

/// Whether somebody who stands so passes one of the gates; where there are none, everybody does.
pub fn passes(gates: &[TierGate], tiers: &BTreeMap<LadderId, TierId>) -> bool {
    let stands_on = |gate: &TierGate| tiers.get(&gate.ladder_id).map(TierId::as_str);
    gates.is_empty() || gates.iter().any(|gate| gate.admits(stands_on(gate)))
}
