use contract::patron::loyalty::v1 as contract;
use events::NewEvent;
use idempotency::Claim;
use sqlx::PgTransaction;
use tonic::{Response, Status};
use uuid::Uuid;

use super::join::{bring, check};
use super::{policy, told};
use crate::app::books::{Books, Need};
use crate::app::{AppError, Call, Loyalty};
use crate::domain::households::Household;
use crate::store::households as store;
use crate::wire;

const METHOD: &str = "patron.loyalty.v1.HouseholdService/CreateHousehold";

/// Founds a household, once for each request.
pub(crate) async fn create(
    loyalty: &Loyalty,
    call: &Call,
    request: contract::CreateHouseholdRequest,
) -> Result<Response<contract::Household>, Status> {
    let (owner_id, display_name) = wire::households::founding(&request)?;
    let key = (METHOD, request.request_id.as_str());
    let mut claimed = match loyalty.claim(call, key, &request).await? {
        Claim::Replayed(answer) => return answer,
        Claim::Fresh(claimed) => claimed,
    };
    let tx = claimed.transaction();
    let outcome = found(loyalty, tx, owner_id, display_name).await;
    loyalty.finish(claimed, outcome).await
}

async fn found(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    owner_id: Uuid,
    display_name: String,
) -> Result<contract::Household, AppError> {
    let mut books = Books::open(loyalty, tx, &[Need::of(owner_id).all_live_lots()]).await?;
    let owner = books.member(owner_id)?;
    let program = &owner.program;
    let policy = policy(program)?;
    let household = Household {
        household_id: books.new_id(),
        program_id: program.program_id.to_string(),
        display_name,
        owner_id,
        wallet_ids: match policy.wallet_ids.as_slice() {
            [] => program
                .document
                .wallets()
                .map(|wallet| wallet.wallet_id)
                .collect(),
            named => named.to_vec(),
        },
        created_at: books.now(),
        dissolved_at: None,
        members: Vec::new(),
        invitations: Vec::new(),
    };
    let household_id = household.household_id;
    check(&books, &household, owner_id)?;
    store::insert(tx, &household).await?;
    store::join(tx, household_id, owner_id, books.now()).await?;
    bring(loyalty, tx, &mut books, &household, owner_id).await?;
    let (customer_id, told_id) = (owner_id.to_string(), household_id.to_string());
    let created = contract::HouseholdCreated {
        customer_id: customer_id.clone(),
        household_id: told_id.clone(),
    };
    books.announce(NewEvent::about(owner_id, Some(owner_id), &created));
    let joined = contract::HouseholdJoined {
        customer_id,
        household_id: told_id,
    };
    books.announce(NewEvent::about(owner_id, Some(owner_id), &joined));
    books.write(tx).await?;
    told(loyalty, tx, household_id).await
}
