use contract::patron::loyalty::v1 as contract;
use events::NewEvent;
use idempotency::Claim;
use sqlx::PgTransaction;
use tonic::{Response, Status};

use super::confirm::opened;
use super::order::cause;
use super::{RewardsError, read, spend, stock};
use crate::app::books::{Books, Need};
use crate::app::{AppError, Call, Loyalty, grants};
use crate::domain::ledger::LotShare;
use crate::domain::program::Grant;
use crate::domain::rewards::{RewardOrder, Subject};
use crate::store::ledger::operations;
use crate::store::reward_orders;
use crate::wire;

const METHOD: &str = "patron.loyalty.v1.RewardService/ReturnRewardOrder";

/// Takes back a part of an order, once for each request.
pub(crate) async fn return_part(
    loyalty: &Loyalty,
    call: &Call,
    request: contract::ReturnRewardOrderRequest,
) -> Result<Response<contract::RewardOrder>, Status> {
    let customer_id = wire::id(&request.customer_id, "customer_id")?;
    let order_id = wire::id(&request.reward_order_id, "reward_order_id")?;
    let part = wire::rewards::part(&request)?;
    let key = (METHOD, request.request_id.as_str());
    let mut claimed = match loyalty.claim(call, key, &request).await? {
        Claim::Replayed(answer) => return answer,
        Claim::Fresh(claimed) => claimed,
    };
    let tx = claimed.transaction();
    let outcome: Result<_, AppError> = async {
        let (mut books, order) = opened(loyalty, tx, customer_id, order_id).await?;
        let took = order.take_back(part).map_err(RewardsError::from)?;
        stock::give_back(tx, &order, took.quantity).await?;
        take_back_handed_out(loyalty, tx, &mut books, &order, took.back == took.whole).await?;
        let lots = spent_lots(loyalty, tx, &mut books, &order).await?;
        let (restored, available_after) = spend::give_back(&mut books, &order, lots, took)?;
        let now = books.now();
        let order = order.after(took, restored, now);
        reward_orders::update(tx, &order).await?;
        let event = wire::rewards::returned_event(&order, took, restored);
        books.announce(NewEvent::about(customer_id, Some(customer_id), &event));
        books.write(tx).await?;
        let grant_ids = read::grant_ids(tx, &order).await?;
        Ok(wire::rewards::order(&order, grant_ids, available_after))
    }
    .await;
    loyalty.finish(claimed, outcome).await
}

/// Coupons and tickets come back all together, and only while none of them was used: points would be
/// given back for what the member has had.
async fn take_back_handed_out(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    books: &mut Books,
    order: &RewardOrder,
    is_whole: bool,
) -> Result<(), AppError> {
    if !matches!(order.kind, Subject::Coupon | Subject::DrawTicket) {
        return Ok(());
    }
    if !is_whole {
        return Err(RewardsError::Part(crate::domain::rewards::PartError::Measure).into());
    }
    let now = books.now();
    let revoked = grants::revoke(loyalty, tx, books, order.customer_id, &cause(order), now).await?;
    let is_used = revoked
        .iter()
        .any(|given| given.kept > 0 && matches!(given.grant, Grant::Coupon(_)));
    if is_used {
        return Err(RewardsError::HandedOutUsed.into());
    }
    Ok(())
}

/// What each lot gave for an order, with the lots at hand.
async fn spent_lots(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    books: &mut Books,
    order: &RewardOrder,
) -> Result<Vec<LotShare>, AppError> {
    let redemption_id = order.redemption_id.ok_or(RewardsError::OrderNotFound)?;
    let found = operations::from(&mut **tx, order.customer_id, redemption_id, 1).await?;
    let is_its = |recorded: &operations::Recorded| recorded.operation_id == redemption_id;
    let recorded = found.into_iter().next().filter(is_its);
    let lots = recorded.ok_or(AppError::RedemptionNotFound)?.taken()?;
    let need = Need::of(order.customer_id).lots(lots.iter().map(|share| share.lot_id));
    books.reach(loyalty, tx, &[need]).await?;
    Ok(lots)
}
