//! Leaving a household with what is left of the own points.

use contract::patron::loyalty::v1 as contract;
use contract::transfer_details::Cause as Why;
use events::NewEvent;
use idempotency::Claim;
use sqlx::PgTransaction;
use tonic::{Response, Status};
use uuid::Uuid;

use super::dissolve::{check_debt, end};
use super::{HouseholdsError, found, post, told};
use crate::app::books::{Books, Need};
use crate::app::{AppError, Call, Loyalty};
use crate::domain::households::Household;
use crate::domain::ledger::{Cause, Points, WalletId, leave as decide};
use crate::store::households as store;
use crate::wire;

const METHOD: &str = "patron.loyalty.v1.HouseholdService/LeaveHousehold";

/// Leaves a household, once for each request.
pub(crate) async fn leave(
    loyalty: &Loyalty,
    call: &Call,
    request: contract::LeaveHouseholdRequest,
) -> Result<Response<contract::Household>, Status> {
    let household_id = wire::id(&request.household_id, "household_id")?;
    let customer_id = wire::id(&request.customer_id, "customer_id")?;
    let key = (METHOD, request.request_id.as_str());
    let mut claimed = match loyalty.claim(call, key, &request).await? {
        Claim::Replayed(answer) => return answer,
        Claim::Fresh(claimed) => claimed,
    };
    let tx = claimed.transaction();
    let outcome = go(loyalty, tx, household_id, customer_id).await;
    loyalty.finish(claimed, outcome).await
}

async fn go(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    household_id: Uuid,
    customer_id: Uuid,
) -> Result<contract::Household, AppError> {
    let needs = [
        Need::of(customer_id),
        Need::of_pool(household_id).brought_by(customer_id),
    ];
    let mut books = Books::open(loyalty, tx, &needs).await?;
    books.member(customer_id)?;
    let household = found(tx, household_id).await?;
    let checked = household.check_leave(customer_id);
    checked.map_err(HouseholdsError::from)?;
    if store::has_holds(&mut **tx, household_id, customer_id).await? {
        return Err(HouseholdsError::Held.into());
    }
    if household.members.len() == 1 {
        check_debt(&books, &household)?;
    }
    let owed = take_home(loyalty, tx, &mut books, &household, customer_id).await?;
    store::leave(
        tx,
        household_id,
        customer_id,
        owed.is_positive(),
        books.now(),
    )
    .await?;
    if household.members.len() == 1 {
        end(tx, &books, &household).await?;
    }
    announce(&mut books, household_id, customer_id);
    books.write(tx).await?;
    told(loyalty, tx, household_id).await
}

pub(super) fn announce(books: &mut Books, household_id: Uuid, customer_id: Uuid) {
    let event = contract::HouseholdLeft {
        customer_id: customer_id.to_string(),
        household_id: household_id.to_string(),
    };
    books.announce(NewEvent::about(customer_id, Some(customer_id), &event));
}

/// Moves what is left of a member's points into its own wallets, and tells how many are still held by
/// others. The lots that the member has brought are open.
pub(super) async fn take_home(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    books: &mut Books,
    household: &Household,
    customer_id: Uuid,
) -> Result<Points, AppError> {
    let own = |wallet_id: &WalletId| Need::of(customer_id).in_wallet(Some(*wallet_id)).own();
    let needs: Vec<Need> = household.wallet_ids.iter().map(own).collect();
    books.reach(loyalty, tx, &needs).await?;
    let mut still_held = Points::ZERO;
    for wallet_id in &household.wallet_ids {
        let held = take_one(books, household, customer_id, *wallet_id)?;
        still_held = still_held.plus(held)?;
    }
    Ok(still_held)
}

fn take_one(
    books: &mut Books,
    household: &Household,
    customer_id: Uuid,
    wallet_id: WalletId,
) -> Result<Points, AppError> {
    let household_id = household.household_id;
    let (Ok(pool), Ok(own)) = (
        books.own_wallet(household_id, wallet_id),
        books.own_wallet(customer_id, wallet_id),
    ) else {
        return Ok(Points::ZERO);
    };
    let reference = household_id.to_string();
    let cause = Cause {
        reference: &reference,
        effective_at: books.now(),
    };
    let brought = books.decide(|occasion| decide(pool, own, customer_id, cause, occasion));
    let brought = brought.map_err(HouseholdsError::from)?;
    let still_held = brought.still_held;
    let sides = (household_id, customer_id);
    post(books, sides, (household_id, Why::Leave), brought)?;
    Ok(still_held)
}
