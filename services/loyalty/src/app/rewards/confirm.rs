use contract::patron::loyalty::v1 as contract;
use events::NewEvent;
use idempotency::Claim;
use sqlx::PgTransaction;
use tonic::{Response, Status};
use uuid::Uuid;

use super::offers::find;
use super::order::hand_out;
use super::{RewardsError, read, spend};
use crate::app::books::{Books, Need};
use crate::app::{AppError, Call, Loyalty};
use crate::domain::rewards::RewardOrder;
use crate::store::reward_orders;
use crate::wire;

const METHOD: &str = "patron.loyalty.v1.RewardService/ConfirmRewardOrder";

/// Spends what an order holds, once for each request.
pub(crate) async fn confirm(
    loyalty: &Loyalty,
    call: &Call,
    request: contract::ConfirmRewardOrderRequest,
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
        let (mut books, mut order) = opened(loyalty, tx, customer_id, order_id).await?;
        order.check_held(books.now()).map_err(RewardsError::from)?;
        let available_after = spend::confirm(&mut books, &mut order)?;
        order.updated_at = books.now();
        let version = loyalty
            .programs
            .version(tx, &order.program_id, order.program_version);
        let program = version.await?;
        hand_out(
            loyalty,
            tx,
            &mut books,
            &order,
            find(&program, &order.reward_id)?,
        )
        .await?;
        reward_orders::update(tx, &order).await?;
        let event = wire::rewards::confirmed_event(&order);
        books.announce(NewEvent::about(customer_id, Some(customer_id), &event));
        books.write(tx).await?;
        let grant_ids = read::grant_ids(tx, &order).await?;
        Ok(wire::rewards::order(&order, grant_ids, available_after))
    }
    .await;
    loyalty.finish(claimed, outcome).await
}

/// Opens the books of a member, and then reads an order with what its points need.
pub(super) async fn opened(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    customer_id: Uuid,
    order_id: Uuid,
) -> Result<(Books, RewardOrder), AppError> {
    let mut books = Books::open(loyalty, tx, &[Need::of(customer_id)]).await?;
    books.holder(customer_id)?;
    let order = reward_orders::find(&mut **tx, customer_id, order_id).await?;
    let order = order.ok_or(RewardsError::OrderNotFound)?;
    if let Some(hold_id) = order.hold_id {
        books
            .reach(loyalty, tx, &[Need::of(customer_id).hold(hold_id)])
            .await?;
    }
    Ok((books, order))
}
