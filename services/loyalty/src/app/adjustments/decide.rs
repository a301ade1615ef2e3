//! Deciding on a correction that waits.

use contract::patron::loyalty::v1 as contract;
use events::NewEvent;
use idempotency::Claim;
use sqlx::PgTransaction;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tonic::{Response, Status};
use uuid::Uuid;

use super::AdjustmentsError;
use super::make::make;
use crate::app::books::{Books, Need};
use crate::app::set_aside::set_aside;
use crate::app::{AppError, Call, Loyalty};
use crate::domain::adjustments::{Correction, CorrectionState, Deciding};
use crate::domain::ledger::Points;
use crate::store::adjustments as store;
use crate::wire;

const APPROVE: &str = "patron.loyalty.v1.AdjustmentService/ApproveAdjustment";
const REJECT: &str = "patron.loyalty.v1.AdjustmentService/RejectAdjustment";
/// How long corrections rest before those are looked for whose time is over.
const REST: Duration = Duration::from_secs(30);
/// Corrections that are looked for at once.
const BATCH: i64 = 200;

/// Makes a correction that waits, once for each request.
pub(crate) async fn approve(
    loyalty: &Loyalty,
    call: &Call,
    request: contract::ApproveAdjustmentRequest,
) -> Result<Response<contract::Adjustment>, Status> {
    let which = wire::adjustments::which(&request.customer_id, &request.adjustment_id)?;
    let key = (APPROVE, request.request_id.as_str());
    let mut claimed = match loyalty.claim(call, key, &request).await? {
        Claim::Replayed(answer) => return answer,
        Claim::Fresh(claimed) => claimed,
    };
    let verdict = (which, true, request.reason.as_str());
    let outcome = decide(loyalty, claimed.transaction(), call, verdict).await;
    loyalty.finish(claimed, outcome).await
}

/// Turns a correction down, once for each request.
pub(crate) async fn reject(
    loyalty: &Loyalty,
    call: &Call,
    request: contract::RejectAdjustmentRequest,
) -> Result<Response<contract::Adjustment>, Status> {
    let which = wire::adjustments::which(&request.customer_id, &request.adjustment_id)?;
    let key = (REJECT, request.request_id.as_str());
    let mut claimed = match loyalty.claim(call, key, &request).await? {
        Claim::Replayed(answer) => return answer,
        Claim::Fresh(claimed) => claimed,
    };
    let verdict = (which, false, request.reason.as_str());
    let outcome = decide(loyalty, claimed.transaction(), call, verdict).await;
    loyalty.finish(claimed, outcome).await
}

async fn decide(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    call: &Call,
    ((customer_id, adjustment_id), approves, reason): ((Uuid, Uuid), bool, &str),
) -> Result<contract::Adjustment, AppError> {
    let mut books = Books::open(loyalty, tx, &[Need::of(customer_id)]).await?;
    books.member(customer_id)?;
    let mut correction = found(tx, customer_id, adjustment_id).await?;
    let now = books.now();
    let checked = if approves {
        correction.check_approval(&call.caller, now)
    } else {
        correction.check_pending(now)
    };
    checked.map_err(AdjustmentsError::from)?;
    correction.decision = Some(Deciding {
        by: call.caller.clone(),
        at: now,
        reason: reason.to_owned(),
    });
    if approves {
        let debit = Points::ZERO.minus(correction.points).unwrap_or_default();
        let need = Need::of(customer_id).in_wallet(Some(correction.wallet_id));
        books.reach(loyalty, tx, &[need.spending(debit)]).await?;
        make(&mut books, &mut correction)?;
    } else {
        correction.state = CorrectionState::Rejected;
        let event = contract::AdjustmentRejected {
            customer_id: customer_id.to_string(),
            adjustment_id: adjustment_id.to_string(),
        };
        books.announce(NewEvent::about(customer_id, Some(customer_id), &event));
    }
    store::decide(tx, &correction).await?;
    books.write(tx).await?;
    Ok(wire::adjustments::adjustment(&correction, now))
}

/// A correction, read after its member was locked.
async fn found(
    tx: &mut PgTransaction<'_>,
    customer_id: Uuid,
    adjustment_id: Uuid,
) -> Result<Correction, AppError> {
    let found = store::find(&mut **tx, customer_id, adjustment_id).await?;
    Ok(found.ok_or(AdjustmentsError::NotFound)?)
}

/// Lets corrections lapse that nobody has decided on, until it is told to stop.
pub(crate) async fn lapse(loyalty: Loyalty, stop: CancellationToken) {
    loop {
        if let Err(error) = turn(&loyalty).await {
            tracing::warn!(%error, "corrections lapse at the next turn");
        }
        let rest = tokio::time::sleep(REST);
        if stop.run_until_cancelled(rest).await.is_none() {
            return;
        }
    }
}

pub(super) async fn turn(loyalty: &Loyalty) -> Result<(), AppError> {
    let overdue = store::overdue(loyalty.db.pool(), loyalty.now(), BATCH).await?;
    for (customer_id, adjustment_id) in overdue {
        let ended = end(loyalty, customer_id, adjustment_id).await;
        set_aside(ended, "the lapse of a correction", adjustment_id)?;
    }
    Ok(())
}

async fn end(loyalty: &Loyalty, customer_id: Uuid, adjustment_id: Uuid) -> Result<(), AppError> {
    let mut tx = loyalty.db.begin().await?;
    let mut books = Books::open(loyalty, &mut tx, &[Need::of(customer_id)]).await?;
    let mut correction = found(&mut tx, customer_id, adjustment_id).await?;
    let is_pending = correction.state == CorrectionState::Pending;
    // Somebody may have been quicker, another replica too.
    if !is_pending || correction.state_at(books.now()) != CorrectionState::Lapsed {
        return Ok(());
    }
    correction.state = CorrectionState::Lapsed;
    correction.decision = Some(Deciding {
        by: String::new(),
        at: books.now(),
        reason: String::new(),
    });
    store::decide(&mut tx, &correction).await?;
    let event = contract::AdjustmentLapsed {
        customer_id: customer_id.to_string(),
        adjustment_id: adjustment_id.to_string(),
    };
    books.announce(NewEvent::about(customer_id, Some(customer_id), &event));
    books.write(&mut tx).await?;
    tx.commit().await?;
    loyalty.outbox.committed();
    Ok(())
}
