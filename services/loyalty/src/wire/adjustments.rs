use ::contract::time::timestamp;
use chassis::Refusal;
use contract::adjustment::State as WireState;
use contract::patron::loyalty::v1 as contract;
use jiff::Timestamp;
use uuid::Uuid;

use super::{id, wallet_id};
use crate::app::adjustments::Asking;
use crate::domain::adjustments::{Correction, CorrectionState};
use crate::domain::ledger::{Adjusted, Points};

/// What a request asks for.
pub(crate) fn asking(request: &contract::CreateAdjustmentRequest) -> Result<Asking, Refusal> {
    // The contract requires the correction; without it the id below is missed.
    let adjustment = request.adjustment.clone().unwrap_or_default();
    Ok(Asking {
        customer_id: id(&adjustment.customer_id, "adjustment.customer_id")?,
        wallet_id: wallet_id(&adjustment.wallet_id, "adjustment.wallet_id")?,
        points: Points::new(adjustment.points),
        reason_code: adjustment.reason_code,
        reason: adjustment.reason,
        reference: adjustment.reference,
    })
}

/// Which correction a request is about.
pub(crate) fn which(customer_id: &str, adjustment_id: &str) -> Result<(Uuid, Uuid), Refusal> {
    let customer_id = id(customer_id, "customer_id")?;
    Ok((customer_id, id(adjustment_id, "adjustment_id")?))
}

/// A correction as it stands.
pub(crate) fn adjustment(correction: &Correction, now: Timestamp) -> contract::Adjustment {
    let decision = correction.decision.as_ref();
    contract::Adjustment {
        adjustment_id: correction.adjustment_id.to_string(),
        customer_id: correction.customer_id.to_string(),
        wallet_id: correction.wallet_id.to_string(),
        points: correction.points.get(),
        reason_code: correction.reason_code.clone(),
        reason: correction.reason.clone(),
        reference: correction.reference.clone(),
        state: state(correction.state_at(now)).into(),
        created_by: correction.created_by.clone(),
        create_time: Some(timestamp(correction.created_at)),
        decide_until_time: correction.decide_until.map(timestamp),
        decided_by: decision
            .map(|decision| decision.by.clone())
            .unwrap_or_default(),
        decide_time: decision.map(|decision| timestamp(decision.at)),
        decision_reason: decision
            .map(|decision| decision.reason.clone())
            .unwrap_or_default(),
        operation_id: correction
            .operation_id
            .map(|operation_id| operation_id.to_string())
            .unwrap_or_default(),
    }
}

fn state(state: CorrectionState) -> WireState {
    match state {
        CorrectionState::Pending => WireState::Pending,
        CorrectionState::Applied => WireState::Applied,
        CorrectionState::Rejected => WireState::Rejected,
        CorrectionState::Lapsed => WireState::Lapsed,
    }
}

/// A correction waits for a second person.
pub(crate) fn requested(correction: &Correction) -> contract::AdjustmentRequested {
    contract::AdjustmentRequested {
        customer_id: correction.customer_id.to_string(),
        adjustment_id: correction.adjustment_id.to_string(),
        wallet_id: correction.wallet_id.to_string(),
        points: correction.points.get(),
        reason_code: correction.reason_code.clone(),
    }
}

/// Points have been corrected.
pub(crate) fn adjusted(correction: &Correction, adjusted: &Adjusted) -> contract::PointsAdjusted {
    contract::PointsAdjusted {
        customer_id: correction.customer_id.to_string(),
        adjustment_id: correction.adjustment_id.to_string(),
        wallet_id: correction.wallet_id.to_string(),
        points: correction.points.get(),
        reason_code: correction.reason_code.clone(),
        debt_repaid: adjusted.debt_repaid.get(),
        debt_added: adjusted.debt_added.get(),
        available_after: adjusted.posting.figures().balances.available.get(),
    }
}
