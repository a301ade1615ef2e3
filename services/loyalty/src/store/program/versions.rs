use sqlx::PgExecutor;

use super::programs::instant;
use super::{Cancellation, Deed, Scheduling, Version};
use crate::store::StoreError;

/// One version, with its document.
pub(crate) async fn version(
    db: impl PgExecutor<'_>,
    program_id: &str,
    version: i64,
) -> Result<Option<Version>, StoreError> {
    let mut found = read(db, program_id, (version.checked_add(1), 1, true)).await?;
    Ok(found.pop().filter(|found| found.number == version))
}

/// Versions before a number, the latest first, without their documents.
pub(crate) async fn versions(
    db: impl PgExecutor<'_>,
    program_id: &str,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Version>, StoreError> {
    read(db, program_id, (before, limit, false)).await
}

/// Drafts and scheduled versions alike, from the highest number below a bound.
async fn read(
    db: impl PgExecutor<'_>,
    program_id: &str,
    (before, limit, with_document): (Option<i64>, i64, bool),
) -> Result<Vec<Version>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT version AS "version!", CASE WHEN $4 THEN document ELSE '' END AS "document!",
            description AS "description!", edits AS "edits!",
            created_at AS "created_at!", created_by AS "created_by!",
            updated_at AS "updated_at!", updated_by AS "updated_by!",
            active_from, scheduled_at, scheduled_by, reason, reverted,
            cancelled_at, cancelled_by, cancel_reason
        FROM (
            SELECT program_id, version, document, description, edits, created_at, created_by,
                updated_at, updated_by, NULL AS active_from, NULL AS scheduled_at,
                NULL AS scheduled_by, NULL AS reason, NULL AS reverted, NULL AS cancelled_at,
                NULL AS cancelled_by, NULL AS cancel_reason
            FROM program_drafts
            UNION ALL
            SELECT program_id, version, document, description, edits, created_at, created_by,
                updated_at, updated_by, active_from, scheduled_at, scheduled_by, d.reason, reverted,
                cancelled_at, cancelled_by, c.reason
            FROM program_documents d LEFT JOIN program_cancellations c USING (program_id, version)
        ) AS v
        WHERE program_id = $1 AND version < coalesce($2, 9223372036854775807)
        ORDER BY version DESC
        LIMIT $3
        "#,
        program_id,
        before,
        limit,
        with_document,
    )
    .fetch_all(db)
    .await?;
    let version = rows.into_iter().map(|row| {
        let scheduled = deed(instant(row.scheduled_at), row.scheduled_by);
        let cancelled = deed(instant(row.cancelled_at), row.cancelled_by);
        let cancellation = cancelled.map(|cancelled| Cancellation {
            cancelled,
            reason: row.cancel_reason.unwrap_or_default(),
        });
        let scheduling = scheduled
            .zip(instant(row.active_from))
            .map(|(scheduled, active_from)| Scheduling {
                active_from,
                scheduled,
                reason: row.reason.unwrap_or_default(),
                reverted: row.reverted,
                cancellation,
            });
        Version {
            program_id: program_id.to_owned(),
            number: row.version,
            document: row.document,
            description: row.description,
            edits: row.edits,
            created: Deed {
                at: row.created_at.to_jiff(),
                by: row.created_by,
            },
            updated: Deed {
                at: row.updated_at.to_jiff(),
                by: row.updated_by,
            },
            scheduling,
        }
    });
    Ok(version.collect())
}

fn deed(at: Option<jiff::Timestamp>, by: Option<String>) -> Option<Deed> {
    let (at, by) = at.zip(by)?;
    Some(Deed { at, by })
}
