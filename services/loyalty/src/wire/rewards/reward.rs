use ::contract::time::timestamp;
use calendar::Period;
use contract::patron::loyalty::v1 as contract;
use contract::reward::Kind;

use crate::domain::program::{Grant, Reward, RewardKind, TierGate};
use crate::wire::{amount, grants};

/// A reward, as programs write it.
pub(super) fn reward(reward: &Reward) -> contract::Reward {
    let (deduction, limit) = match &reward.kind {
        RewardKind::CashDeduction {
            deduction,
            limit_basis_points,
        } => (Some(amount(*deduction)), i32::from(*limit_basis_points)),
        _ => (None, 0),
    };
    let presale = reward.presale.as_ref();
    let limit_of = reward.per_member_limit;
    contract::Reward {
        reward_id: reward.reward_id.to_string(),
        display_name: reward.display_name.clone(),
        kind: kind(&reward.kind).into(),
        wallet_id: reward.wallet_id.to_string(),
        points: reward.points.get(),
        cash: reward.cash.map(amount),
        deduction,
        deduction_limit_basis_points: limit,
        grant: hands_out(&reward.kind).as_ref().map(grants::grant),
        stock: reward
            .stock
            .map_or(0, |stock| i64::try_from(stock).unwrap_or(i64::MAX)),
        per_member_limit: limit_of
            .map_or(0, |limit| i32::try_from(limit.times).unwrap_or(i32::MAX)),
        per_member_period: limit_of
            .map_or(contract::Period::Unspecified, |limit| period(limit.period))
            .into(),
        start_time: reward.window.start.map(timestamp),
        end_time: reward.window.end.map(timestamp),
        gates: reward.gates.iter().map(gate).collect(),
        presale_start_time: presale.map(|presale| timestamp(presale.start)),
        presale_gates: presale
            .map(|presale| presale.gates.iter().map(gate).collect())
            .unwrap_or_default(),
    }
}

fn kind(kind: &RewardKind) -> Kind {
    match kind {
        RewardKind::Goods => Kind::Goods,
        RewardKind::CashDeduction { .. } => Kind::CashDeduction,
        RewardKind::Service => Kind::Service,
        RewardKind::DrawTicket { .. } => Kind::DrawTicket,
        RewardKind::Coupon(_) => Kind::Coupon,
    }
}

fn hands_out(kind: &RewardKind) -> Option<Grant> {
    match kind {
        RewardKind::DrawTicket { draw_id, count } => Some(Grant::Tickets {
            draw_id: draw_id.clone(),
            count: *count,
        }),
        RewardKind::Coupon(template_id) => Some(Grant::Coupon(template_id.clone())),
        RewardKind::Goods | RewardKind::Service | RewardKind::CashDeduction { .. } => None,
    }
}

pub(in crate::wire) fn gate(gate: &TierGate) -> contract::TierGate {
    contract::TierGate {
        ladder_id: gate.ladder_id.to_string(),
        tier_ids: gate.tier_ids.iter().map(ToString::to_string).collect(),
    }
}

pub(in crate::wire) fn period(period: Period) -> contract::Period {
    match period {
        Period::Day => contract::Period::Day,
        Period::Week => contract::Period::Week,
        Period::Month => contract::Period::Month,
        Period::Quarter => contract::Period::Quarter,
        Period::Year => contract::Period::Year,
        Period::Lifetime => contract::Period::Unspecified,
    }
}
