//! Joining a household with all points.

use contract::patron::loyalty::v1 as contract;
use contract::transfer_details::Cause as Why;
use events::NewEvent;
use idempotency::Claim;
use sqlx::PgTransaction;
use tonic::{Response, Status};
use uuid::Uuid;

use super::{HouseholdsError, found, policy, post, told};
use crate::app::books::{Books, Need, Posted};
use crate::app::{AppError, Call, Loyalty};
use crate::domain::households::Household;
use crate::domain::ledger::{Cause, State, WalletId, expire, join as decide};
use crate::store::households as store;
use crate::wire;

const METHOD: &str = "patron.loyalty.v1.HouseholdService/AcceptInvitation";

/// Joins a household, once for each request.
pub(crate) async fn accept(
    loyalty: &Loyalty,
    call: &Call,
    request: contract::AcceptInvitationRequest,
) -> Result<Response<contract::Household>, Status> {
    let household_id = wire::id(&request.household_id, "household_id")?;
    let customer_id = wire::id(&request.customer_id, "customer_id")?;
    let key = (METHOD, request.request_id.as_str());
    let mut claimed = match loyalty.claim(call, key, &request).await? {
        Claim::Replayed(answer) => return answer,
        Claim::Fresh(claimed) => claimed,
    };
    let tx = claimed.transaction();
    let outcome = join(loyalty, tx, household_id, customer_id).await;
    loyalty.finish(claimed, outcome).await
}

async fn join(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    household_id: Uuid,
    customer_id: Uuid,
) -> Result<contract::Household, AppError> {
    let needs = [
        Need::of(customer_id).all_live_lots(),
        Need::of_pool(household_id),
    ];
    let mut books = Books::open(loyalty, tx, &needs).await?;
    let household = found(tx, household_id).await?;
    let maximum = policy(&books.holder(household_id)?.program)?.maximum_members;
    let checked = household.check_join(customer_id, maximum, books.now());
    checked.map_err(HouseholdsError::from)?;
    check(&books, &household, customer_id)?;
    store::join(tx, household_id, customer_id, books.now()).await?;
    bring(loyalty, tx, &mut books, &household, customer_id).await?;
    let event = contract::HouseholdJoined {
        customer_id: customer_id.to_string(),
        household_id: household_id.to_string(),
    };
    books.announce(NewEvent::about(customer_id, Some(customer_id), &event));
    books.write(tx).await?;
    told(loyalty, tx, household_id).await
}

/// Whether a member, as it is, may be in the household.
pub(super) fn check(
    books: &Books,
    household: &Household,
    customer_id: Uuid,
) -> Result<(), AppError> {
    let member = books.member(customer_id)?;
    if member.state != State::Active {
        return Err(HouseholdsError::NotActive.into());
    }
    if member.program.program_id.as_str() != household.program_id {
        return Err(HouseholdsError::OtherProgram.into());
    }
    if member.household_id.is_some() {
        return Err(HouseholdsError::InAnother.into());
    }
    Ok(())
}

/// Brings what a member has of the pooled currencies.
pub(super) async fn bring(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    books: &mut Books,
    household: &Household,
    customer_id: Uuid,
) -> Result<(), AppError> {
    let household_id = household.household_id;
    let pool = |wallet_id: &WalletId| Need::of_pool(household_id).in_wallet(Some(*wallet_id));
    let needs: Vec<Need> = household.wallet_ids.iter().map(pool).collect();
    books.reach(loyalty, tx, &needs).await?;
    for wallet_id in &household.wallet_ids {
        bring_one(books, household, customer_id, *wallet_id)?;
    }
    Ok(())
}

fn bring_one(
    books: &mut Books,
    household: &Household,
    customer_id: Uuid,
    wallet_id: WalletId,
) -> Result<(), AppError> {
    let Ok(own) = books.own_wallet(customer_id, wallet_id) else {
        return Ok(());
    };
    if own.balances().held.is_positive() {
        return Err(HouseholdsError::Held.into());
    }
    let reference = household.household_id.to_string();
    let cause = Cause {
        reference: &reference,
        effective_at: books.now(),
    };
    // What is past its end does not come along, and nobody looks for it here afterwards.
    if let Some(expired) = books.decide(|occasion| expire(own, cause, occasion))? {
        books.post(Posted::new(customer_id, expired.posting).own())?;
    }
    let own = books.own_wallet(customer_id, wallet_id)?;
    let Ok(pool) = books.own_wallet(household.household_id, wallet_id) else {
        return Ok(());
    };
    let brought = books.decide(|occasion| decide(own, pool, customer_id, cause, occasion));
    let brought = brought.map_err(HouseholdsError::from)?;
    let sides = (customer_id, household.household_id);
    post(books, sides, (household.household_id, Why::Join), brought)
}
