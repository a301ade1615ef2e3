use std::time::Duration;

use contract::patron::loyalty::v1 as contract;
use events::NewEvent;
use idempotency::Claim;
use sqlx::PgTransaction;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use tonic::{Response, Status};
use uuid::Uuid;

use super::confirm::opened;
use super::{RewardsError, spend, stock};
use crate::app::books::Books;
use crate::app::set_aside::set_aside;
use crate::app::{AppError, Call, Loyalty};
use crate::domain::ledger::Points;
use crate::domain::rewards::{RewardOrder, RewardOrderState};
use crate::store::reward_orders;
use crate::wire;

const METHOD: &str = "patron.loyalty.v1.RewardService/CancelRewardOrder";
/// Orders that are looked at in one go.
const AT_A_TIME: i64 = 200;
/// The most that the end of one order may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Gives up an order that holds points, once for each request.
pub(crate) async fn cancel(
    loyalty: &Loyalty,
    call: &Call,
    request: contract::CancelRewardOrderRequest,
) -> Result<Response<contract::RewardOrder>, Status> {
    let customer_id = wire::id(&request.customer_id, "customer_id")?;
    let order_id = wire::id(&request.reward_order_id, "reward_order_id")?;
    let key = (METHOD, request.request_id.as_str());
    let mut claimed = match loyalty.claim(call, key, &request).await? {
        Claim::Replayed(answer) => return answer,
        Claim::Fresh(claimed) => claimed,
    };
    let tx = claimed.transaction();
    let outcome: Result<_, AppError> = async {
        let (books, order) = opened(loyalty, tx, customer_id, order_id).await?;
        order.check_held(books.now()).map_err(RewardsError::from)?;
        let state = RewardOrderState::Canceled;
        let (order, available_after) = end(tx, books, order, state).await?;
        Ok(wire::rewards::order(&order, Vec::new(), available_after))
    }
    .await;
    loyalty.finish(claimed, outcome).await
}

/// How often is looked for orders whose time is over. They can't be confirmed any more before that:
/// only their points and pieces wait for it.
const INTERVAL: Duration = Duration::from_secs(1);

/// Ends orders that were not confirmed in time, until it is told to stop.
pub(crate) async fn run(loyalty: Loyalty, stop: CancellationToken) {
    let mut interval = tokio::time::interval(INTERVAL);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while stop.run_until_cancelled(interval.tick()).await.is_some() {
        if let Err(error) = lapse_overdue(&loyalty).await {
            tracing::warn!(%error, "orders could not be ended; it is tried again");
        }
    }
}

async fn lapse_overdue(loyalty: &Loyalty) -> Result<(), AppError> {
    let overdue = reward_orders::overdue(loyalty.db.pool(), loyalty.now(), AT_A_TIME).await?;
    for (customer_id, order_id) in overdue {
        let lapsed = lapse(loyalty, customer_id, order_id).await;
        set_aside(lapsed, "the end of a reward's order", order_id)?;
    }
    Ok(())
}

async fn lapse(loyalty: &Loyalty, customer_id: Uuid, order_id: Uuid) -> Result<(), AppError> {
    let mut tx = loyalty.db.begin_with_deadline(PATIENCE).await?;
    let (books, order) = opened(loyalty, &mut tx, customer_id, order_id).await?;
    // Somebody else may have ended it since.
    if order.is_overdue(books.now()) {
        end(&mut tx, books, order, RewardOrderState::Lapsed).await?;
        tx.commit().await?;
        loyalty.outbox.committed();
    }
    Ok(())
}

/// Gives back points and stock; the limit is free again by the order's state.
async fn end(
    tx: &mut PgTransaction<'_>,
    mut books: Books,
    mut order: RewardOrder,
    state: RewardOrderState,
) -> Result<(RewardOrder, Points), AppError> {
    stock::give_back(tx, &order, order.price.quantity).await?;
    let available_after = spend::release(&mut books, &order)?;
    order.state = state;
    order.updated_at = books.now();
    reward_orders::update(tx, &order).await?;
    let event = wire::rewards::canceled_event(&order);
    let customer_id: Uuid = order.customer_id;
    books.announce(NewEvent::about(customer_id, Some(customer_id), &event));
    books.write(tx).await?;
    Ok((order, available_after))
}
