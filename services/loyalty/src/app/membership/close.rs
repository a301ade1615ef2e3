//! Ending a membership.

use contract::expiry_details::Cause as Why;
use contract::operation_details::Details;
use contract::patron::loyalty::v1 as contract;
use idempotency::Claim;
use sqlx::PgTransaction;
use tonic::{Response, Status};
use uuid::Uuid;

use super::{Deed, MembershipError, announce, record, told};
use crate::app::books::{Books, Need, Posted};
use crate::app::{AppError, Call, Loyalty};
use crate::domain::ledger::{Cause, Kind, Points, Wallet, WalletId, forfeit};
use crate::domain::membership::Step;
use crate::store::membership::{self, cards};
use crate::wire;

const METHOD: &str = "patron.loyalty.v1.MembershipService/CloseMember";

/// Ends a membership, once for each request.
pub(crate) async fn close(
    loyalty: &Loyalty,
    call: &Call,
    request: contract::CloseMemberRequest,
) -> Result<Response<contract::Member>, Status> {
    let customer_id = wire::id(&request.customer_id, "customer_id")?;
    let key = (METHOD, request.request_id.as_str());
    let mut claimed = match loyalty.claim(call, key, &request).await? {
        Claim::Replayed(answer) => return answer,
        Claim::Fresh(claimed) => claimed,
    };
    let outcome = end(
        loyalty,
        claimed.transaction(),
        call,
        (customer_id, &request),
    )
    .await;
    loyalty.finish(claimed, outcome).await
}

pub(super) async fn end(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    call: &Call,
    (customer_id, request): (Uuid, &contract::CloseMemberRequest),
) -> Result<contract::Member, AppError> {
    let need = Need::of(customer_id).all_live_lots();
    let mut books = Books::open(loyalty, tx, &[need]).await?;
    let member = books.member(customer_id)?;
    let state = Step::Close
        .from(member.state)
        .map_err(MembershipError::from)?;
    if member.household_id.is_some() {
        return Err(MembershipError::InHousehold.into());
    }
    let mut points = Points::ZERO;
    for wallet in member.wallets() {
        let balances = wallet.balances();
        if balances.held.is_positive() {
            let held = balances.held;
            return Err(MembershipError::OpenHolds { held }.into());
        }
        points = points.plus(balances.available)?.plus(balances.pending)?;
    }
    if points.is_positive() && !request.forfeit_points {
        return Err(MembershipError::HasPoints { points }.into());
    }
    let wallet_ids: Vec<WalletId> = member.wallets().map(Wallet::wallet_id).collect();
    for wallet_id in wallet_ids {
        lapse(&mut books, customer_id, wallet_id)?;
    }
    membership::set(tx, customer_id, state, None).await?;
    cards::end(tx, customer_id, books.now()).await?;
    let deed = Deed {
        customer_id,
        kind: Step::Close.kind(),
        state,
        reason: &request.reason,
        other: None,
    };
    record(tx, &books, call, deed).await?;
    let event = contract::MemberClosed {
        customer_id: customer_id.to_string(),
    };
    announce(&mut books, customer_id, &event);
    books.write(tx).await?;
    told(loyalty, tx, customer_id).await
}

/// Lets what is left in a wallet lapse.
fn lapse(books: &mut Books, customer_id: Uuid, wallet_id: WalletId) -> Result<(), AppError> {
    let wallet = books.wallet(customer_id, Some(wallet_id))?;
    let cause = Cause {
        reference: "membership closed",
        effective_at: books.now(),
    };
    let Some(lost) = books.decide(|occasion| forfeit(wallet, cause, occasion))? else {
        return Ok(());
    };
    let details = contract::OperationDetails {
        program_version: books.holder(customer_id)?.program.version,
        details: Some(Details::Expiry(contract::ExpiryDetails {
            cause: Why::Closed.into(),
        })),
    };
    let event = wire::end_of_day::expired(customer_id, &lost);
    let posted = Posted::new(customer_id, lost.posting);
    books.post(posted.explained(Kind::Expire, details))?;
    announce(books, customer_id, &event);
    Ok(())
}
