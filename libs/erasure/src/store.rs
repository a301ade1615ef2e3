//! Tasks, what was announced, what was parked, and kept answers.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use postgres::DatabaseError;
use seal::store::{Tombstone, bury};
use sqlx::types::Json;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::removed::Removed;

/// Somebody who is to be erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The erasure.
    pub erasure_id: Uuid,
    /// All ids of the person.
    pub customer_ids: Vec<Uuid>,
    /// Which time of asking it is.
    pub round: i32,
    /// When.
    pub asked_at: Timestamp,
}

/// Removes what is kept of a person, store by store, as the service's schema says by its function
/// `erase_person`.
///
/// # Errors
/// When the database could not do it.
pub async fn erase_person(
    db: &mut PgConnection,
    ids: &[Uuid],
) -> Result<Vec<Removed>, DatabaseError> {
    // Not checked when it is compiled: each service has a function of its own, and this library none.
    let rows: Vec<(String, String, i64)> =
        sqlx::query_as("SELECT store, outcome, erased FROM erase_person($1)")
            .bind(ids)
            .fetch_all(db)
            .await?;
    let removed = rows.into_iter();
    Ok(removed
        .map(|(store, outcome, rows)| Removed::named(store, &outcome, rows))
        .collect())
}

/// Closes the door to a person, and notes what is to be removed. Asked for another time, all is looked
/// through again; an earlier time, or the same, changes nothing.
///
/// # Errors
/// When the database could not be asked.
pub async fn begin(db: &mut PgConnection, asked: &Asked) -> Result<(), DatabaseError> {
    let tombstone = |id: &Uuid| Tombstone {
        customer_id: *id,
        erasure_id: asked.erasure_id,
        erased_at: asked.asked_at,
    };
    let dead: Vec<_> = asked.customer_ids.iter().map(tombstone).collect();
    bury(db, &dead).await?;
    sqlx::query!(
        "INSERT INTO erasure_tasks AS known (erasure_id, round, customer_ids, asked_at)
         VALUES ($1, $2, $3, $4)
         ON CONFLICT (erasure_id) DO UPDATE SET
             round = excluded.round, customer_ids = excluded.customer_ids, ceiling = NULL,
             asked_at = excluded.asked_at, mentions = NULL, failures = 0, confirmed_at = NULL,
             scanned_to = '00000000-0000-0000-0000-000000000000'
         WHERE known.round < excluded.round",
        asked.erasure_id,
        asked.round,
        &asked.customer_ids,
        asked.asked_at.to_sqlx() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A task, as far as it came.
pub(crate) struct Task {
    pub(crate) erasure_id: Uuid,
    pub(crate) round: i32,
    pub(crate) customer_ids: Vec<Uuid>,
    pub(crate) has_ceiling: bool,
    pub(crate) mentions: Option<Vec<String>>,
    pub(crate) scanned_to: Uuid,
    pub(crate) removed: Json<Vec<Removed>>,
}

/// Locks a task that something can be done for now; those that have failed least come first.
pub(crate) async fn next(db: &mut PgConnection) -> Result<Option<Task>, DatabaseError> {
    let task = sqlx::query_as!(
        Task,
        r#"SELECT erasure_id, round, customer_ids, ceiling IS NOT NULL AS "has_ceiling!", mentions,
                  scanned_to, removed AS "removed: _"
           FROM erasure_tasks
           WHERE confirmed_at IS NULL
             AND (ceiling IS NULL OR ceiling <= pg_snapshot_xmin(pg_current_snapshot()))
           ORDER BY failures, asked_at LIMIT 1 FOR UPDATE SKIP LOCKED"#,
    )
    .fetch_optional(db)
    .await?;
    Ok(task)
}

/// Every transaction that had an id when the tombstones were committed has one below this one's.
pub(crate) async fn set_ceiling(db: &mut PgConnection, id: Uuid) -> Result<(), DatabaseError> {
    sqlx::query!(
        "UPDATE erasure_tasks SET ceiling = pg_current_xact_id() WHERE erasure_id = $1",
        id,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Notes that the rows are removed, and by what kept answers are to be looked for.
pub(crate) async fn note_removed(
    db: &mut PgConnection,
    id: Uuid,
    mentions: &[String],
    removed: Vec<Removed>,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "UPDATE erasure_tasks SET mentions = $2, removed = $3 WHERE erasure_id = $1",
        id,
        mentions,
        Json(removed) as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Notes how far the kept answers are looked through.
pub(crate) async fn note_scanned(
    db: &mut PgConnection,
    id: Uuid,
    scanned_to: Uuid,
    removed: Vec<Removed>,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "UPDATE erasure_tasks SET scanned_to = $2, removed = $3 WHERE erasure_id = $1",
        id,
        scanned_to,
        Json(removed) as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Notes that all is removed. What answers were looked for by is needed no more.
pub(crate) async fn note_confirmed(
    db: &mut PgConnection,
    id: Uuid,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "UPDATE erasure_tasks SET confirmed_at = $2, mentions = '{}' WHERE erasure_id = $1",
        id,
        now.to_sqlx() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Notes that a task failed, so that others come before it.
pub(crate) async fn note_failed(db: impl PgExecutor<'_>, id: Uuid) -> Result<(), DatabaseError> {
    sqlx::query!(
        "UPDATE erasure_tasks SET failures = failures + 1 WHERE erasure_id = $1",
        id,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Empties what was announced about these customers.
pub(crate) async fn erase_announced(
    db: &mut PgConnection,
    ids: &[Uuid],
) -> Result<i64, DatabaseError> {
    let rows = sqlx::query_scalar!(r#"SELECT erase_announced($1) AS "rows!""#, ids)
        .fetch_one(db)
        .await?;
    Ok(rows)
}

/// Deletes the events about these customers that were put aside.
pub(crate) async fn delete_parked(
    db: &mut PgConnection,
    ids: &[Uuid],
) -> Result<i64, DatabaseError> {
    let done = sqlx::query!("DELETE FROM dead_letters WHERE parking_key = ANY ($1)", ids)
        .execute(db)
        .await?;
    Ok(i64::try_from(done.rows_affected()).unwrap_or(i64::MAX))
}

/// The last of the next `limit` request ids after one; `None` when there are no more.
pub(crate) async fn next_answers(
    db: &mut PgConnection,
    after: Uuid,
    limit: i64,
) -> Result<Option<Uuid>, DatabaseError> {
    let last = sqlx::query_scalar!(
        "SELECT request_id FROM (
             SELECT request_id FROM idempotency_keys WHERE request_id > $1
             ORDER BY request_id LIMIT $2) AS page
         ORDER BY request_id DESC LIMIT 1",
        after,
        limit,
    )
    .fetch_optional(db)
    .await?;
    Ok(last)
}

/// Puts a refusal in place of the kept answers, of these request ids, that name the person. The keys stay:
/// what was done is not done again. Answers about the erasures themselves tell nothing.
pub(crate) async fn replace_answers(
    db: &mut PgConnection,
    (after, last): (Uuid, Uuid),
    mentions: &[String],
    refusal: &[u8],
) -> Result<i64, DatabaseError> {
    let done = sqlx::query!(
        "UPDATE idempotency_keys SET reply = NULL, named = NULL, refusal = $4
         WHERE request_id > $1 AND request_id <= $2
           AND method NOT LIKE 'patron.profile.v1.PrivacyService/%Erasure'
           AND (named && $3::text[]::uuid[] OR EXISTS (
               SELECT FROM unnest($3::text[]) AS mention
               WHERE position(convert_to(mention, 'UTF8') IN coalesce(reply, refusal)) > 0))",
        after,
        last,
        mentions,
        refusal,
    )
    .execute(db)
    .await?;
    Ok(i64::try_from(done.rows_affected()).unwrap_or(i64::MAX))
}
