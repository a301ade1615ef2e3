use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::PgExecutor;

use crate::store::StoreError;

/// A version that has come into force and was not announced.
#[derive(Clone, Debug)]
pub(crate) struct Due {
    pub(crate) program_id: String,
    pub(crate) version: i64,
    pub(crate) active_from: Timestamp,
}

/// Versions that have come into force and were not announced, the earliest first.
pub(crate) async fn due(
    db: impl PgExecutor<'_>,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Due>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT program_id, version, active_from FROM program_documents d
        WHERE active_from <= $1
            AND NOT EXISTS (
                SELECT FROM program_cancellations c
                WHERE c.program_id = d.program_id AND c.version = d.version
            )
            AND NOT EXISTS (
                SELECT FROM program_announcements a
                WHERE a.program_id = d.program_id AND a.version = d.version
            )
        ORDER BY active_from, program_id
        LIMIT $2
        "#,
        now.to_sqlx() as _,
        limit,
    )
    .fetch_all(db)
    .await?;
    let due = rows.into_iter().map(|row| Due {
        program_id: row.program_id,
        version: row.version,
        active_from: row.active_from.to_jiff(),
    });
    Ok(due.collect())
}

/// Notes that a version is announced in this transaction; false when it was before.
pub(crate) async fn announced(
    db: impl PgExecutor<'_>,
    due: &Due,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let written = sqlx::query!(
        r#"
        INSERT INTO program_announcements (program_id, version, announced_at) VALUES ($1, $2, $3)
        ON CONFLICT DO NOTHING
        "#,
        due.program_id,
        due.version,
        now.to_sqlx() as _,
    )
    .execute(db)
    .await?;
    Ok(written.rows_affected() == 1)
}
