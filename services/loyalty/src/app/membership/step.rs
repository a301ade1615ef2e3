//! Pausing a membership, and going on with it.

use contract::patron::loyalty::v1 as contract;
use idempotency::Claim;
use sqlx::PgTransaction;
use tonic::{Response, Status};
use uuid::Uuid;

use super::{Deed, MembershipError, announce, record, told};
use crate::app::books::{Books, Need};
use crate::app::{AppError, Call, Loyalty};
use crate::domain::membership::Step;
use crate::store::membership;
use crate::wire;

const SUSPEND: &str = "patron.loyalty.v1.MembershipService/SuspendMember";
const REACTIVATE: &str = "patron.loyalty.v1.MembershipService/ReactivateMember";

/// Stops a member from spending, once for each request.
pub(crate) async fn suspend(
    loyalty: &Loyalty,
    call: &Call,
    request: contract::SuspendMemberRequest,
) -> Result<Response<contract::Member>, Status> {
    let customer_id = wire::id(&request.customer_id, "customer_id")?;
    let key = (SUSPEND, request.request_id.as_str());
    let mut claimed = match loyalty.claim(call, key, &request).await? {
        Claim::Replayed(answer) => return answer,
        Claim::Fresh(claimed) => claimed,
    };
    let tx = claimed.transaction();
    let step = (customer_id, Step::Suspend, request.reason.as_str());
    let outcome = take(loyalty, tx, call, step).await;
    loyalty.finish(claimed, outcome).await
}

/// Lets a suspended member spend again, once for each request.
pub(crate) async fn reactivate(
    loyalty: &Loyalty,
    call: &Call,
    request: contract::ReactivateMemberRequest,
) -> Result<Response<contract::Member>, Status> {
    let customer_id = wire::id(&request.customer_id, "customer_id")?;
    let key = (REACTIVATE, request.request_id.as_str());
    let mut claimed = match loyalty.claim(call, key, &request).await? {
        Claim::Replayed(answer) => return answer,
        Claim::Fresh(claimed) => claimed,
    };
    let tx = claimed.transaction();
    let step = (customer_id, Step::Reactivate, request.reason.as_str());
    let outcome = take(loyalty, tx, call, step).await;
    loyalty.finish(claimed, outcome).await
}

async fn take(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    call: &Call,
    (customer_id, step, reason): (Uuid, Step, &str),
) -> Result<contract::Member, AppError> {
    let mut books = Books::open(loyalty, tx, &[Need::of(customer_id)]).await?;
    let before = books.member(customer_id)?.state;
    let state = step.from(before).map_err(MembershipError::from)?;
    membership::set(tx, customer_id, state, None).await?;
    let deed = Deed {
        customer_id,
        kind: step.kind(),
        state,
        reason,
        other: None,
    };
    record(tx, &books, call, deed).await?;
    let who = customer_id.to_string();
    match step {
        Step::Reactivate => announce(
            &mut books,
            customer_id,
            &contract::MemberReactivated { customer_id: who },
        ),
        Step::Suspend | Step::Close => announce(
            &mut books,
            customer_id,
            &contract::MemberSuspended { customer_id: who },
        ),
    }
    books.write(tx).await?;
    told(loyalty, tx, customer_id).await
}
