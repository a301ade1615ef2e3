//! The purchases of those who came, as the sales know them.

use std::collections::HashMap;

use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::Currency;
use crate::domain::referrals::BoughtOrder;
use crate::store::StoreError;

/// The most purchases of one member that are looked at, the earliest: the first that qualifies is
/// the one that counts.
const MOST: i64 = 1_000;

/// Purchases of members, the earliest of each first. The members must be locked.
pub(crate) async fn of_members(
    db: &mut PgConnection,
    customer_ids: &[Uuid],
) -> Result<HashMap<Uuid, Vec<BoughtOrder>>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT m.customer_id AS "customer_id!", s.order_id, s.ordered_at, s.currency_code,
            s.net_minor, NOT s.counts AS "wholly_returned!"
        FROM unnest($1::uuid[]) AS m (customer_id)
        CROSS JOIN LATERAL (
            SELECT * FROM sales WHERE sales.customer_id = m.customer_id
            ORDER BY ordered_at, order_id
            LIMIT $2
        ) s
        "#,
        customer_ids,
        MOST,
    )
    .fetch_all(db)
    .await?;
    let mut orders: HashMap<Uuid, Vec<BoughtOrder>> = HashMap::new();
    for row in rows {
        let counts = !row.wholly_returned;
        orders
            .entry(row.customer_id)
            .or_default()
            .push(BoughtOrder {
                order_id: row.order_id,
                ordered_at: row.ordered_at.to_jiff(),
                currency: Currency::parse(&row.currency_code)?,
                net_minor: if counts { row.net_minor } else { 0 },
                counts,
            });
    }
    Ok(orders)
}
