//! What is old, and what runs have removed.
//!
//! Not checked when it is compiled: each service has functions of its own, and this library none.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use postgres::DatabaseError;
use sqlx::PgConnection;
use uuid::Uuid;

/// Records of one kind that are old.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Old {
    pub(crate) store: &'static str,
    pub(crate) cut_off: Timestamp,
    /// Nothing of theirs goes.
    pub(crate) held: Vec<Uuid>,
}

/// How much is old.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) removable: i64,
    pub(crate) held: i64,
}

/// Removes at most so many; answers how many.
pub(crate) async fn remove(
    db: &mut PgConnection,
    old: &Old,
    most: i32,
) -> Result<i64, DatabaseError> {
    let removed = sqlx::query_scalar("SELECT remove_old($1, $2, $3, $4)")
        .bind(old.store)
        .bind(old.cut_off.to_sqlx())
        .bind(&old.held)
        .bind(most)
        .fetch_one(db)
        .await?;
    Ok(removed)
}

/// Counts them.
pub(crate) async fn count(db: &mut PgConnection, old: &Old) -> Result<Counts, DatabaseError> {
    let (removable, held) =
        sqlx::query_as("SELECT removable, held_back FROM count_old($1, $2, $3)")
            .bind(old.store)
            .bind(old.cut_off.to_sqlx())
            .bind(&old.held)
            .fetch_one(db)
            .await?;
    Ok(Counts { removable, held })
}

/// Adds to what a run has removed; answers the sum. Whoever comes at the same time waits.
pub(crate) async fn add(
    db: &mut PgConnection,
    run_id: Uuid,
    store: &str,
    removed: i64,
) -> Result<i64, DatabaseError> {
    let sum = sqlx::query_scalar!(
        "INSERT INTO removals AS known (run_id, store, removed) VALUES ($1, $2, $3)
         ON CONFLICT (run_id) DO UPDATE SET removed = known.removed + excluded.removed
         RETURNING removed",
        run_id,
        store,
        removed,
    )
    .fetch_one(db)
    .await?;
    Ok(sum)
}
