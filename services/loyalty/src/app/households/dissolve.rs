//! Ending a household.

use contract::patron::loyalty::v1 as contract;
use idempotency::Claim;
use sqlx::PgTransaction;
use tonic::{Response, Status};
use uuid::Uuid;

use super::leave::{announce, take_home};
use super::{HouseholdsError, found, told};
use crate::app::books::{Books, Need};
use crate::app::{AppError, Call, Loyalty};
use crate::domain::households::Household;
use crate::store::households as store;
use crate::wire;

const METHOD: &str = "patron.loyalty.v1.HouseholdService/DissolveHousehold";

/// Ends a household, once for each request.
pub(crate) async fn dissolve(
    loyalty: &Loyalty,
    call: &Call,
    request: contract::DissolveHouseholdRequest,
) -> Result<Response<contract::Household>, Status> {
    let household_id = wire::id(&request.household_id, "household_id")?;
    let key = (METHOD, request.request_id.as_str());
    let mut claimed = match loyalty.claim(call, key, &request).await? {
        Claim::Replayed(answer) => return answer,
        Claim::Fresh(claimed) => claimed,
    };
    let outcome = part(loyalty, claimed.transaction(), household_id).await;
    loyalty.finish(claimed, outcome).await
}

async fn part(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    household_id: Uuid,
) -> Result<contract::Household, AppError> {
    // Members have to be locked before the pool. Who joins or leaves in between is seen below.
    let before = found(tx, household_id).await?;
    let members = before
        .members
        .iter()
        .map(|member| Need::of(member.customer_id));
    let pool = Need::of_pool(household_id).all_live_lots();
    let needs: Vec<Need> = members.chain([pool]).collect();
    let mut books = Books::open(loyalty, tx, &needs).await?;
    let household = found(tx, household_id).await?;
    household.check_alive().map_err(HouseholdsError::from)?;
    check_debt(&books, &household)?;
    for wallet in books.holder(household_id)?.wallets() {
        if wallet.balances().held.is_positive() {
            return Err(HouseholdsError::Held.into());
        }
    }
    for member in &household.members {
        let customer_id = member.customer_id;
        books.reach(loyalty, tx, &[Need::of(customer_id)]).await?;
        take_home(loyalty, tx, &mut books, &household, customer_id).await?;
        store::leave(tx, household_id, customer_id, false, books.now()).await?;
        announce(&mut books, household_id, customer_id);
    }
    end(tx, &books, &household).await?;
    books.write(tx).await?;
    told(loyalty, tx, household_id).await
}

/// Whoever ends a household in debt would leave the debt to nobody.
pub(super) fn check_debt(books: &Books, household: &Household) -> Result<(), AppError> {
    for wallet in books.holder(household.household_id)?.wallets() {
        let owed = wallet.balances().owed()?;
        if owed.is_positive() {
            return Err(HouseholdsError::PoolInDebt { owed }.into());
        }
    }
    Ok(())
}

/// Notes that nobody is left.
pub(super) async fn end(
    tx: &mut PgTransaction<'_>,
    books: &Books,
    household: &Household,
) -> Result<(), AppError> {
    Ok(store::dissolve(tx, household.household_id, books.now()).await?)
}
