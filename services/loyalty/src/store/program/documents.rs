use jiff_sqlx::ToSqlx as _;
use sqlx::PgExecutor;
use uuid::Uuid;

use super::{Cancellation, Scheduling, Version};
use crate::domain::program::{Schedule, Turn};
use crate::store::StoreError;

/// Writes a version that is to be in force.
pub(crate) async fn insert_document(
    db: impl PgExecutor<'_>,
    version: &Version,
    scheduling: &Scheduling,
) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        INSERT INTO program_documents (program_id, version, document, description, edits,
            created_at, created_by, updated_at, updated_by,
            active_from, scheduled_at, scheduled_by, reason, reverted)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        "#,
        version.program_id,
        version.number,
        version.document,
        version.description,
        version.edits,
        version.created.at.to_sqlx() as _,
        version.created.by,
        version.updated.at.to_sqlx() as _,
        version.updated.by,
        scheduling.active_from.to_sqlx() as _,
        scheduling.scheduled.at.to_sqlx() as _,
        scheduling.scheduled.by,
        scheduling.reason,
        scheduling.reverted,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Writes a program together with its first version, unless there is a program of that id. One
/// statement, so that whoever sees the program sees the version, also outside of a transaction.
pub(crate) async fn seed(
    db: impl PgExecutor<'_>,
    revision: Uuid,
    version: &Version,
    scheduling: &Scheduling,
) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        WITH program AS (
            INSERT INTO programs (program_id, revision, last_version, created_at, created_by)
            VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT DO NOTHING
            RETURNING *
        )
        INSERT INTO program_documents (program_id, version, document, description, edits,
            created_at, created_by, updated_at, updated_by,
            active_from, scheduled_at, scheduled_by, reason)
        SELECT program_id, last_version, $6, $7, 1, $4, $5, $4, $5, $8, $4, $5, $9 FROM program
        "#,
        version.program_id,
        revision,
        version.number,
        version.created.at.to_sqlx() as _,
        version.created.by,
        version.document,
        version.description,
        scheduling.active_from.to_sqlx() as _,
        scheduling.reason,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Writes that a version is not to be in force after all.
pub(crate) async fn cancel(
    db: impl PgExecutor<'_>,
    program_id: &str,
    version: i64,
    cancellation: &Cancellation,
) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        INSERT INTO program_cancellations (program_id, version, cancelled_at, cancelled_by, reason)
        VALUES ($1, $2, $3, $4, $5)
        "#,
        program_id,
        version,
        cancellation.cancelled.at.to_sqlx() as _,
        cancellation.cancelled.by,
        cancellation.reason,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Which version is in force when.
pub(crate) async fn schedule(
    db: impl PgExecutor<'_>,
    program_id: &str,
) -> Result<Schedule, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT version, active_from FROM program_documents d
        WHERE program_id = $1 AND NOT EXISTS (
            SELECT FROM program_cancellations c
            WHERE c.program_id = d.program_id AND c.version = d.version
        )
        "#,
        program_id,
    )
    .fetch_all(db)
    .await?;
    let turns = rows.into_iter().map(|row| Turn {
        active_from: row.active_from.to_jiff(),
        version: row.version,
    });
    Ok(Schedule::new(turns.collect()))
}

/// The encoded document of a version that is or was to be in force.
pub(crate) async fn document(
    db: impl PgExecutor<'_>,
    program_id: &str,
    version: i64,
) -> Result<Option<Vec<u8>>, StoreError> {
    let document = sqlx::query_scalar!(
        "SELECT document FROM program_documents WHERE program_id = $1 AND version = $2",
        program_id,
        version,
    );
    Ok(document.fetch_optional(db).await?)
}
