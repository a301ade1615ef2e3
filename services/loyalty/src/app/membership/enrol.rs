use std::collections::BTreeMap;

use contract::patron::loyalty::v1 as contract;
use idempotency::Claim;
use seal::store::dead_among;
use sqlx::PgTransaction;
use tonic::{Response, Status};
use uuid::Uuid;

use super::{Deed, MembershipError, record, told};
use crate::app::books::{Books, Need};
use crate::app::{AppError, Call, DEFAULT_PROGRAM, Loyalty, enrol as joining, tiers};
use crate::domain::happened::Happened;
use crate::domain::ledger::State;
use crate::domain::membership::ChangeKind;
use crate::store::ledger::holders;
use crate::wire;

const METHOD: &str = "patron.loyalty.v1.MembershipService/EnrolMember";

/// Makes a customer a member, once for each request.
pub(crate) async fn enrol(
    loyalty: &Loyalty,
    call: &Call,
    request: contract::EnrolMemberRequest,
) -> Result<Response<contract::Member>, Status> {
    let customer_id = wire::id(&request.customer_id, "customer_id")?;
    let key = (METHOD, request.request_id.as_str());
    let mut claimed = match loyalty.claim(call, key, &request).await? {
        Claim::Replayed(answer) => return answer,
        Claim::Fresh(claimed) => claimed,
    };
    let program_id = match request.program_id.as_str() {
        "" => DEFAULT_PROGRAM,
        named => named,
    };
    let tx = claimed.transaction();
    let outcome = join(loyalty, tx, call, (customer_id, program_id)).await;
    loyalty.finish(claimed, outcome).await
}

async fn join(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    call: &Call,
    (customer_id, program_id): (Uuid, &str),
) -> Result<contract::Member, AppError> {
    if !dead_among(&mut **tx, &[customer_id]).await?.is_empty() {
        return Err(AppError::CustomerErased);
    }
    // Refuses a program that there is not.
    loyalty.programs.at(tx, program_id, loyalty.now()).await?;
    let newcomers = BTreeMap::from([(customer_id, "")]);
    let events = joining::enrol_into(loyalty, tx, &newcomers, program_id).await?;
    if events.is_empty() {
        let holder = holders::find(&mut **tx, customer_id).await?;
        let program_id = holder.map(|holder| holder.program_id).unwrap_or_default();
        return Err(MembershipError::AlreadyEnrolled { program_id }.into());
    }
    let mut books = Books::open(loyalty, tx, &[Need::of(customer_id)]).await?;
    for (_, event) in events {
        books.announce(event);
    }
    let deed = Deed {
        customer_id,
        kind: ChangeKind::Enrolled,
        state: State::Active,
        reason: "",
        other: None,
    };
    record(tx, &books, call, deed).await?;
    let joined = Happened::Joined {
        customer_id,
        at: books.now(),
    };
    tiers::follow(loyalty, tx, &mut books, &[joined]).await?;
    books.write(tx).await?;
    told(loyalty, tx, customer_id).await
}
