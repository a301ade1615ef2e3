use ::contract::patron::r#type::v1::Money;
use ::contract::time::{instant, timestamp};
use chassis::Refusal;
use contract::operation_details::Details;
use contract::patron::loyalty::v1 as contract;
use prost::Message as _;

use super::{id, invalid, wallet_id};
use crate::app::accrue::{Accrue, Accrued};
use crate::app::read::Credit;
use crate::domain::ledger::Points;
use crate::store;

/// What a request wants to credit.
pub(crate) fn accrue(
    request: &contract::CreateAccrualRequest,
    caller: &str,
) -> Result<Accrue, Refusal> {
    // The contract requires the credit; without it the id below is missed.
    let accrual = request.accrual.clone().unwrap_or_default();
    let earned_at = accrual.earn_time.as_ref();
    let earned_at = earned_at.map(|time| {
        instant(time)
            .map(store::kept)
            .ok_or_else(|| invalid("accrual.earn_time", "must be a time"))
    });
    Ok(Accrue {
        customer_id: id(&accrual.customer_id, "accrual.customer_id")?,
        wallet_id: wallet_id(&accrual.wallet_id, "accrual.wallet_id")?,
        points: Points::new(accrual.points),
        reference: accrual.reference,
        earned_at: earned_at.transpose()?,
        funding_partner: Some(accrual.funding_partner).filter(|partner| !partner.is_empty()),
        cost: accrual.cost,
        caller: caller.to_owned(),
    })
}

/// Points that were credited.
pub(crate) fn accrual(accrued: &Accrued<'_>) -> contract::Accrual {
    let (accrue, earned) = (accrued.accrue, accrued.earned);
    let opened = earned.posting.opened().first();
    let terms = opened.map(|lot| &lot.terms);
    contract::Accrual {
        accrual_id: earned.operation_id.to_string(),
        customer_id: accrue.customer_id.to_string(),
        wallet_id: accrued.wallet_id.to_string(),
        points: accrue.points.get(),
        reference: accrue.reference.clone(),
        earn_time: Some(timestamp(accrued.earned_at)),
        funding_partner: accrue.funding_partner.clone().unwrap_or_default(),
        cost: accrue.cost.clone(),
        lot_id: earned.lot_id.to_string(),
        active_time: terms.and_then(|terms| terms.active_at).map(timestamp),
        expire_time: terms.and_then(|terms| terms.expires_at).map(timestamp),
        debt_repaid: earned.debt_repaid.get(),
        available_after: earned.posting.figures().balances.available.get(),
        create_time: Some(timestamp(accrued.created_at)),
    }
}

/// The same, as an event.
pub(crate) fn accrued(accrued: &Accrued<'_>) -> contract::PointsEarned {
    let (accrue, earned) = (accrued.accrue, accrued.earned);
    contract::PointsEarned {
        customer_id: accrue.customer_id.to_string(),
        operation_id: earned.operation_id.to_string(),
        amount: accrue.points.get(),
        debt_repaid: earned.debt_repaid.get(),
        reference: accrue.reference.clone(),
        available_after: earned.posting.figures().balances.available.get(),
        wallet_id: accrued.wallet_id.to_string(),
    }
}

/// A credit as it is recorded.
pub(crate) fn credit(credit: Credit) -> contract::Accrual {
    let Credit {
        customer_id,
        operation,
        lot,
        debt_repaid,
        available_after,
    } = credit;
    contract::Accrual {
        accrual_id: operation.operation_id.to_string(),
        customer_id: customer_id.to_string(),
        wallet_id: operation.wallet_id.to_string(),
        points: lot.original.get(),
        reference: operation.reference,
        earn_time: Some(timestamp(lot.earned_at)),
        funding_partner: lot.terms.funding_partner.unwrap_or_default(),
        cost: cost(&operation.details),
        lot_id: lot.lot_id.to_string(),
        active_time: lot.terms.active_at.map(timestamp),
        expire_time: lot.terms.expires_at.map(timestamp),
        debt_repaid: debt_repaid.get(),
        available_after: available_after.get(),
        create_time: Some(timestamp(operation.recorded_at)),
    }
}

/// What a credit's details say that it cost.
fn cost(details: &[u8]) -> Option<Money> {
    match contract::OperationDetails::decode(details).ok()?.details? {
        Details::Accrual(accrual) => accrual.cost,
        _ => None,
    }
}
