//! Lots in the order of consumption.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use super::StoreError;
use crate::domain::{Lot, Points};

/// A lot as it is stored.
struct LotRow {
    lot_id: Uuid,
    operation_id: Uuid,
    reference: String,
    priority: i16,
    earned_at: jiff_sqlx::Timestamp,
    active_at: jiff_sqlx::Timestamp,
    expires_at: Option<jiff_sqlx::Timestamp>,
    original: i64,
    available: i64,
    pending: i64,
    held: i64,
}

impl From<LotRow> for Lot {
    fn from(row: LotRow) -> Self {
        Self {
            lot_id: row.lot_id,
            reference: row.reference,
            operation_id: row.operation_id,
            priority: row.priority,
            earned_at: row.earned_at.to_jiff(),
            active_at: row.active_at.to_jiff(),
            expires_at: row.expires_at.map(jiff_sqlx::Timestamp::to_jiff),
            original: Points::new(row.original),
            available: Points::new(row.available),
            pending: Points::new(row.pending),
            held: Points::new(row.held),
        }
    }
}

/// Where a page of lots ends: the place of its last lot in the order of consumption.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct After {
    priority: i16,
    expires_at: Option<Timestamp>,
    earned_at: Timestamp,
    lot_id: Uuid,
}

impl From<&Lot> for After {
    fn from(lot: &Lot) -> Self {
        let Lot {
            priority,
            expires_at,
            earned_at,
            lot_id,
            ..
        } = *lot;
        Self {
            priority,
            expires_at,
            earned_at,
            lot_id,
        }
    }
}

/// The first spendable lots of a member, as many as `wanted` points need; all when it has fewer.
pub(crate) async fn spendable(
    db: &mut PgConnection,
    customer_id: Uuid,
    wanted: Points,
    now: Timestamp,
) -> Result<Vec<Lot>, StoreError> {
    let rows = sqlx::query_as!(
        LotRow,
        r#"
        SELECT lot_id, operation_id, reference, priority, earned_at, active_at, expires_at,
            original, available, pending, held
        FROM (
            SELECT *, sum(available) OVER (
                ORDER BY priority, coalesce(expires_at, 'infinity'), earned_at, lot_id
                ROWS UNBOUNDED PRECEDING
            ) - available AS before
            FROM lots
            WHERE customer_id = $1 AND available + pending + held > 0 AND available > 0
                AND (expires_at IS NULL OR expires_at > $3)
        ) AS ordered
        WHERE before < $2::bigint
        "#,
        customer_id,
        wanted.get(),
        now.to_sqlx(),
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(Lot::from).collect())
}

/// One lot.
pub(crate) async fn find(
    db: &mut PgConnection,
    customer_id: Uuid,
    lot_id: Uuid,
) -> Result<Option<Lot>, StoreError> {
    let row = sqlx::query_as!(
        LotRow,
        r#"
        SELECT lot_id, operation_id, reference, priority, earned_at, active_at, expires_at,
            original, available, pending, held
        FROM lots
        WHERE customer_id = $1 AND lot_id = $2
        "#,
        customer_id,
        lot_id,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(Lot::from))
}

/// Lots that still hold points, in the order of consumption.
pub(crate) async fn page(
    db: impl PgExecutor<'_>,
    customer_id: Uuid,
    after: Option<&After>,
    limit: i64,
) -> Result<Vec<Lot>, StoreError> {
    let rows = sqlx::query_as!(
        LotRow,
        r#"
        SELECT lot_id, operation_id, reference, priority, earned_at, active_at, expires_at,
            original, available, pending, held
        FROM lots
        WHERE customer_id = $1 AND available + pending + held > 0
            AND ($2::smallint IS NULL
                OR (priority, coalesce(expires_at, 'infinity'), earned_at, lot_id)
                    > ($2, coalesce($3::timestamptz, 'infinity'), $4::timestamptz, $5::uuid))
        ORDER BY priority, coalesce(expires_at, 'infinity'), earned_at, lot_id
        LIMIT $6
        "#,
        customer_id,
        after.map(|after| after.priority),
        after
            .and_then(|after| after.expires_at)
            .map(ToSqlx::to_sqlx) as _,
        after.map(|after| after.earned_at.to_sqlx()) as _,
        after.map(|after| after.lot_id),
        limit,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(Lot::from).collect())
}

/// All lots of some members, with whose they are.
pub(super) async fn of_members(
    db: &mut PgConnection,
    customer_ids: &[Uuid],
) -> Result<Vec<(Uuid, Lot)>, StoreError> {
    let rows = sqlx::query!(
        "SELECT * FROM lots WHERE customer_id = ANY($1)",
        customer_ids
    )
    .fetch_all(db)
    .await?;
    let owned = rows.into_iter().map(|row| {
        let lot = LotRow {
            lot_id: row.lot_id,
            operation_id: row.operation_id,
            reference: row.reference,
            priority: row.priority,
            earned_at: row.earned_at,
            active_at: row.active_at,
            expires_at: row.expires_at,
            original: row.original,
            available: row.available,
            pending: row.pending,
            held: row.held,
        };
        (row.customer_id, Lot::from(lot))
    });
    Ok(owned.collect())
}
