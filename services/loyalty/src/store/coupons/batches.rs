//! Batches of coupons.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::store::StoreError;

/// Coupons that are issued together.
#[derive(Clone, Debug)]
pub(crate) struct CouponBatch {
    /// The batch.
    pub(crate) batch_id: Uuid,
    /// The program.
    pub(crate) program_id: String,
    /// The version whose template they follow.
    pub(crate) program_version: i64,
    /// The template.
    pub(crate) template_id: String,
    /// How many are to be issued.
    pub(crate) requested: i64,
    /// How many are.
    pub(crate) issued: i64,
    /// What for.
    pub(crate) reference: String,
    /// Who asked for them.
    pub(crate) created_by: String,
    /// When.
    pub(crate) created_at: Timestamp,
    /// When the last was issued.
    pub(crate) completed_at: Option<Timestamp>,
    /// When they were voided.
    pub(crate) voided_at: Option<Timestamp>,
}

struct BatchRow {
    batch_id: Uuid,
    program_id: String,
    program_version: i64,
    template_id: String,
    requested: i64,
    issued: i64,
    reference: String,
    created_by: String,
    created_at: jiff_sqlx::Timestamp,
    completed_at: Option<jiff_sqlx::Timestamp>,
    voided_at: Option<jiff_sqlx::Timestamp>,
}

impl From<BatchRow> for CouponBatch {
    fn from(row: BatchRow) -> Self {
        Self {
            batch_id: row.batch_id,
            program_id: row.program_id,
            program_version: row.program_version,
            template_id: row.template_id,
            requested: row.requested,
            issued: row.issued,
            reference: row.reference,
            created_by: row.created_by,
            created_at: row.created_at.to_jiff(),
            completed_at: row.completed_at.map(jiff_sqlx::Timestamp::to_jiff),
            voided_at: row.voided_at.map(jiff_sqlx::Timestamp::to_jiff),
        }
    }
}

/// The reads of batches: the columns, and which.
macro_rules! batches {
    ($which:literal $(, $value:expr)*) => {
        sqlx::query_as!(
            BatchRow,
            r#"
            SELECT batch_id, program_id, program_version, template_id, requested, issued, reference,
                created_by, created_at, completed_at, voided_at
            FROM coupon_batches
            "# + $which,
            $($value),*
        )
    };
}

/// Writes a new batch of which nothing is issued yet.
pub(crate) async fn insert(db: &mut PgConnection, batch: &CouponBatch) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        INSERT INTO coupon_batches (batch_id, program_id, program_version, template_id, requested,
            reference, created_by, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        "#,
        batch.batch_id,
        batch.program_id,
        batch.program_version,
        batch.template_id,
        batch.requested,
        batch.reference,
        batch.created_by,
        batch.created_at.to_sqlx(),
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Writes how far a batch is.
pub(crate) async fn update(db: &mut PgConnection, batch: &CouponBatch) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        UPDATE coupon_batches SET issued = $2, completed_at = $3, voided_at = $4
        WHERE batch_id = $1
        "#,
        batch.batch_id,
        batch.issued,
        batch.completed_at.map(jiff_sqlx::ToSqlx::to_sqlx) as _,
        batch.voided_at.map(jiff_sqlx::ToSqlx::to_sqlx) as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Reads a batch.
pub(crate) async fn find(
    db: impl PgExecutor<'_>,
    batch_id: Uuid,
) -> Result<Option<CouponBatch>, StoreError> {
    let row = batches!("WHERE batch_id = $1", batch_id)
        .fetch_optional(db)
        .await?;
    Ok(row.map(CouponBatch::from))
}

/// Locks a batch until the end of the transaction, and reads it.
pub(crate) async fn lock(
    db: &mut PgConnection,
    batch_id: Uuid,
) -> Result<Option<CouponBatch>, StoreError> {
    let row = batches!("WHERE batch_id = $1 FOR UPDATE", batch_id);
    Ok(row.fetch_optional(db).await?.map(CouponBatch::from))
}

/// Locks the oldest batch that is not complete and that no other replica is at work on.
pub(crate) async fn lock_next_open(
    db: &mut PgConnection,
) -> Result<Option<CouponBatch>, StoreError> {
    let row = batches!(
        "WHERE completed_at IS NULL AND voided_at IS NULL
            ORDER BY batch_id LIMIT 1 FOR UPDATE SKIP LOCKED"
    );
    Ok(row.fetch_optional(db).await?.map(CouponBatch::from))
}
