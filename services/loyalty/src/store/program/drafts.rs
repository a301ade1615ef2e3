use jiff_sqlx::ToSqlx as _;
use sqlx::PgExecutor;

use super::{Deed, Version};
use crate::store::StoreError;

/// Writes a new draft.
pub(crate) async fn insert_draft(
    db: impl PgExecutor<'_>,
    draft: &Version,
) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        INSERT INTO program_drafts (program_id, version, document, description, edits,
            created_at, created_by, updated_at, updated_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        "#,
        draft.program_id,
        draft.number,
        draft.document,
        draft.description,
        draft.edits,
        draft.created.at.to_sqlx() as _,
        draft.created.by,
        draft.updated.at.to_sqlx() as _,
        draft.updated.by,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Writes what has changed of a draft.
pub(crate) async fn update_draft(
    db: impl PgExecutor<'_>,
    draft: &Version,
) -> Result<(), StoreError> {
    let Deed { at, by } = &draft.updated;
    sqlx::query!(
        r#"
        UPDATE program_drafts
        SET document = $3, description = $4, edits = $5, updated_at = $6, updated_by = $7
        WHERE program_id = $1 AND version = $2
        "#,
        draft.program_id,
        draft.number,
        draft.document,
        draft.description,
        draft.edits,
        at.to_sqlx() as _,
        by,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Takes a draft away.
pub(crate) async fn delete_draft(
    db: impl PgExecutor<'_>,
    program_id: &str,
    version: i64,
) -> Result<(), StoreError> {
    sqlx::query!(
        "DELETE FROM program_drafts WHERE program_id = $1 AND version = $2",
        program_id,
        version,
    )
    .execute(db)
    .await?;
    Ok(())
}
