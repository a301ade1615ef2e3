//! Redemptions.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use super::StoreError;
use crate::domain::Points;

/// Points that were spent.
#[derive(Clone, Debug)]
pub(crate) struct Spent {
    /// The redemption; `None` when it was only tried out.
    pub(crate) redemption_id: Option<Uuid>,
    /// Whose points.
    pub(crate) customer_id: Uuid,
    /// How many.
    pub(crate) points: Points,
    /// What for.
    pub(crate) reference: String,
    /// When.
    pub(crate) created_at: Timestamp,
    /// What each lot gave, in the order in which they were used.
    pub(crate) lots: Vec<(Uuid, Points)>,
    /// Available points after it.
    pub(crate) available_after: Points,
}

/// Writes a redemption.
pub(crate) async fn insert(
    db: &mut PgConnection,
    redemption_id: Uuid,
    operation_id: Uuid,
    spent: &Spent,
) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        INSERT INTO redemptions
            (customer_id, redemption_id, operation_id, points, reference, created_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        "#,
        spent.customer_id,
        redemption_id,
        operation_id,
        spent.points.get(),
        spent.reference,
        spent.created_at.to_sqlx(),
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Reads a redemption; the lots come from its entries.
pub(crate) async fn find(
    db: impl PgExecutor<'_>,
    customer_id: Uuid,
    redemption_id: Uuid,
) -> Result<Option<Spent>, StoreError> {
    let row = sqlx::query!(
        r#"
        SELECT r.points, r.reference, r.created_at,
            array_agg(e.lot_id ORDER BY e.entry_number) AS "lot_ids!: Vec<Uuid>",
            array_agg(-e.amount ORDER BY e.entry_number) AS "amounts!: Vec<i64>",
            -- Each entry takes, so the last leaves the least.
            min(e.balance_after) AS "available_after!"
        FROM redemptions r
        JOIN entries e ON e.customer_id = r.customer_id AND e.operation_id = r.operation_id
            AND e.account = 1
        WHERE r.customer_id = $1 AND r.redemption_id = $2
        GROUP BY r.customer_id, r.redemption_id
        "#,
        customer_id,
        redemption_id,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Spent {
        redemption_id: Some(redemption_id),
        customer_id,
        points: Points::new(row.points),
        reference: row.reference,
        created_at: row.created_at.to_jiff(),
        lots: row
            .lot_ids
            .into_iter()
            .zip(row.amounts.into_iter().map(Points::new))
            .collect(),
        available_after: Points::new(row.available_after),
    }))
}
