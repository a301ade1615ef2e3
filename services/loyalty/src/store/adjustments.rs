//! Corrections by hand.

use access::Reach;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use super::StoreError;
use super::numbers::Numbered as _;
use crate::domain::adjustments::{Correction, CorrectionState, Deciding};
use crate::domain::ledger::{Points, WalletId};

/// A correction as it is stored.
struct Row {
    customer_id: Uuid,
    adjustment_id: Uuid,
    wallet_id: String,
    points: i64,
    reason_code: String,
    reason: String,
    reference: String,
    created_by: String,
    created_at: jiff_sqlx::Timestamp,
    decide_until: Option<jiff_sqlx::Timestamp>,
    state: i16,
    decided_by: Option<String>,
    decided_at: Option<jiff_sqlx::Timestamp>,
    decision_reason: String,
    operation_id: Option<Uuid>,
}

impl TryFrom<Row> for Correction {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let reason = row.decision_reason;
        let decision = row.decided_at.map(|at| Deciding {
            by: row.decided_by.unwrap_or_default(),
            at: at.to_jiff(),
            reason,
        });
        Ok(Self {
            adjustment_id: row.adjustment_id,
            customer_id: row.customer_id,
            wallet_id: WalletId::parse(&row.wallet_id)?,
            points: Points::new(row.points),
            reason_code: row.reason_code,
            reason: row.reason,
            reference: row.reference,
            created_by: row.created_by,
            created_at: row.created_at.to_jiff(),
            decide_until: row.decide_until.map(jiff_sqlx::Timestamp::to_jiff),
            state: CorrectionState::named(row.state)?,
            decision,
            operation_id: row.operation_id,
        })
    }
}

/// Writes a correction.
pub(crate) async fn insert(db: &mut PgConnection, new: &Correction) -> Result<(), StoreError> {
    let decision = new.decision.as_ref();
    sqlx::query!(
        r#"
        INSERT INTO adjustments (customer_id, adjustment_id, wallet_id, points, reason_code, reason,
            reference, created_by, created_at, decide_until, state, decided_by, decided_at,
            decision_reason, operation_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
        "#,
        new.customer_id,
        new.adjustment_id,
        new.wallet_id.as_str(),
        new.points.get(),
        new.reason_code,
        new.reason,
        new.reference,
        new.created_by,
        new.created_at.to_sqlx() as _,
        new.decide_until.map(ToSqlx::to_sqlx) as _,
        new.state.number(),
        decision.map(|decision| decision.by.as_str()),
        decision.map(|decision| decision.at.to_sqlx()) as _,
        decision.map_or("", |decision| decision.reason.as_str()),
        new.operation_id,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Writes what was decided on a correction that waited; its member is locked by this transaction.
pub(crate) async fn decide(db: &mut PgConnection, decided: &Correction) -> Result<(), StoreError> {
    let decision = decided.decision.as_ref();
    let updated = sqlx::query!(
        r#"
        UPDATE adjustments
        SET state = $3, decided_by = $4, decided_at = $5, decision_reason = $6, operation_id = $7
        WHERE customer_id = $1 AND adjustment_id = $2 AND state = $8
        "#,
        decided.customer_id,
        decided.adjustment_id,
        decided.state.number(),
        decision.map(|decision| decision.by.as_str()),
        decision.map(|decision| decision.at.to_sqlx()) as _,
        decision.map_or("", |decision| decision.reason.as_str()),
        decided.operation_id,
        CorrectionState::Pending.number(),
    )
    .execute(db)
    .await?;
    if updated.rows_affected() == 1 {
        Ok(())
    } else {
        Err(StoreError::RowsMissing)
    }
}

/// One correction.
pub(crate) async fn find(
    db: impl PgExecutor<'_>,
    customer_id: Uuid,
    adjustment_id: Uuid,
) -> Result<Option<Correction>, StoreError> {
    let row = sqlx::query_as!(
        Row,
        "SELECT * FROM adjustments WHERE customer_id = $1 AND adjustment_id = $2",
        customer_id,
        adjustment_id,
    )
    .fetch_optional(db)
    .await?;
    row.map(Correction::try_from).transpose()
}

/// Corrections, of a member or of all, the latest first, before one of them.
pub(crate) async fn page(
    db: impl PgExecutor<'_>,
    customer_id: Option<Uuid>,
    pending_at: Option<Timestamp>,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Correction>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        SELECT * FROM adjustments
        WHERE ($1::uuid IS NULL OR customer_id = $1) AND adjustment_id < $2
            AND ($3::timestamptz IS NULL OR (state = 1 AND decide_until > $3))
        ORDER BY adjustment_id DESC
        LIMIT $4
        "#,
        customer_id,
        before.unwrap_or(Uuid::max()),
        pending_at.map(ToSqlx::to_sqlx) as _,
        limit,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Correction::try_from).collect()
}

/// The same of the members of some regions and brands, as far as that was heard.
pub(crate) async fn page_within(
    db: impl PgExecutor<'_>,
    reach: &Reach,
    pending_at: Option<Timestamp>,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Correction>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        SELECT adjustments.* FROM adjustments JOIN person_places USING (customer_id)
        WHERE ($1::text[] IS NULL OR region_code = ANY ($1))
            AND ($2::text[] IS NULL OR brand = ANY ($2)) AND adjustment_id < $3
            AND ($4::timestamptz IS NULL OR (state = 1 AND decide_until > $4))
        ORDER BY adjustment_id DESC
        LIMIT $5
        "#,
        reach.regions() as _,
        reach.brands() as _,
        before.unwrap_or(Uuid::max()),
        pending_at.map(ToSqlx::to_sqlx) as _,
        limit,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Correction::try_from).collect()
}

/// Corrections that nobody has decided on in time.
pub(crate) async fn overdue(
    db: impl PgExecutor<'_>,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<(Uuid, Uuid)>, StoreError> {
    let rows = sqlx::query!(
        "SELECT customer_id, adjustment_id FROM adjustments
         WHERE state = 1 AND decide_until <= $1 ORDER BY decide_until LIMIT $2",
        now.to_sqlx() as _,
        limit,
    )
    .fetch_all(db)
    .await?;
    let rows = rows.into_iter();
    Ok(rows
        .map(|row| (row.customer_id, row.adjustment_id))
        .collect())
}
