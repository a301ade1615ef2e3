use contract::patron::loyalty::v1 as contract;
use uuid::Uuid;

use crate::app::redeem::Spent;

/// A customer has become a member.
pub(crate) fn enrolled(customer_id: Uuid, program_id: &str) -> contract::MemberEnrolled {
    contract::MemberEnrolled {
        customer_id: customer_id.to_string(),
        program_id: program_id.to_owned(),
    }
}

/// Points have been spent.
pub(crate) fn redeemed(spent: &Spent) -> contract::PointsRedeemed {
    contract::PointsRedeemed {
        customer_id: spent.customer_id.to_string(),
        redemption_id: spent.redemption_id.to_string(),
        amount: spent.points.get(),
        reference: spent.reference.clone(),
        available_after: spent.available_after.get(),
        wallet_id: spent.wallet_id.to_string(),
        hold_id: spent.hold_id.map(|id| id.to_string()).unwrap_or_default(),
    }
}
