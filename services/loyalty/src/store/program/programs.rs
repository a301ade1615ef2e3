use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::PgExecutor;
use uuid::Uuid;

use super::Deed;
use crate::store::StoreError;

/// A program.
#[derive(Clone, Debug)]
pub(crate) struct ProgramRow {
    pub(crate) program_id: String,
    pub(crate) created: Deed,
}

/// A program that nobody else changes until the transaction ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Locked {
    /// Drafts that there are.
    pub(crate) drafts: i64,
}

/// What changes whenever the schedule changes; `None` when there is no such program.
pub(crate) async fn revision(
    db: impl PgExecutor<'_>,
    program_id: &str,
) -> Result<Option<Uuid>, StoreError> {
    let revision = sqlx::query_scalar!(
        "SELECT revision FROM programs WHERE program_id = $1",
        program_id
    );
    Ok(revision.fetch_optional(db).await?)
}

/// Makes the schedules that others keep in memory void.
pub(crate) async fn revise(
    db: impl PgExecutor<'_>,
    program_id: &str,
    revision: Uuid,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE programs SET revision = $2 WHERE program_id = $1",
        program_id,
        revision,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// How many programs there are.
pub(crate) async fn count(db: impl PgExecutor<'_>) -> Result<i64, StoreError> {
    let count = sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM programs"#);
    Ok(count.fetch_one(db).await?)
}

/// Writes a program whose first version is about to be written; false when there is one of that id.
pub(crate) async fn insert_program(
    db: impl PgExecutor<'_>,
    program_id: &str,
    revision: Uuid,
    created: &Deed,
) -> Result<bool, StoreError> {
    let written = sqlx::query!(
        r#"
        INSERT INTO programs (program_id, revision, last_version, created_at, created_by)
        VALUES ($1, $2, 1, $3, $4)
        ON CONFLICT DO NOTHING
        "#,
        program_id,
        revision,
        created.at.to_sqlx() as _,
        created.by,
    )
    .execute(db)
    .await?;
    Ok(written.rows_affected() == 1)
}

/// Locks a program.
pub(crate) async fn lock(
    db: &mut sqlx::PgConnection,
    program_id: &str,
) -> Result<Option<Locked>, StoreError> {
    let locked = sqlx::query_scalar!(
        "SELECT program_id FROM programs WHERE program_id = $1 FOR UPDATE",
        program_id
    )
    .fetch_optional(&mut *db)
    .await?;
    if locked.is_none() {
        return Ok(None);
    }
    // In a statement of its own: one that waits for a lock reads what was before.
    let drafts = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM program_drafts WHERE program_id = $1"#,
        program_id
    )
    .fetch_one(db)
    .await?;
    Ok(Some(Locked { drafts }))
}

/// The number of the next version.
pub(crate) async fn take_number(
    db: impl PgExecutor<'_>,
    program_id: &str,
) -> Result<i64, StoreError> {
    let number = sqlx::query_scalar!(
        r#"
        UPDATE programs SET last_version = last_version + 1 WHERE program_id = $1
        RETURNING last_version
        "#,
        program_id
    );
    Ok(number.fetch_one(db).await?)
}

/// A program.
pub(crate) async fn program(
    db: impl PgExecutor<'_>,
    program_id: &str,
) -> Result<Option<ProgramRow>, StoreError> {
    let row = sqlx::query!(
        "SELECT created_at, created_by FROM programs WHERE program_id = $1",
        program_id
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| ProgramRow {
        program_id: program_id.to_owned(),
        created: Deed {
            at: row.created_at.to_jiff(),
            by: row.created_by,
        },
    }))
}

/// Programs after an id, in the order of their ids.
pub(crate) async fn page(
    db: impl PgExecutor<'_>,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<ProgramRow>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT program_id, created_at, created_by FROM programs
        WHERE program_id > coalesce($1, '')
        ORDER BY program_id
        LIMIT $2
        "#,
        after,
        limit,
    )
    .fetch_all(db)
    .await?;
    let program = rows.into_iter().map(|row| ProgramRow {
        program_id: row.program_id,
        created: Deed {
            at: row.created_at.to_jiff(),
            by: row.created_by,
        },
    });
    Ok(program.collect())
}

/// An instant of a column that may be empty.
pub(super) fn instant(column: Option<jiff_sqlx::Timestamp>) -> Option<Timestamp> {
    column.map(jiff_sqlx::Timestamp::to_jiff)
}
