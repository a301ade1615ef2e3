//! Definitions by which not all customers have been looked at yet.

use jiff::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

use super::evaluations;
use crate::domain::ids::CustomerId;
use crate::domain::segment::definition::SegmentId;
use crate::store::StoreError;

/// Has everybody looked at by a definition that is new, from the beginning; or, when the segment is
/// over, all of its members.
pub(crate) async fn begin(
    connection: &mut PgConnection,
    segment: &SegmentId,
    leaving: bool,
) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO segment_sweeps (segment_id, after_id, leaving) VALUES ($1, $2, $3)
         ON CONFLICT (segment_id) DO UPDATE SET after_id = excluded.after_id, leaving = excluded.leaving",
        segment.0,
        Uuid::nil(),
        leaving,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Has everybody looked at anew by all segments in use, and by whatever else is decided of people.
pub(crate) async fn begin_all(connection: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO segment_sweeps (segment_id, after_id, leaving)
         SELECT segment_id, $1::uuid, false FROM segments WHERE NOT archived
         UNION ALL SELECT '*all', $1::uuid, false
         ON CONFLICT (segment_id) DO UPDATE SET after_id = excluded.after_id",
        Uuid::nil(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Sets the next ones due of the sweep that is behind all others; false when there is none. Others that
/// are as far behind go along, since whoever is decided on is so for all segments.
pub(crate) async fn advance(
    connection: &mut PgConnection,
    now: Timestamp,
    limit: i64,
) -> Result<bool, StoreError> {
    let sweeps = sqlx::query!(
        "SELECT segment_id, after_id, leaving FROM segment_sweeps
         ORDER BY after_id, segment_id FOR UPDATE SKIP LOCKED",
    )
    .fetch_all(&mut *connection)
    .await?;
    let Some(first) = sweeps.first() else {
        return Ok(false);
    };
    let (after, leaving) = (first.after_id, first.leaving);
    let same = sweeps
        .iter()
        .filter(|it| it.after_id == after && it.leaving == leaving);
    let together: Vec<String> = if leaving {
        vec![first.segment_id.clone()]
    } else {
        same.map(|it| it.segment_id.clone()).collect()
    };
    let next = if leaving {
        members_after(connection, &first.segment_id, after, limit).await?
    } else {
        people_after(connection, after, limit).await?
    };
    let Some(last) = next.last() else {
        end(connection, &together).await?;
        return Ok(true);
    };
    evaluations::mark(connection, &next, now).await?;
    sqlx::query!(
        "UPDATE segment_sweeps SET after_id = $2 WHERE segment_id = ANY ($1)",
        &together,
        last.0,
    )
    .execute(connection)
    .await?;
    Ok(true)
}

/// Those who have still to be looked at by what is new of a segment, at most so many.
pub(crate) async fn count_left(
    connection: &mut PgConnection,
    segment: &SegmentId,
    most: i64,
) -> Result<i64, StoreError> {
    let sweep = sqlx::query!(
        "SELECT after_id, leaving FROM segment_sweeps WHERE segment_id = $1",
        segment.0,
    );
    let Some(sweep) = sweep.fetch_optional(&mut *connection).await? else {
        return Ok(0);
    };
    let left = if sweep.leaving {
        sqlx::query_scalar!(
            r#"SELECT count(*) AS "count!" FROM (SELECT FROM segment_members
                   WHERE segment_id = $1 AND customer_id > $2 LIMIT $3) AS next"#,
            segment.0,
            sweep.after_id,
            most,
        )
        .fetch_one(connection)
        .await?
    } else {
        // With those who are somebody else's by now: at most so many.
        sqlx::query_scalar!(
            r#"SELECT count(*) AS "count!" FROM (SELECT FROM customers
                   WHERE customer_id > $1 ORDER BY customer_id LIMIT $2) AS next"#,
            sweep.after_id,
            most,
        )
        .fetch_one(connection)
        .await?
    };
    Ok(left)
}

async fn end(connection: &mut PgConnection, segments: &[String]) -> Result<(), StoreError> {
    sqlx::query!(
        "DELETE FROM segment_sweeps WHERE segment_id = ANY ($1)",
        segments,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The next of those who are people.
async fn people_after(
    connection: &mut PgConnection,
    after: Uuid,
    limit: i64,
) -> Result<Vec<CustomerId>, StoreError> {
    let ids = sqlx::query_scalar!(
        "SELECT customer_id FROM customers WHERE customer_id > $1 AND profile_id >= customer_id
         ORDER BY customer_id LIMIT $2",
        after,
        limit,
    )
    .fetch_all(connection)
    .await?;
    Ok(ids.into_iter().map(CustomerId).collect())
}

async fn members_after(
    connection: &mut PgConnection,
    segment: &str,
    after: Uuid,
    limit: i64,
) -> Result<Vec<CustomerId>, StoreError> {
    let ids = sqlx::query_scalar!(
        "SELECT customer_id FROM segment_members WHERE segment_id = $1 AND customer_id > $2
         ORDER BY customer_id LIMIT $3",
        segment,
        after,
        limit,
    )
    .fetch_all(connection)
    .await?;
    Ok(ids.into_iter().map(CustomerId).collect())
}
