//! Rows of imports that were refused.

use sqlx::PgConnection;

use crate::domain::ids::ImportId;
use crate::domain::imports::Fault;
use crate::store::{StoreError, texts};

/// A row that was refused, and why.
#[derive(Clone, Debug)]
pub(crate) struct FailedRow {
    /// Its number, from 1.
    pub(crate) row: i64,
    /// The line on which it begins.
    pub(crate) line: i64,
    pub(crate) fault: Fault,
}

/// Adds some.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    import: ImportId,
    failed: &[FailedRow],
) -> Result<(), StoreError> {
    let rows: Vec<i64> = failed.iter().map(|it| it.row).collect();
    let lines: Vec<i64> = failed.iter().map(|it| it.line).collect();
    sqlx::query!(
        "INSERT INTO import_errors (import_id, row_no, line_no, field, reason, message)
         SELECT $1, * FROM unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[])",
        import.0,
        &rows,
        &lines,
        &texts(failed, |it| &it.fault.field) as &[&str],
        &texts(failed, |it| &it.fault.reason) as &[&str],
        &texts(failed, |it| &it.fault.message) as &[&str],
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The first `limit` after a row.
pub(crate) async fn list(
    connection: &mut PgConnection,
    import: ImportId,
    after_row: i64,
    limit: i64,
) -> Result<Vec<FailedRow>, StoreError> {
    let rows = sqlx::query!(
        "SELECT row_no, line_no, field, reason, message FROM import_errors
         WHERE import_id = $1 AND row_no > $2 ORDER BY row_no LIMIT $3",
        import.0,
        after_row,
        limit,
    )
    .fetch_all(connection)
    .await?;
    let failed = rows.into_iter().map(|row| FailedRow {
        row: row.row_no,
        line: row.line_no,
        fault: Fault {
            field: row.field,
            reason: row.reason,
            message: row.message,
        },
    });
    Ok(failed.collect())
}
