//! Card numbers: each member has a valid one from joining on.

use contract::patron::loyalty::v1 as contract;
use idempotency::Claim;
use sqlx::{PgConnection, PgTransaction};
use tonic::{Response, Status};
use uuid::Uuid;

use super::{Deed, MembershipError, announce, record};
use crate::app::books::{Books, Need};
use crate::app::{AppError, Call, Loyalty};
use crate::domain::ledger::State;
use crate::domain::membership::{CardNumber, ChangeKind, StepError};
use crate::store::membership::cards;
use crate::wire;

const METHOD: &str = "patron.loyalty.v1.MembershipService/ReissueCard";
/// How often a number is made for a member. Of 10 to the power of 13 numbers few are taken, so a
/// second attempt is rare and a fifth never needed.
const ATTEMPTS: usize = 5;

/// Gives cards to members who have none.
pub(crate) async fn issue(
    loyalty: &Loyalty,
    db: &mut PgConnection,
    customers: &[Uuid],
) -> Result<(), AppError> {
    let mut left = customers.to_vec();
    for _ in 0..ATTEMPTS {
        if left.is_empty() {
            return Ok(());
        }
        let number = |customer_id: &Uuid| {
            let number = CardNumber::of(loyalty.clock.new_id(), &loyalty.card_prefix);
            (*customer_id, number)
        };
        let numbers: Vec<(Uuid, CardNumber)> = left.iter().map(number).collect();
        let issued = cards::issue(db, &numbers, loyalty.now()).await?;
        left.retain(|customer_id| !issued.contains(customer_id));
    }
    if left.is_empty() {
        return Ok(());
    }
    Err(MembershipError::NoCardNumber.into())
}

/// Gives a member another card number, once for each request.
pub(crate) async fn reissue(
    loyalty: &Loyalty,
    call: &Call,
    request: contract::ReissueCardRequest,
) -> Result<Response<contract::Card>, Status> {
    let customer_id = wire::id(&request.customer_id, "customer_id")?;
    let key = (METHOD, request.request_id.as_str());
    let mut claimed = match loyalty.claim(call, key, &request).await? {
        Claim::Replayed(answer) => return answer,
        Claim::Fresh(claimed) => claimed,
    };
    let tx = claimed.transaction();
    let outcome = replace(loyalty, tx, call, (customer_id, &request.reason)).await;
    loyalty.finish(claimed, outcome).await
}

async fn replace(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    call: &Call,
    (customer_id, reason): (Uuid, &str),
) -> Result<contract::Card, AppError> {
    let mut books = Books::open(loyalty, tx, &[Need::of(customer_id)]).await?;
    let state = books.member(customer_id)?.state;
    if state == State::Closed {
        return Err(MembershipError::from(StepError { state }).into());
    }
    cards::end(tx, customer_id, books.now()).await?;
    issue(loyalty, tx, &[customer_id]).await?;
    let deed = Deed {
        customer_id,
        kind: ChangeKind::CardReissued,
        state,
        reason,
        other: None,
    };
    record(tx, &books, call, deed).await?;
    let event = contract::CardReissued {
        customer_id: customer_id.to_string(),
    };
    announce(&mut books, customer_id, &event);
    let now = books.now();
    books.write(tx).await?;
    let number = cards::of(&mut **tx, customer_id).await?;
    Ok(contract::Card {
        customer_id: customer_id.to_string(),
        card_number: number.ok_or(MembershipError::CardNotFound)?,
        issue_time: Some(::contract::time::timestamp(now)),
    })
}
