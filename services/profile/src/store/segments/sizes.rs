//! How many members segments have.

use std::collections::BTreeMap;

use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::segment::definition::SegmentId;
use crate::store::StoreError;

/// Rows of a segment that one fold replaces by their sum at most.
const MOST_FOLDED: i64 = 1_000;
/// Rows of a segment from which on they are folded.
const FOLD_FROM: i64 = 32;

/// Adds changes of sizes.
pub(crate) async fn add(
    connection: &mut PgConnection,
    changes: &BTreeMap<&SegmentId, i64>,
    mut new_id: impl FnMut() -> Uuid,
) -> Result<(), StoreError> {
    let segments: Vec<&str> = changes.keys().map(|id| id.0.as_str()).collect();
    let ids: Vec<Uuid> = changes.keys().map(|_| new_id()).collect();
    let members: Vec<i64> = changes.values().copied().collect();
    sqlx::query!(
        "INSERT INTO segment_size_changes (segment_id, change_id, members)
         SELECT * FROM unnest($1::text[], $2::uuid[], $3::bigint[])",
        &segments as &[&str],
        &ids,
        &members,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The size that is kept.
pub(crate) async fn kept(
    connection: &mut PgConnection,
    segment: &SegmentId,
) -> Result<i64, StoreError> {
    let size = sqlx::query_scalar!(
        r#"SELECT coalesce(sum(members), 0)::bigint AS "size!"
           FROM segment_size_changes WHERE segment_id = $1"#,
        segment.0,
    );
    Ok(size.fetch_one(connection).await?)
}

/// Counts the members.
pub(crate) async fn counted(
    connection: &mut PgConnection,
    segment: &SegmentId,
) -> Result<i64, StoreError> {
    let size = sqlx::query_scalar!(
        r#"SELECT count(*) AS "size!" FROM segment_members WHERE segment_id = $1"#,
        segment.0,
    );
    Ok(size.fetch_one(connection).await?)
}

/// Replaces the changes of a segment that has many of them by their sum; false when none has.
pub(crate) async fn fold(connection: &mut PgConnection, new_id: Uuid) -> Result<bool, StoreError> {
    let folded = sqlx::query!(
        "WITH many AS (
             SELECT segment_id FROM segment_size_changes
             GROUP BY segment_id HAVING count(*) >= $1 LIMIT 1
         ), locked AS (
             SELECT segment_id, change_id FROM segment_size_changes
             WHERE segment_id = (SELECT segment_id FROM many)
             ORDER BY change_id LIMIT $2 FOR UPDATE SKIP LOCKED
         ), gone AS (
             DELETE FROM segment_size_changes AS changes USING locked
             WHERE changes.segment_id = locked.segment_id AND changes.change_id = locked.change_id
             RETURNING changes.segment_id, changes.members
         )
         INSERT INTO segment_size_changes (segment_id, change_id, members)
         SELECT segment_id, $3, sum(members) FROM gone GROUP BY segment_id",
        FOLD_FROM,
        MOST_FOLDED,
        new_id,
    )
    .execute(connection)
    .await?;
    Ok(folded.rows_affected() > 0)
}
