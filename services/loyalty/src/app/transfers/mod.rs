//! Points that members send each other.

mod error;

use contract::operation_details::Details;
use contract::patron::loyalty::v1 as contract;
use contract::transfer_details::Cause as Why;
use events::NewEvent;
use idempotency::Claim;
use jiff::Timestamp;
use sqlx::PgTransaction;
use tonic::{Response, Status};
use uuid::Uuid;

use super::books::{Books, Need, Posted};
use super::read::Page;
use super::{AppError, Call, Loyalty};
use crate::domain::ledger::{
    Cause, Kind, Points, Transfer, Transferred, WalletId, transfer as decide,
};
use crate::domain::program::Program;
use crate::store::transfers::{self as store, Sent};
use crate::wire;

pub(crate) use error::TransfersError;

const METHOD: &str = "patron.loyalty.v1.TransferService/CreateTransfer";

/// Points to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Sending {
    /// Who sends.
    pub(crate) customer_id: Uuid,
    /// Who receives.
    pub(crate) recipient_id: Uuid,
    /// The point currency; `None` is the program's first.
    pub(crate) wallet_id: Option<WalletId>,
    /// How many.
    pub(crate) points: Points,
    /// What for.
    pub(crate) reference: String,
}

/// Sends points, once for each request.
pub(crate) async fn create(
    loyalty: &Loyalty,
    call: &Call,
    request: contract::CreateTransferRequest,
) -> Result<Response<contract::Transfer>, Status> {
    let sending = wire::transfers::sending(&request)?;
    let key = (METHOD, request.request_id.as_str());
    let mut claimed = match loyalty.claim(call, key, &request).await? {
        Claim::Replayed(answer) => return answer,
        Claim::Fresh(claimed) => claimed,
    };
    let outcome = send(loyalty, claimed.transaction(), call, &sending).await;
    loyalty.finish(claimed, outcome).await
}

/// Tells what sending would do, and does nothing.
pub(crate) async fn try_out(
    loyalty: &Loyalty,
    call: &Call,
    sending: &Sending,
) -> Result<contract::Transfer, AppError> {
    let remaining = call.deadline.remaining();
    let mut tx = loyalty.db.begin_with_deadline(remaining).await?;
    let tried = send(loyalty, &mut tx, call, sending).await;
    tx.rollback().await?;
    let tried = tried?;
    // It is none that could be found by its id.
    Ok(contract::Transfer {
        transfer_id: String::new(),
        create_time: None,
        ..tried
    })
}

async fn send(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    call: &Call,
    sending: &Sending,
) -> Result<contract::Transfer, AppError> {
    let from = Need::of(sending.customer_id).in_wallet(sending.wallet_id);
    let to = Need::of(sending.recipient_id).in_wallet(sending.wallet_id);
    let mut books = Books::open(loyalty, tx, &[from.spending(sending.points), to]).await?;
    // Merged memberships are one person: with one limit, and nobody to send points to but others.
    let customer_id = books.person(sending.customer_id)?;
    let recipient_id = books.person(sending.recipient_id)?;
    check(&books, customer_id, recipient_id)?;
    let wallet_id = books.wallet(customer_id, sending.wallet_id)?.wallet_id();
    let month = month(&books.member(customer_id)?.program, books.now());
    let counted = (customer_id, wallet_id, month.as_str());
    check_limit(tx, &books, counted, sending.points).await?;
    let sent = Sent {
        customer_id,
        transfer_id: books.new_id(),
        recipient_id,
        wallet_id,
        points: sending.points,
        reference: sending.reference.clone(),
        month,
        created_by: call.caller.clone(),
        created_at: books.now(),
    };
    let moved = move_points(&books, &sent)?;
    let available_after = moved.out.figures().balances.available;
    post(&mut books, &sent, moved)?;
    store::insert(tx, &sent).await?;
    books.write(tx).await?;
    Ok(wire::transfers::transfer(&sent, Some(available_after)))
}

