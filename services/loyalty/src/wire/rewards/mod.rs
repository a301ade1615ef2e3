//! Rewards as members see them, quotes, orders, stocks.

mod events;
mod requests;
mod reward;

use ::contract::patron::r#type::v1 as common;
use ::contract::time::timestamp;
use contract::patron::loyalty::v1 as contract;
use contract::reward::Kind;
use contract::reward_offer::Obstacle as WireObstacle;
use contract::reward_order::State;
use uuid::Uuid;

use super::amount;
use crate::app::rewards::{Offered, Priced, Shown, StockRead};
use crate::domain::program::{Reward, RewardKind};
use crate::domain::rewards::{Obstacle, RewardOrder, RewardOrderState, Subject};
use crate::domain::{Currency, Money, Points};

pub(crate) use events::{canceled_event, confirmed_event, ordered_event, returned_event};
pub(crate) use requests::{ask, part, wanted};
pub(super) use reward::{gate, period};

/// A reward as a member sees it.
pub(crate) fn offer(offered: &Offered) -> contract::RewardOffer {
    let obstacles = &offered.offer.obstacles;
    contract::RewardOffer {
        reward: Some(reward::reward(&offered.reward)),
        stock_left: offered.stock_left,
        limit_left: offered.limit_left,
        points_missing: offered.offer.points_missing.get(),
        can_order: obstacles.is_empty(),
        obstacles: obstacles
            .iter()
            .map(|obstacle| self::obstacle(*obstacle).into())
            .collect(),
    }
}

fn obstacle(obstacle: Obstacle) -> WireObstacle {
    match obstacle {
        Obstacle::NotStarted => WireObstacle::NotStarted,
        Obstacle::Ended => WireObstacle::Ended,
        Obstacle::Tier => WireObstacle::Tier,
        Obstacle::OutOfStock => WireObstacle::OutOfStock,
        Obstacle::Limit => WireObstacle::Limit,
        Obstacle::Points => WireObstacle::Points,
        Obstacle::Membership => WireObstacle::Membership,
    }
}

/// A quote with the text that stands for it.
pub(crate) fn quote(priced: &Priced, text: String) -> contract::RewardQuote {
    let price = &priced.quote.price;
    let reward = &priced.reward;
    let cash = reward.cash.map(|cash| cash.currency);
    contract::RewardQuote {
        quote: text,
        reward_id: reward.reward_id.to_string(),
        quantity: price.quantity,
        points: price.points,
        wallet_id: reward.wallet_id.to_string(),
        cash: optional(cash, price.cash_minor),
        deduction: optional(deduction_currency(reward), price.deduction_minor),
        expire_time: Some(timestamp(priced.quote.expires_at)),
    }
}

fn deduction_currency(reward: &Reward) -> Option<Currency> {
    match &reward.kind {
        RewardKind::CashDeduction { deduction, .. } => Some(deduction.currency),
        _ => None,
    }
}

/// An order that has just changed.
pub(crate) fn order(
    order: &RewardOrder,
    grant_ids: Vec<Uuid>,
    available_after: Points,
) -> contract::RewardOrder {
    contract::RewardOrder {
        available_after: available_after.get(),
        ..shown(&Shown {
            order: order.clone(),
            grant_ids,
        })
    }
}

/// An order.
pub(crate) fn shown(shown: &Shown) -> contract::RewardOrder {
    let order = &shown.order;
    let price = &order.price;
    let text = |id: Option<Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
    let is_held = order.state == RewardOrderState::Held;
    contract::RewardOrder {
        reward_order_id: order.reward_order_id.to_string(),
        customer_id: order.customer_id.to_string(),
        reward_id: order.reward_id.clone(),
        display_name: order.display_name.clone(),
        kind: kind(order.kind).into(),
        quantity: price.quantity,
        points: price.points,
        wallet_id: order.wallet.clone(),
        cash: optional(order.cash_currency, price.cash_minor),
        deduction: optional(order.deduction_currency, price.deduction_minor),
        reference: order.reference.clone(),
        state: state(order.state).into(),
        redemption_id: text(order.redemption_id),
        hold_id: text(order.hold_id),
        hold_expire_time: order.hold_expires_at.filter(|_| is_held).map(timestamp),
        returned_quantity: order.returned_quantity,
        returned_deduction: optional(order.deduction_currency, order.returned_minor),
        restored_points: order.restored.get(),
        grant_ids: shown.grant_ids.iter().map(ToString::to_string).collect(),
        create_time: Some(timestamp(order.created_at)),
        update_time: Some(timestamp(order.updated_at)),
        available_after: 0,
        program_version: order.program_version,
    }
}

fn optional(currency: Option<Currency>, minor: i64) -> Option<common::Money> {
    currency.map(|currency| amount(Money { currency, minor }))
}

fn kind(kind: Subject) -> Kind {
    match kind {
        Subject::Goods => Kind::Goods,
        Subject::CashDeduction => Kind::CashDeduction,
        Subject::Service => Kind::Service,
        Subject::DrawTicket => Kind::DrawTicket,
        Subject::Coupon => Kind::Coupon,
    }
}

fn state(state: RewardOrderState) -> State {
    match state {
        RewardOrderState::Held => State::Held,
        RewardOrderState::Completed => State::Completed,
        RewardOrderState::Canceled => State::Canceled,
        RewardOrderState::Lapsed => State::Lapsed,
        RewardOrderState::PartlyReturned => State::PartlyReturned,
        RewardOrderState::Returned => State::Returned,
    }
}

/// A stock.
pub(crate) fn stock(read: &StockRead) -> contract::RewardStock {
    let stock = &read.stock;
    let planned = stock
        .planned
        .map_or(0, |planned| i64::try_from(planned).unwrap_or(i64::MAX));
    contract::RewardStock {
        program_id: read.program_id.clone(),
        reward_id: read.reward_id.clone(),
        unlimited: stock.planned.is_none(),
        planned,
        adjusted: stock.adjusted,
        taken: stock.taken,
        left: stock.left().unwrap_or_default(),
        etag: etag(read.revision),
    }
}

/// The etag of a revision.
pub(crate) fn etag(revision: i64) -> String {
    format!("r{revision}")
}
