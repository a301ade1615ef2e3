//! What is kept of people, removed.

use erasure::Removed;
use postgres::DatabaseError;
use sqlx::PgConnection;
use uuid::Uuid;

/// Removes it; `erase_person` says what that means, store by store.
pub(crate) async fn erase_person(
    db: &mut PgConnection,
    ids: &[Uuid],
) -> Result<Vec<Removed>, DatabaseError> {
    let rows = sqlx::query!(
        r#"SELECT store AS "store!", outcome AS "outcome!", erased AS "erased!" FROM erase_person($1)"#,
        ids,
    )
    .fetch_all(db)
    .await?;
    let removed = rows
        .into_iter()
        .map(|row| Removed::named(row.store, &row.outcome, row.erased));
    Ok(removed.collect())
}

/// Ids of what members have: answers about it may name no member.
pub(crate) async fn things_of(
    db: &mut PgConnection,
    ids: &[Uuid],
) -> Result<Vec<Uuid>, DatabaseError> {
    let things = sqlx::query_scalar!(
        r#"SELECT hold_id AS "id!" FROM holds WHERE holder_id = ANY ($1) OR customer_id = ANY ($1)
           UNION SELECT adjustment_id FROM adjustments WHERE customer_id = ANY ($1)
           UNION SELECT transfer_id FROM transfers WHERE customer_id = ANY ($1)
           UNION SELECT reward_order_id FROM reward_orders WHERE customer_id = ANY ($1)
           UNION SELECT coupon_id FROM coupons WHERE customer_id = ANY ($1)
           UNION SELECT reservation_id FROM coupon_reservations WHERE customer_id = ANY ($1)
           UNION SELECT gift_id FROM tier_gifts WHERE customer_id = ANY ($1)
           UNION SELECT benefit_use_id FROM benefit_uses WHERE customer_id = ANY ($1)
           UNION SELECT household_id FROM households WHERE owner_customer_id = ANY ($1)"#,
        ids,
    )
    .fetch_all(db)
    .await?;
    Ok(things)
}
