use ::contract::time::{instant, timestamp};
use chassis::Refusal;
use contract::hold::State as WireState;
use contract::patron::loyalty::v1 as contract;

use super::redemptions::share;
use super::{id, invalid, wallet_id};
use crate::app::holds::{Confirm, Place, Release};
use crate::domain::ledger::{LedgerError, Points, Resolution};
use crate::store;
use crate::store::ledger::holds::HoldRow;

/// What a request wants to reserve.
pub(crate) fn place(request: &contract::CreateHoldRequest) -> Result<Place, Refusal> {
    // The contract requires the hold; without it the id below is missed.
    let hold = request.hold.clone().unwrap_or_default();
    let expires_at = hold.expire_time.as_ref();
    let expires_at = expires_at.map(|time| {
        instant(time)
            .map(store::kept)
            .ok_or_else(|| invalid("hold.expire_time", "must be a time"))
    });
    Ok(Place {
        customer_id: id(&hold.customer_id, "hold.customer_id")?,
        wallet_id: wallet_id(&hold.wallet_id, "hold.wallet_id")?,
        points: Points::new(hold.points),
        reference: hold.reference,
        expires_at: expires_at.transpose()?,
    })
}

/// What a request wants to spend of a hold.
pub(crate) fn confirm(request: &contract::ConfirmHoldRequest) -> Result<Confirm, Refusal> {
    Ok(Confirm {
        customer_id: id(&request.customer_id, "customer_id")?,
        hold_id: id(&request.hold_id, "hold_id")?,
        points: Some(Points::new(request.points)).filter(|points| !points.is_zero()),
        is_final: request.r#final,
        reward_id: String::new(),
    })
}

/// Which hold a request wants to give back.
pub(crate) fn release(request: &contract::ReleaseHoldRequest) -> Result<Release, Refusal> {
    Ok(Release {
        customer_id: id(&request.customer_id, "customer_id")?,
        hold_id: id(&request.hold_id, "hold_id")?,
    })
}

/// A hold as it stands. The balance is known to whoever has changed it.
pub(crate) fn hold(
    row: &HoldRow,
    available_after: Option<Points>,
) -> Result<contract::Hold, LedgerError> {
    let hold = &row.hold;
    let (points, confirmed) = (hold.points()?, hold.confirmed);
    let released = match hold.resolution {
        None => Points::ZERO,
        Some(_) => points.minus(confirmed)?,
    };
    Ok(contract::Hold {
        hold_id: hold.hold_id.to_string(),
        customer_id: row.customer_id.to_string(),
        wallet_id: row.wallet_id.to_string(),
        points: points.get(),
        reference: row.reference.clone(),
        expire_time: Some(timestamp(hold.expires_at)),
        state: state(hold.resolution).into(),
        confirmed_points: confirmed.plus(row.confirmed_beyond)?.get(),
        released_points: released.get(),
        lots: hold.lots.iter().copied().map(share).collect(),
        redemption_ids: row.redemption_ids.iter().map(ToString::to_string).collect(),
        create_time: Some(timestamp(row.created_at)),
        available_after: available_after.unwrap_or_default().get(),
    })
}

/// Points have been reserved.
pub(crate) fn held(
    row: &HoldRow,
    available_after: Points,
) -> Result<contract::PointsHeld, LedgerError> {
    Ok(contract::PointsHeld {
        customer_id: row.customer_id.to_string(),
        hold_id: row.hold.hold_id.to_string(),
        wallet_id: row.wallet_id.to_string(),
        amount: row.hold.points()?.get(),
        reference: row.reference.clone(),
        expire_time: Some(timestamp(row.hold.expires_at)),
        available_after: available_after.get(),
    })
}

/// Points have been given back; beside them those that had lapsed.
pub(crate) fn released(
    row: &HoldRow,
    (points, lapsed): (Points, Points),
    available_after: Points,
) -> contract::PointsReleased {
    contract::PointsReleased {
        customer_id: row.customer_id.to_string(),
        hold_id: row.hold.hold_id.to_string(),
        wallet_id: row.wallet_id.to_string(),
        amount: points.get(),
        lapsed: lapsed.get(),
        reference: row.reference.clone(),
        available_after: available_after.get(),
    }
}

fn state(resolution: Option<Resolution>) -> WireState {
    match resolution {
        None => WireState::Open,
        Some(Resolution::Confirmed) => WireState::Confirmed,
        Some(Resolution::Released) => WireState::Released,
        Some(Resolution::TimedOut) => WireState::TimedOut,
    }
}
