//! Writes what a batch has changed: one statement for each table.

use sqlx::PgConnection;

use crate::domain::book::Changes;
use crate::store::{StoreError, order_ids, orders, return_ids, returns, traits};

/// Writes everything but the events.
pub(super) async fn changes(
    connection: &mut PgConnection,
    changes: &Changes,
) -> Result<(), StoreError> {
    if !changes.order_ids.is_empty() {
        order_ids::claim(connection, &changes.order_ids).await?;
    }
    if !changes.new_orders.is_empty() {
        orders::insert(connection, &changes.new_orders).await?;
    }
    if !changes.changed_orders.is_empty() {
        orders::update_returned(connection, &changes.changed_orders).await?;
    }
    if !changes.new_returns.is_empty() {
        return_ids::claim(connection, &changes.new_returns).await?;
        returns::insert(connection, &changes.new_returns).await?;
    }
    if !changes.settled_returns.is_empty() {
        returns::update_fates(connection, &changes.settled_returns).await?;
        return_ids::follow(connection, &changes.settled_returns).await?;
    }
    if !changes.traits.is_empty() {
        traits::update(connection, &changes.traits).await?;
    }
    Ok(())
}
