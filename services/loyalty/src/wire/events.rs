use contract::patron::loyalty::v1 as contract;
use uuid::Uuid;

use crate::app::redeem::Spent;
use crate::domain::{ClawedBack, Earned, Points, Return, Sale};

/// A customer has become a member.
pub(crate) fn enrolled(customer_id: Uuid, program_id: &str) -> contract::MemberEnrolled {
    contract::MemberEnrolled {
        customer_id: customer_id.to_string(),
        program_id: program_id.to_owned(),
    }
}

/// Points of a sale have been earned.
pub(crate) fn earned(customer_id: Uuid, sale: &Sale, earned: &Earned) -> contract::PointsEarned {
    contract::PointsEarned {
        customer_id: customer_id.to_string(),
        operation_id: earned.operation_id.to_string(),
        amount: sale.earned.get(),
        debt_repaid: earned.debt_repaid.get(),
        reference: sale.order_id.clone(),
        available_after: earned.posting.figures().balances.available.get(),
        wallet_id: earned.posting.wallet_id().to_string(),
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

/// Points of a sale have been taken back.
pub(crate) fn clawed_back(
    back: &Return,
    points: Points,
    taken: &ClawedBack,
) -> contract::PointsClawedBack {
    contract::PointsClawedBack {
        customer_id: back.customer_id.to_string(),
        operation_id: taken
            .operation_id
            .map(|operation_id| operation_id.to_string())
            .unwrap_or_default(),
        amount: points.get(),
        debt_added: taken.debt_added.get(),
        reference: back.return_id.clone(),
        order_reference: back.order_id.clone(),
        available_after: taken.posting.figures().balances.available.get(),
        wallet_id: taken.posting.wallet_id().to_string(),
    }
}
