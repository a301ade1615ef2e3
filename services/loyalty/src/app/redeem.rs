//! Spending points.

use chassis::{Deadline, Refusal};
use contract::patron::loyalty::v1 as contract;
use events::NewEvent;
use idempotency::{Claim, Key};
use jiff::Timestamp;
use sqlx::{PgConnection, PgTransaction};
use tonic::{Response, Status};
use uuid::Uuid;

use super::{AppError, Loyalty};
use crate::domain::{self, Points, Redeemed, Redemption};
use crate::store::redemptions::{self, Spent};
use crate::store::{ledger, lots, members};
use crate::wire;

const METHOD: &str = "patron.loyalty.v1.MemberService/CreateRedemption";

/// What is to be spent.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    /// Whose points.
    pub(crate) customer_id: Uuid,
    /// How many.
    pub(crate) points: Points,
    /// What for.
    pub(crate) reference: String,
}

/// Spends points once for each request, however often it comes.
pub(crate) async fn create(
    loyalty: &Loyalty,
    caller: &str,
    request: contract::CreateRedemptionRequest,
    deadline: Deadline,
) -> Result<Response<contract::Redemption>, Status> {
    let order = wire::order(&request)?;
    let key = Key::new(caller, METHOD, &request.request_id)?;
    let turn = loyalty.gate.enter(order.customer_id, deadline).await;
    let _turn = turn.map_err(Refusal::from)?;

    let now = loyalty.now();
    match idempotency::claim(&loyalty.db, deadline, key, &request, now).await? {
        Claim::Replayed(answer) => answer,
        Claim::Fresh(mut claimed) => {
            let spent = spend(loyalty, claimed.transaction(), order, now).await;
            let outcome = spent.map(wire::redemption).map_err(Refusal::from);
            let answer = claimed.finish(outcome).await;
            loyalty.outbox.committed();
            answer
        }
    }
}

/// Tells what spending would do, and does nothing. It claims no key: there is no effect to have
/// once, and the same `request_id` can still be used for the real thing.
pub(crate) async fn try_out(
    loyalty: &Loyalty,
    order: Order,
    deadline: Deadline,
) -> Result<Spent, AppError> {
    let _turn = loyalty.gate.enter(order.customer_id, deadline).await?;
    let mut tx = loyalty.db.begin_with_deadline(deadline.remaining()).await?;
    let (_, spent) = decide(loyalty, &mut tx, order, None, loyalty.now()).await?;
    tx.rollback().await?;
    Ok(spent)
}

async fn spend(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    order: Order,
    now: Timestamp,
) -> Result<Spent, AppError> {
    let redemption_id = loyalty.clock.new_id();
    let (redeemed, spent) = decide(loyalty, tx, order, Some(redemption_id), now).await?;
    let customer_id = spent.customer_id;
    ledger::post(tx, customer_id, &redeemed.posting).await?;
    redemptions::insert(tx, redemption_id, redeemed.operation_id, &spent).await?;
    let event = wire::redeemed(redemption_id, &spent);
    loyalty
        .outbox
        .append(tx, NewEvent::about(customer_id, Some(customer_id), &event))
        .await?;
    Ok(spent)
}

/// Locks the member, then reads the lots that are needed, then decides.
async fn decide(
    loyalty: &Loyalty,
    db: &mut PgConnection,
    order: Order,
    redemption_id: Option<Uuid>,
    now: Timestamp,
) -> Result<(Redeemed, Spent), AppError> {
    let Order {
        customer_id,
        points,
        reference,
    } = order;
    let member = members::lock(db, customer_id, now)
        .await?
        .ok_or(AppError::MemberNotFound)?;
    let mut wallet = member.wallet;
    let lots = lots::spendable(db, customer_id, points, now).await?;
    wallet.lots = lots.into_iter().map(|lot| (lot.lot_id, lot)).collect();

    let redemption = Redemption {
        redemption_id: redemption_id.unwrap_or_default(),
        points,
    };
    let redeemed = loyalty.decide(now, |occasion| {
        domain::redeem(wallet, &member.program, redemption, occasion)
    })?;
    let spent = Spent {
        redemption_id,
        customer_id,
        points,
        reference,
        created_at: now,
        lots: redeemed.lots.clone(),
        available_after: redeemed.posting.wallet.balances.available,
    };
    Ok((redeemed, spent))
}
