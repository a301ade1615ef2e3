use chassis::Refusal;
use contract::patron::loyalty::v1 as contract;
use uuid::Uuid;

use super::id;
use crate::app::redeem::Order;
use crate::domain::Points;
use crate::store::redemptions::Spent;

/// What a request wants to spend.
pub(crate) fn order(request: &contract::CreateRedemptionRequest) -> Result<Order, Refusal> {
    // The contract requires the redemption; without it the id below is missed.
    let redemption = request.redemption.as_ref();
    let customer_id = redemption.map_or("", |redemption| redemption.customer_id.as_str());
    Ok(Order {
        customer_id: id(customer_id, "redemption.customer_id")?,
        points: Points::new(redemption.map_or(0, |redemption| redemption.points)),
        reference: redemption.map_or_else(String::new, |redemption| redemption.reference.clone()),
    })
}

/// Points that were spent; without id and time when it was only tried out.
pub(crate) fn redemption(spent: Spent) -> contract::Redemption {
    let done = spent
        .redemption_id
        .map(|_| ::contract::time::timestamp(spent.created_at));
    contract::Redemption {
        redemption_id: spent
            .redemption_id
            .map(|id| id.to_string())
            .unwrap_or_default(),
        customer_id: spent.customer_id.to_string(),
        points: spent.points.get(),
        reference: spent.reference,
        create_time: done,
        lots: spent.lots.into_iter().map(share).collect(),
        available_after: spent.available_after.get(),
        ..Default::default()
    }
}

fn share((lot_id, amount): (Uuid, Points)) -> contract::LotShare {
    contract::LotShare {
        lot_id: lot_id.to_string(),
        amount: amount.get(),
    }
}