fn check(books: &Books, customer_id: Uuid, recipient_id: Uuid) -> Result<(), AppError> {
    let (from, to) = (books.member(customer_id)?, books.member(recipient_id)?);
    if customer_id == recipient_id {
        return Err(TransfersError::ToOneself.into());
    }
    if from.program.program_id != to.program.program_id {
        return Err(TransfersError::OtherProgram.into());
    }
    if from.household_id.is_some() && from.household_id == to.household_id {
        return Err(TransfersError::SameHousehold.into());
    }
    Ok(())
}

/// The program's month in which something counts.
fn month(program: &Program, now: Timestamp) -> String {
    let day = program.document.zone.date_of(now);
    calendar::Period::Month.bucket(day).to_string()
}

async fn check_limit(
    tx: &mut PgTransaction<'_>,
    books: &Books,
    (customer_id, wallet_id, month): (Uuid, WalletId, &str),
    points: Points,
) -> Result<(), AppError> {
    let policy = &books.member(customer_id)?.program.document.households;
    let limit = policy.as_ref().map(|policy| policy.monthly_transfer_limit);
    let limit = limit.filter(|limit| limit.is_positive());
    let limit = limit.ok_or(TransfersError::NotOffered)?;
    let sent = store::sent_in(&mut **tx, customer_id, wallet_id, month).await?;
    let remaining = limit.minus(sent)?.max(Points::ZERO);
    if points > remaining {
        return Err(TransfersError::AboveLimit { limit, remaining }.into());
    }
    Ok(())
}

fn move_points(books: &Books, sent: &Sent) -> Result<Transferred, AppError> {
    let from = books.wallet(sent.customer_id, Some(sent.wallet_id))?;
    let to = books.wallet(sent.recipient_id, Some(sent.wallet_id))?;
    let transfer = Transfer {
        points: sent.points,
        cause: Cause {
            reference: &sent.reference,
            effective_at: sent.created_at,
        },
    };
    let policies = books.policies(sent.customer_id, sent.wallet_id)?;
    let moved = books.decide(|occasion| decide(from, to, transfer, &policies, occasion));
    Ok(moved.map_err(TransfersError::from)?)
}

/// Posts both sides, and announces them.
fn post(books: &mut Books, sent: &Sent, moved: Transferred) -> Result<(), AppError> {
    let (from, to) = (sent.customer_id, sent.recipient_id);
    let left = moved.out.figures().balances.available;
    let there = moved.into.figures().balances.available;
    for (customer_id, counterpart_id, posting, incoming) in
        [(from, to, moved.out, false), (to, from, moved.into, true)]
    {
        let details = contract::OperationDetails {
            program_version: books.holder(customer_id)?.program.version,
            details: Some(Details::Transfer(contract::TransferDetails {
                transfer_id: sent.transfer_id.to_string(),
                counterpart_id: counterpart_id.to_string(),
                cause: Why::Transfer.into(),
                incoming,
            })),
        };
        let posted = Posted::new(customer_id, posting).about(sent.transfer_id);
        books.post(posted.explained(Kind::Transfer, details))?;
    }
    let event = wire::transfers::sent(sent, left);
    books.announce(NewEvent::about(from, Some(from), &event));
    let event = wire::transfers::received(sent, moved.debt_repaid, there);
    books.announce(NewEvent::about(to, Some(to), &event));
    Ok(())
}

/// A transfer, by who sent it.
pub(crate) async fn one(
    loyalty: &Loyalty,
    customer_id: Uuid,
    transfer_id: Uuid,
) -> Result<Sent, AppError> {
    let found = store::find(loyalty.db.pool(), customer_id, transfer_id).await?;
    if found.is_none() {
        loyalty.require_member(customer_id).await?;
    }
    Ok(found.ok_or(TransfersError::NotFound)?)
}

/// A page of what a member has sent and received, before one of them.
pub(crate) async fn page(
    loyalty: &Loyalty,
    customer_id: Uuid,
    before: Option<Uuid>,
    size: u16,
) -> Result<Page<Sent>, AppError> {
    loyalty.require_member(customer_id).await?;
    let pool = loyalty.db.pool();
    let rows = store::page(pool, customer_id, before, i64::from(size) + 1).await?;
    Ok(Page::cut(rows, size))
}
