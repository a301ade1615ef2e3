use contract::patron::loyalty::v1 as contract;
use events::NewEvent;
use idempotency::Claim;
use sqlx::PgTransaction;
use tonic::{Response, Status};
use uuid::Uuid;

use super::join::check;
use super::{HouseholdsError, found, policy, told};
use crate::app::books::{Books, Need};
use crate::app::{AppError, Call, Loyalty};
use crate::store::households as store;
use crate::wire;

const METHOD: &str = "patron.loyalty.v1.HouseholdService/InviteMember";

/// Invites a member, once for each request.
pub(crate) async fn invite(
    loyalty: &Loyalty,
    call: &Call,
    request: contract::InviteMemberRequest,
) -> Result<Response<contract::Household>, Status> {
    let household_id = wire::id(&request.household_id, "household_id")?;
    let customer_id = wire::id(&request.customer_id, "customer_id")?;
    let inviter_id = wire::id(&request.inviter_customer_id, "inviter_customer_id")?;
    let key = (METHOD, request.request_id.as_str());
    let mut claimed = match loyalty.claim(call, key, &request).await? {
        Claim::Replayed(answer) => return answer,
        Claim::Fresh(claimed) => claimed,
    };
    let who = (household_id, customer_id, inviter_id);
    let outcome = ask(loyalty, claimed.transaction(), who).await;
    loyalty.finish(claimed, outcome).await
}

async fn ask(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    (household_id, customer_id, inviter_id): (Uuid, Uuid, Uuid),
) -> Result<contract::Household, AppError> {
    let needs = [Need::of(customer_id), Need::of_pool(household_id)];
    let mut books = Books::open(loyalty, tx, &needs).await?;
    let household = found(tx, household_id).await?;
    let policy = policy(&books.holder(household_id)?.program)?;
    let invitation = household.invite(customer_id, inviter_id, policy.maximum_members, books.now());
    let invitation = invitation.map_err(HouseholdsError::from)?;
    check(&books, &household, customer_id)?;
    store::invite(tx, household_id, &invitation).await?;
    let event = contract::HouseholdInvited {
        customer_id: customer_id.to_string(),
        household_id: household_id.to_string(),
        inviter_customer_id: inviter_id.to_string(),
    };
    books.announce(NewEvent::about(customer_id, Some(customer_id), &event));
    books.write(tx).await?;
    told(loyalty, tx, household_id).await
}
