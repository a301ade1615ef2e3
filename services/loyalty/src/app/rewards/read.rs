use sqlx::PgConnection;
use uuid::Uuid;

use super::RewardsError;
use crate::app::read::{Page, require_member};
use crate::app::{AppError, Loyalty};
use crate::domain::grants::CauseKind;
use crate::domain::rewards::RewardOrder;
use crate::store::{grants, reward_orders};

/// An order with what it handed out.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    /// The order.
    pub(crate) order: RewardOrder,
    /// What it handed out.
    pub(crate) grant_ids: Vec<Uuid>,
}

/// One order.
pub(crate) async fn one_order(
    loyalty: &Loyalty,
    customer_id: Uuid,
    order_id: Uuid,
) -> Result<Shown, AppError> {
    let mut db = loyalty.snapshot().await?;
    let order = reward_orders::find(&mut *db, customer_id, order_id).await?;
    let order = order.ok_or(RewardsError::OrderNotFound)?;
    let grant_ids = grant_ids(&mut db, &order).await?;
    Ok(Shown { order, grant_ids })
}

/// A page of a member's orders.
pub(crate) async fn order_page(
    loyalty: &Loyalty,
    customer_id: Uuid,
    before: Option<Uuid>,
    size: u16,
) -> Result<Page<Shown>, AppError> {
    let mut db = loyalty.snapshot().await?;
    let rows = reward_orders::page(&mut *db, customer_id, before, i64::from(size) + 1).await?;
    if rows.is_empty() {
        require_member(&mut *db, customer_id).await?;
    }
    let page = Page::cut(rows, size);
    let ids: Vec<String> = page
        .rows
        .iter()
        .map(|order| order.reward_order_id.to_string())
        .collect();
    let kind = CauseKind::RewardOrder;
    let given = grants::ids_of_cause(&mut *db, customer_id, kind, &ids).await?;
    let rows = page.rows.into_iter().zip(ids).map(|(order, id)| {
        let own = given.iter().filter(|(cause_id, _)| *cause_id == id);
        let grant_ids = own.map(|(_, grant_id)| *grant_id).collect();
        Shown { order, grant_ids }
    });
    Ok(Page {
        rows: rows.collect(),
        has_more: page.has_more,
    })
}

/// What an order handed out and was not taken back.
pub(super) async fn grant_ids(
    db: &mut PgConnection,
    order: &RewardOrder,
) -> Result<Vec<Uuid>, AppError> {
    let id = order.reward_order_id.to_string();
    let kind = CauseKind::RewardOrder;
    let given = grants::ids_of_cause(db, order.customer_id, kind, &[id]).await?;
    Ok(given.into_iter().map(|(_, grant_id)| grant_id).collect())
}
