//! Asking for a correction.

use contract::patron::loyalty::v1 as contract;
use events::NewEvent;
use idempotency::Claim;
use sqlx::PgTransaction;
use tonic::{Response, Status};
use uuid::Uuid;

use super::AdjustmentsError;
use super::make::{check_open, make};
use crate::app::books::{Books, Need};
use crate::app::{AppError, Call, Loyalty};
use crate::domain::adjustments::{Correction, CorrectionState, Deciding, decide_until};
use crate::domain::ledger::{Points, WalletId};
use crate::store::adjustments as store;
use crate::wire;

const METHOD: &str = "patron.loyalty.v1.AdjustmentService/CreateAdjustment";

/// A correction that is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Asking {
    /// Whose points.
    pub(crate) customer_id: Uuid,
    /// The point currency; `None` is the program's first.
    pub(crate) wallet_id: Option<WalletId>,
    /// Points to be credited; or, below 0, to be taken away.
    pub(crate) points: Points,
    /// Why, as a code.
    pub(crate) reason_code: String,
    /// Why, in words.
    pub(crate) reason: String,
    /// What it is about.
    pub(crate) reference: String,
}

/// Asks for a correction, once for each request. A small one is made at once.
pub(crate) async fn create(
    loyalty: &Loyalty,
    call: &Call,
    request: contract::CreateAdjustmentRequest,
) -> Result<Response<contract::Adjustment>, Status> {
    let asking = wire::adjustments::asking(&request)?;
    let key = (METHOD, request.request_id.as_str());
    let mut claimed = match loyalty.claim(call, key, &request).await? {
        Claim::Replayed(answer) => return answer,
        Claim::Fresh(claimed) => claimed,
    };
    let outcome = ask(loyalty, claimed.transaction(), call, &asking).await;
    loyalty.finish(claimed, outcome).await
}

/// Tells what asking would come to, and does nothing.
pub(crate) async fn try_out(
    loyalty: &Loyalty,
    call: &Call,
    asking: &Asking,
) -> Result<contract::Adjustment, AppError> {
    let remaining = call.deadline.remaining();
    let mut tx = loyalty.db.begin_with_deadline(remaining).await?;
    let tried = ask(loyalty, &mut tx, call, asking).await;
    tx.rollback().await?;
    let tried = tried?;
    // It is none that could be found by its ids.
    Ok(contract::Adjustment {
        adjustment_id: String::new(),
        operation_id: String::new(),
        create_time: None,
        ..tried
    })
}

async fn ask(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    call: &Call,
    asking: &Asking,
) -> Result<contract::Adjustment, AppError> {
    let customer_id = asking.customer_id;
    let need = Need::of(customer_id).in_wallet(asking.wallet_id);
    let debit = Points::ZERO.minus(asking.points).unwrap_or_default();
    let mut books = Books::open(loyalty, tx, &[need.spending(debit)]).await?;
    let wallet_id = books.wallet(customer_id, asking.wallet_id)?.wallet_id();
    check_open(&books, customer_id)?;
    let policy = &books.member(customer_id)?.program.document.adjustments;
    let until = decide_until(asking.points, policy, books.now());
    let decide_until = until.map_err(AdjustmentsError::from)?;
    let mut correction = Correction {
        adjustment_id: books.new_id(),
        customer_id,
        wallet_id,
        points: asking.points,
        reason_code: asking.reason_code.clone(),
        reason: asking.reason.clone(),
        reference: asking.reference.clone(),
        created_by: call.caller.clone(),
        created_at: books.now(),
        decide_until,
        state: CorrectionState::Pending,
        decision: None,
        operation_id: None,
    };
    if decide_until.is_none() {
        correction.decision = Some(Deciding {
            by: call.caller.clone(),
            at: books.now(),
            reason: String::new(),
        });
        make(&mut books, &mut correction)?;
    } else {
        let event = wire::adjustments::requested(&correction);
        books.announce(NewEvent::about(customer_id, Some(customer_id), &event));
    }
    store::insert(tx, &correction).await?;
    let now = books.now();
    books.write(tx).await?;
    Ok(wire::adjustments::adjustment(&correction, now))
}
