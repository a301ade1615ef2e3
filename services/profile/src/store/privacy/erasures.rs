//! Erasures, and what services have answered.

use erasure::Removed;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use crate::domain::ids::CustomerId;
use crate::domain::privacy::erasure::{Erasure, ErasureId, Ground, Report};
use crate::store::{CorruptRow, StoreError};

struct ErasureRow {
    erasure_id: Uuid,
    customer_ids: Vec<Uuid>,
    ground: i16,
    requested_by: String,
    requested_at: jiff_sqlx::Timestamp,
    round: i32,
    counts_from: i32,
    asked_at: jiff_sqlx::Timestamp,
    completed_at: Option<jiff_sqlx::Timestamp>,
}

struct ReportRow {
    erasure_id: Uuid,
    service: String,
    round: i32,
    confirmed_at: jiff_sqlx::Timestamp,
    stores: Json<Vec<Removed>>,
}

/// Writes an erasure, new or changed; not what services have answered.
pub(crate) async fn put(
    connection: &mut PgConnection,
    erasure: &Erasure,
) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = erasure.customers.iter().map(|it| it.0).collect();
    sqlx::query!(
        "INSERT INTO erasures (erasure_id, customer_ids, ground, requested_by, requested_at, round,
             counts_from, asked_at, completed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (erasure_id) DO UPDATE SET
             customer_ids = excluded.customer_ids, round = excluded.round,
             counts_from = excluded.counts_from, asked_at = excluded.asked_at,
             completed_at = excluded.completed_at",
        erasure.id.0,
        &ids,
        erasure.ground.number(),
        erasure.requested_by,
        erasure.requested_at.to_sqlx(),
        erasure.round,
        erasure.counts_from,
        erasure.asked_at.to_sqlx(),
        erasure.completed_at.map(ToSqlx::to_sqlx) as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes what a service has answered, unless it has answered something later.
pub(crate) async fn put_report(
    connection: &mut PgConnection,
    erasure: ErasureId,
    report: &Report,
) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO erasure_reports AS known (erasure_id, service, round, confirmed_at, stores)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (erasure_id, service) DO UPDATE SET
             round = excluded.round, confirmed_at = excluded.confirmed_at, stores = excluded.stores
         WHERE known.round <= excluded.round",
        erasure.0,
        report.service,
        report.round,
        report.confirmed_at.to_sqlx(),
        Json(&report.stores) as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Reads one.
pub(crate) async fn get(
    connection: &mut PgConnection,
    id: ErasureId,
) -> Result<Option<Erasure>, StoreError> {
    let rows = sqlx::query_as!(
        ErasureRow,
        r#"SELECT erasure_id, customer_ids, ground, requested_by, requested_at, round, counts_from,
                  asked_at, completed_at AS "completed_at: _"
           FROM erasures WHERE erasure_id = $1"#,
        id.0,
    )
    .fetch_all(&mut *connection)
    .await?;
    Ok(with_reports(connection, rows).await?.pop())
}

/// Locks one and reads it.
pub(crate) async fn lock(
    connection: &mut PgConnection,
    id: ErasureId,
) -> Result<Option<Erasure>, StoreError> {
    sqlx::query!(
        "SELECT erasure_id FROM erasures WHERE erasure_id = $1 FOR UPDATE",
        id.0,
    )
    .fetch_optional(&mut *connection)
    .await?;
    get(connection, id).await
}

/// The newest `limit` before one; only those that are not complete, or all.
pub(crate) async fn list(
    connection: &mut PgConnection,
    pending_only: bool,
    before: ErasureId,
    limit: i64,
) -> Result<Vec<Erasure>, StoreError> {
    let rows = sqlx::query_as!(
        ErasureRow,
        r#"SELECT erasure_id, customer_ids, ground, requested_by, requested_at, round, counts_from,
                  asked_at, completed_at AS "completed_at: _"
           FROM erasures
           WHERE erasure_id < $1 AND (completed_at IS NULL OR NOT $2)
           ORDER BY erasure_id DESC LIMIT $3"#,
        before.0,
        pending_only,
        limit,
    )
    .fetch_all(&mut *connection)
    .await?;
    with_reports(connection, rows).await
}

/// One that was asked for before an instant, and that some service has still to confirm. Others who look
/// at the same moment get another.
pub(crate) async fn lock_overdue(
    connection: &mut PgConnection,
    before: Timestamp,
) -> Result<Option<Erasure>, StoreError> {
    let id = sqlx::query_scalar!(
        "SELECT erasure_id FROM erasures WHERE completed_at IS NULL AND asked_at < $1
         ORDER BY erasure_id LIMIT 1 FOR UPDATE SKIP LOCKED",
        before.to_sqlx(),
    )
    .fetch_optional(&mut *connection)
    .await?;
    match id {
        Some(id) => get(connection, ErasureId(id)).await,
        None => Ok(None),
    }
}

async fn with_reports(
    connection: &mut PgConnection,
    rows: Vec<ErasureRow>,
) -> Result<Vec<Erasure>, StoreError> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.erasure_id).collect();
    let reports = sqlx::query_as!(
        ReportRow,
        r#"SELECT erasure_id, service, round, confirmed_at, stores AS "stores: _"
           FROM erasure_reports WHERE erasure_id = ANY ($1) ORDER BY erasure_id, service"#,
        &ids,
    )
    .fetch_all(connection)
    .await?;
    let mut erasures = Vec::with_capacity(rows.len());
    for row in rows {
        let of = |report: &&ReportRow| report.erasure_id == row.erasure_id;
        let reports = reports.iter().filter(of).map(ReportRow::to_domain);
        erasures.push(row.to_domain(reports.collect())?);
    }
    Ok(erasures)
}

impl ErasureRow {
    fn to_domain(&self, reports: Vec<Report>) -> Result<Erasure, CorruptRow> {
        Ok(Erasure {
            id: ErasureId(self.erasure_id),
            customers: self.customer_ids.iter().copied().map(CustomerId).collect(),
            ground: Ground::numbered(self.ground).ok_or(CorruptRow {
                table: "erasures",
                column: "ground",
            })?,
            requested_by: self.requested_by.clone(),
            requested_at: self.requested_at.to_jiff(),
            round: self.round,
            counts_from: self.counts_from,
            asked_at: self.asked_at.to_jiff(),
            completed_at: self.completed_at.map(jiff_sqlx::Timestamp::to_jiff),
            reports,
        })
    }
}

impl ReportRow {
    fn to_domain(&self) -> Report {
        Report {
            service: self.service.clone(),
            round: self.round,
            confirmed_at: self.confirmed_at.to_jiff(),
            stores: self.stores.0.clone(),
        }
    }
}
