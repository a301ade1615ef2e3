//! Imports.

pub(crate) mod errors;
mod row;

use jiff_sqlx::ToSqlx as _;
use sqlx::PgConnection;

use super::StoreError;
use crate::domain::ids::ImportId;
use crate::domain::imports::Import;
use row::{ColumnRow, ImportRow, encoding_name, style_names};

/// Adds one.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    import: &Import,
) -> Result<(), StoreError> {
    let plan = &import.plan;
    let (format, delimiter) = style_names(plan.style);
    sqlx::query!(
        "INSERT INTO imports (import_id, display_name, channel, format, encoding, delimiter, columns,
                              observe_time, size_bytes, max_failed_rows, dry_run, state, created_by,
                              create_time, update_time)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14)",
        import.id.0,
        plan.display_name,
        plan.channel,
        format,
        encoding_name(plan.encoding),
        delimiter,
        ColumnRow::all_of(&plan.columns) as _,
        plan.observe_time.to_sqlx() as _,
        plan.size_bytes,
        plan.max_failed,
        plan.dry_run,
        import.state.name(),
        import.created_by,
        import.create_time.to_sqlx() as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Reads one.
pub(crate) async fn get(
    connection: &mut PgConnection,
    id: ImportId,
) -> Result<Option<Import>, StoreError> {
    let row = sqlx::query_as!(
        ImportRow,
        r#"SELECT import_id, display_name, channel, format, encoding, delimiter,
                  columns AS "columns: _", observe_time, size_bytes, max_failed_rows, dry_run,
                  state, header AS "header: _", next_offset, next_line, created_count, updated_count,
                  unchanged_count, failed_count, undone_count, removed_count, created_by,
                  create_time, update_time
           FROM imports WHERE import_id = $1"#,
        id.0,
    )
    .fetch_optional(connection)
    .await?;
    row.map(ImportRow::into_domain).transpose()
}

/// Locks one and reads it.
pub(crate) async fn lock(
    connection: &mut PgConnection,
    id: ImportId,
) -> Result<Option<Import>, StoreError> {
    let row = sqlx::query_as!(
        ImportRow,
        r#"SELECT import_id, display_name, channel, format, encoding, delimiter,
                  columns AS "columns: _", observe_time, size_bytes, max_failed_rows, dry_run,
                  state, header AS "header: _", next_offset, next_line, created_count, updated_count,
                  unchanged_count, failed_count, undone_count, removed_count, created_by,
                  create_time, update_time
           FROM imports WHERE import_id = $1 FOR NO KEY UPDATE"#,
        id.0,
    )
    .fetch_optional(connection)
    .await?;
    row.map(ImportRow::into_domain).transpose()
}

/// Locks the oldest that is to be taken back and that nobody works on.
pub(crate) async fn lock_undoing(
    connection: &mut PgConnection,
) -> Result<Option<Import>, StoreError> {
    let row = sqlx::query_as!(
        ImportRow,
        r#"SELECT import_id, display_name, channel, format, encoding, delimiter,
                  columns AS "columns: _", observe_time, size_bytes, max_failed_rows, dry_run,
                  state, header AS "header: _", next_offset, next_line, created_count, updated_count,
                  unchanged_count, failed_count, undone_count, removed_count, created_by,
                  create_time, update_time
           FROM imports WHERE state = 'undoing'
           ORDER BY import_id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED"#,
    )
    .fetch_optional(connection)
    .await?;
    row.map(ImportRow::into_domain).transpose()
}

/// The newest `limit` that were created before one.
pub(crate) async fn list(
    connection: &mut PgConnection,
    before: ImportId,
    limit: i64,
) -> Result<Vec<Import>, StoreError> {
    let rows = sqlx::query_as!(
        ImportRow,
        r#"SELECT import_id, display_name, channel, format, encoding, delimiter,
                  columns AS "columns: _", observe_time, size_bytes, max_failed_rows, dry_run,
                  state, header AS "header: _", next_offset, next_line, created_count, updated_count,
                  unchanged_count, failed_count, undone_count, removed_count, created_by,
                  create_time, update_time
           FROM imports WHERE import_id < $1 ORDER BY import_id DESC LIMIT $2"#,
        before.0,
        limit,
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(ImportRow::into_domain).collect()
}

/// Writes how far one is that was locked.
pub(crate) async fn update(
    connection: &mut PgConnection,
    import: &Import,
) -> Result<(), StoreError> {
    let counts = &import.counts;
    sqlx::query!(
        "UPDATE imports SET
             state = $2, header = $3, next_offset = $4, next_line = $5, created_count = $6,
             updated_count = $7, unchanged_count = $8, failed_count = $9, undone_count = $10,
             removed_count = $11, update_time = $12
         WHERE import_id = $1",
        import.id.0,
        import.state.name(),
        import.header.as_ref().map(sqlx::types::Json) as _,
        import.next.offset,
        import.next.line,
        counts.created,
        counts.updated,
        counts.unchanged,
        counts.failed,
        counts.undone,
        counts.removed,
        import.update_time.to_sqlx() as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}
