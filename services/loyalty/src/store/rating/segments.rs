//! Who belongs to which segment, as the profile service announces it.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::domain::program::SegmentId;
use crate::store::StoreError;

/// The segments of members, each with the instant since when.
pub(crate) async fn of_members(
    db: impl PgExecutor<'_>,
    customer_ids: &[Uuid],
) -> Result<HashMap<Uuid, Vec<(SegmentId, Timestamp)>>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT customer_id, segment_id, since FROM member_segments
        WHERE customer_id = ANY ($1)
        ORDER BY customer_id, segment_id
        "#,
        customer_ids,
    )
    .fetch_all(db)
    .await?;
    let mut segments: HashMap<Uuid, Vec<_>> = HashMap::new();
    for row in rows {
        let of_member = segments.entry(row.customer_id).or_default();
        of_member.push((SegmentId::new(&row.segment_id), row.since.to_jiff()));
    }
    Ok(segments)
}

/// A customer belongs to a segment from now on.
pub(crate) async fn enter(
    db: &mut PgConnection,
    customer_id: Uuid,
    segment_id: &str,
    since: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        INSERT INTO member_segments (customer_id, segment_id, since) VALUES ($1, $2, $3)
        ON CONFLICT DO NOTHING
        "#,
        customer_id,
        segment_id,
        since.to_sqlx() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A customer belongs to a segment no longer.
pub(crate) async fn leave(
    db: &mut PgConnection,
    customer_id: Uuid,
    segment_id: &str,
) -> Result<(), StoreError> {
    sqlx::query!(
        "DELETE FROM member_segments WHERE customer_id = $1 AND segment_id = $2",
        customer_id,
        segment_id,
    )
    .execute(db)
    .await?;
    Ok(())
}
