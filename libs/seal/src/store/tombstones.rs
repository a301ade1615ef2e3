use std::collections::HashSet;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use postgres::DatabaseError;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

/// That a customer was erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tombstone {
    /// Who.
    pub customer_id: Uuid,
    /// By which erasure.
    pub erasure_id: Uuid,
    /// When.
    pub erased_at: Timestamp,
}

/// Destroys the keys of customers for good, also of those who never had one; answers how many had one.
/// Whom an earlier erasure has buried stays so. Called once more, after a restore, it buries them again.
///
/// # Errors
/// When the database could not be asked.
pub async fn bury(db: &mut PgConnection, dead: &[Tombstone]) -> Result<u64, DatabaseError> {
    // Sorted, so that two who bury the same people never wait for each other.
    let mut dead = dead.to_vec();
    dead.sort_by_key(|tombstone| tombstone.customer_id);
    dead.dedup_by_key(|tombstone| tombstone.customer_id);
    let ids: Vec<Uuid> = dead.iter().map(|it| it.customer_id).collect();
    let erasures: Vec<Uuid> = dead.iter().map(|it| it.erasure_id).collect();
    let instants: Vec<_> = dead.iter().map(|it| it.erased_at.to_sqlx()).collect();
    let had = sqlx::query_scalar!(
        r#"WITH dead AS (
               SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[])
                   AS dead (customer_id, erasure_id, erased_at)
           ), had AS (
               SELECT count(*) AS live FROM subject_keys
               WHERE customer_id = ANY ($1) AND wrapped IS NOT NULL
           ), buried AS (
               INSERT INTO subject_keys AS known (customer_id, created_at, erased_at, erasure_id)
               SELECT customer_id, erased_at, erased_at, erasure_id FROM dead ORDER BY customer_id
               ON CONFLICT (customer_id) DO UPDATE SET
                   master_id = NULL, wrapped = NULL, erased_at = excluded.erased_at,
                   erasure_id = excluded.erasure_id
               WHERE known.erased_at IS NULL
           )
           SELECT live AS "live!" FROM had"#,
        &ids,
        &erasures,
        &instants as &[jiff_sqlx::Timestamp],
    )
    .fetch_one(db)
    .await?;
    Ok(had.unsigned_abs())
}

/// Which of these are erased.
///
/// # Errors
/// When the database could not be asked.
pub async fn dead_among(
    db: impl PgExecutor<'_>,
    ids: &[Uuid],
) -> Result<HashSet<Uuid>, DatabaseError> {
    let dead = sqlx::query_scalar!(
        "SELECT customer_id FROM subject_keys
         WHERE customer_id = ANY ($1) AND erased_at IS NOT NULL",
        ids,
    )
    .fetch_all(db)
    .await?;
    Ok(dead.into_iter().collect())
}

/// At most `limit` tombstones, by customer, after one: what to keep beside backups, and to [`bury`] again
/// in a database that was restored from one.
///
/// # Errors
/// When the database could not be asked.
pub async fn tombstones(
    db: impl PgExecutor<'_>,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Tombstone>, DatabaseError> {
    let rows = sqlx::query!(
        r#"SELECT customer_id, erased_at AS "erased_at!: jiff_sqlx::Timestamp",
                  erasure_id AS "erasure_id!"
           FROM subject_keys WHERE erased_at IS NOT NULL AND customer_id > $1
           ORDER BY customer_id LIMIT $2"#,
        after,
        limit,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Tombstone {
            customer_id: row.customer_id,
            erasure_id: row.erasure_id,
            erased_at: row.erased_at.to_jiff(),
        })
        .collect())
}
