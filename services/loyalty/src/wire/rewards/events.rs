use contract::patron::loyalty::v1 as contract;

use super::{kind, optional};
use crate::domain::Points;
use crate::domain::rewards::{RewardOrder, RewardOrderState, Took};

/// A reward was ordered.
pub(crate) fn ordered_event(order: &RewardOrder) -> contract::RewardOrdered {
    contract::RewardOrdered {
        customer_id: order.customer_id.to_string(),
        reward_order_id: order.reward_order_id.to_string(),
        reward_id: order.reward_id.clone(),
        kind: kind(order.kind).into(),
        quantity: order.price.quantity,
        points: order.price.points,
        wallet_id: order.wallet.clone(),
        deduction: optional(order.deduction_currency, order.price.deduction_minor),
        reference: order.reference.clone(),
        held: order.state == RewardOrderState::Held,
    }
}

/// What an order held is spent.
pub(crate) fn confirmed_event(order: &RewardOrder) -> contract::RewardOrderConfirmed {
    contract::RewardOrderConfirmed {
        customer_id: order.customer_id.to_string(),
        reward_order_id: order.reward_order_id.to_string(),
        reward_id: order.reward_id.clone(),
        redemption_id: order
            .redemption_id
            .map(|id| id.to_string())
            .unwrap_or_default(),
    }
}

/// An order was given up, or its time was over.
pub(crate) fn canceled_event(order: &RewardOrder) -> contract::RewardOrderCanceled {
    contract::RewardOrderCanceled {
        customer_id: order.customer_id.to_string(),
        reward_order_id: order.reward_order_id.to_string(),
        reward_id: order.reward_id.clone(),
        lapsed: order.state == RewardOrderState::Lapsed,
    }
}

/// A part of an order came back.
pub(crate) fn returned_event(
    order: &RewardOrder,
    took: Took,
    restored: Points,
) -> contract::RewardOrderReturned {
    contract::RewardOrderReturned {
        customer_id: order.customer_id.to_string(),
        reward_order_id: order.reward_order_id.to_string(),
        reward_id: order.reward_id.clone(),
        quantity: took.quantity,
        deduction: optional(order.deduction_currency, took.minor),
        restored_points: restored.get(),
        wholly: took.back == took.whole,
    }
}
