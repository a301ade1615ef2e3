use chassis::Refusal;
use contract::patron::loyalty::v1 as contract;
use contract::return_reward_order_request::Part as WirePart;

use crate::app::rewards::{Ask, Wanted};
use crate::domain::Points;
use crate::domain::rewards::{Part, Quote};
use crate::wire::{id, money};

/// What a price is asked for.
pub(crate) fn ask(request: &contract::QuoteRewardRequest) -> Result<Ask, Refusal> {
    let basket = request.basket.as_ref();
    Ok(Ask {
        customer_id: id(&request.customer_id, "customer_id")?,
        reward_id: request.reward_id.clone(),
        quantity: i64::from(request.quantity.max(1)),
        basket: basket.map(|basket| money(basket, "basket")).transpose()?,
        at_most: Some(request.maximum_points)
            .filter(|most| *most > 0)
            .map(Points::new),
    })
}

/// A reward to be ordered.
pub(crate) fn wanted(
    request: &contract::OrderRewardRequest,
    quote: Option<Quote>,
) -> Result<Wanted, Refusal> {
    let seconds = u32::try_from(request.hold_seconds).unwrap_or_default();
    Ok(Wanted {
        customer_id: id(&request.customer_id, "customer_id")?,
        reward_id: request.reward_id.clone(),
        quote,
        quantity: i64::from(request.quantity.max(1)),
        reference: request.reference.clone(),
        hold: request.hold.then_some(seconds),
    })
}

/// How much of an order comes back.
pub(crate) fn part(request: &contract::ReturnRewardOrderRequest) -> Result<Part, Refusal> {
    Ok(match &request.part {
        None => Part::Rest,
        Some(WirePart::Quantity(pieces)) => Part::Pieces(*pieces),
        Some(WirePart::Deduction(deduction)) => Part::Deduction(money(deduction, "deduction")?),
    })
}
