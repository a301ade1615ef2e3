//! What is kept of people, for erasures.

use postgres::DatabaseError;
use sqlx::PgConnection;
use uuid::Uuid;

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
