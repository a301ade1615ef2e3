//! What segments are defined as.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::PgConnection;

use crate::domain::segment::definition::{Definition, Segment, SegmentId, Version};
use crate::store::StoreError;

/// Serializes changes of definitions, which are few, so that no more are made than may be.
pub(crate) async fn lock(connection: &mut PgConnection) -> Result<(), StoreError> {
    // Any number will do that nobody else takes in this database.
    sqlx::query!("SELECT pg_advisory_xact_lock(736765673)")
        .execute(connection)
        .await?;
    Ok(())
}

/// Reads one.
pub(crate) async fn get(
    connection: &mut PgConnection,
    id: &SegmentId,
) -> Result<Option<Segment>, StoreError> {
    let row = sqlx::query_as!(
        SegmentRow,
        r#"SELECT segment_id, version, display_name, description, condition, archived,
               EXISTS (SELECT FROM segment_sweeps WHERE segment_sweeps.segment_id = segments.segment_id)
                   AS "evaluating!",
               create_time, update_time
           FROM segments WHERE segment_id = $1"#,
        id.0,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(SegmentRow::into_domain))
}

/// Reads those after one, in the order of their ids.
pub(crate) async fn list(
    connection: &mut PgConnection,
    (after, with_archived): (&str, bool),
    limit: i64,
) -> Result<Vec<Segment>, StoreError> {
    let rows = sqlx::query_as!(
        SegmentRow,
        r#"SELECT segment_id, version, display_name, description, condition, archived,
               EXISTS (SELECT FROM segment_sweeps WHERE segment_sweeps.segment_id = segments.segment_id)
                   AS "evaluating!",
               create_time, update_time
           FROM segments WHERE segment_id > $1 AND (NOT archived OR $2)
           ORDER BY segment_id LIMIT $3"#,
        after,
        with_archived,
        limit,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(SegmentRow::into_domain).collect())
}

/// The conditions of those in use, with the versions that they have.
pub(crate) async fn in_use(
    connection: &mut PgConnection,
) -> Result<Vec<(SegmentId, i64, String)>, StoreError> {
    let rows = sqlx::query!(
        "SELECT segment_id, version, condition FROM segments WHERE NOT archived ORDER BY segment_id",
    )
    .fetch_all(connection)
    .await?;
    let rows = rows.into_iter();
    Ok(rows
        .map(|row| (SegmentId(row.segment_id), row.version, row.condition))
        .collect())
}

/// How many are in use.
pub(crate) async fn count(connection: &mut PgConnection) -> Result<i64, StoreError> {
    let count =
        sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM segments WHERE NOT archived"#);
    Ok(count.fetch_one(connection).await?)
}

/// Writes a segment, new or changed, and its version if that is new.
pub(crate) async fn put(
    connection: &mut PgConnection,
    segment: &Segment,
    actor: &str,
) -> Result<(), StoreError> {
    let definition = &segment.definition;
    sqlx::query!(
        "WITH version AS (
             INSERT INTO segment_versions
                 (segment_id, version, display_name, description, condition, actor, create_time)
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING
         )
         INSERT INTO segments (segment_id, version, display_name, description, condition, archived,
                               create_time, update_time)
         VALUES ($1, $2, $3, $4, $5, $8, $9, $7)
         ON CONFLICT (segment_id) DO UPDATE SET
             version = excluded.version, display_name = excluded.display_name,
             description = excluded.description, condition = excluded.condition,
             archived = excluded.archived, update_time = excluded.update_time",
        segment.id.0,
        segment.version,
        definition.display_name,
        definition.description,
        definition.condition,
        actor,
        segment.update_time.to_sqlx(),
        segment.archived,
        segment.create_time.to_sqlx(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The versions of a segment before one, the latest first.
pub(crate) async fn versions(
    connection: &mut PgConnection,
    id: &SegmentId,
    before: i64,
    limit: i64,
) -> Result<Vec<Version>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT version, display_name, description, condition, actor, create_time
           FROM segment_versions WHERE segment_id = $1 AND version < $2
           ORDER BY version DESC LIMIT $3"#,
        id.0,
        before,
        limit,
    )
    .fetch_all(connection)
    .await?;
    let versions = rows.into_iter().map(|row| Version {
        version: row.version,
        definition: Definition {
            display_name: row.display_name,
            description: row.description,
            condition: row.condition,
        },
        actor: row.actor,
        create_time: row.create_time.to_jiff(),
    });
    Ok(versions.collect())
}

struct SegmentRow {
    segment_id: String,
    version: i64,
    display_name: String,
    description: String,
    condition: String,
    archived: bool,
    evaluating: bool,
    create_time: Timestamp,
    update_time: Timestamp,
}

impl SegmentRow {
    fn into_domain(self) -> Segment {
        Segment {
            id: SegmentId(self.segment_id),
            version: self.version,
            definition: Definition {
                display_name: self.display_name,
                description: self.description,
                condition: self.condition,
            },
            archived: self.archived,
            evaluating: self.evaluating,
            create_time: self.create_time,
            update_time: self.update_time,
        }
    }
}
