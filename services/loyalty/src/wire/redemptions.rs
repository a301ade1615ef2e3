use chassis::Refusal;
use contract::patron::loyalty::v1 as contract;

use super::{id, wallet_id};
use crate::app::redeem::{Redeem, Spent};
use crate::domain::ledger::{LotShare, Points};

/// What a request wants to spend.
pub(crate) fn redeem(request: &contract::CreateRedemptionRequest) -> Result<Redeem, Refusal> {
    // The contract requires the redemption; without it the id below is missed.
    let redemption = request.redemption.clone().unwrap_or_default();
    Ok(Redeem {
        customer_id: id(&redemption.customer_id, "redemption.customer_id")?,
        wallet_id: wallet_id(&redemption.wallet_id, "redemption.wallet_id")?,
        points: Points::new(redemption.points),
        reference: redemption.reference,
        reward_id: String::new(),
    })
}

/// Points that were spent.
pub(crate) fn redemption(spent: Spent) -> contract::Redemption {
    contract::Redemption {
        redemption_id: spent.redemption_id.to_string(),
        customer_id: spent.customer_id.to_string(),
        points: spent.points.get(),
        reference: spent.reference,
        create_time: Some(::contract::time::timestamp(spent.created_at)),
        lots: spent.lots.into_iter().map(share).collect(),
        available_after: spent.available_after.get(),
        wallet_id: spent.wallet_id.to_string(),
        restored_points: spent.restored.get(),
    }
}

pub(super) fn share(share: LotShare) -> contract::LotShare {
    contract::LotShare {
        lot_id: share.lot_id.to_string(),
        amount: share.points.get(),
    }
}
