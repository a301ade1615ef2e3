//! Who belongs to which segment.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::ids::CustomerId;
use crate::domain::segment::definition::SegmentId;
use crate::store::{StoreError, texts};

/// That a customer belongs to a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Membership {
    pub(crate) customer: CustomerId,
    pub(crate) segment: SegmentId,
    pub(crate) since: Timestamp,
}

/// What these customers belong to.
pub(crate) async fn of(
    connection: &mut PgConnection,
    customers: &[Uuid],
) -> Result<Vec<Membership>, StoreError> {
    let rows = sqlx::query_as!(
        MemberRow,
        r#"SELECT customer_id, segment_id, enter_time
           FROM segment_members WHERE customer_id = ANY ($1)"#,
        customers,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(MemberRow::into_domain).collect())
}

/// What a customer belongs to after one, in the order of the segments' ids.
pub(crate) async fn of_customer(
    connection: &mut PgConnection,
    customer: CustomerId,
    after: &str,
    limit: i64,
) -> Result<Vec<Membership>, StoreError> {
    let rows = sqlx::query_as!(
        MemberRow,
        r#"SELECT customer_id, segment_id, enter_time
           FROM segment_members WHERE customer_id = $1 AND segment_id > $2
           ORDER BY segment_id LIMIT $3"#,
        customer.0,
        after,
        limit,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(MemberRow::into_domain).collect())
}

/// The members of a segment after one, in the order of their ids.
pub(crate) async fn of_segment(
    connection: &mut PgConnection,
    segment: &SegmentId,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Membership>, StoreError> {
    let rows = sqlx::query_as!(
        MemberRow,
        r#"SELECT customer_id, segment_id, enter_time
           FROM segment_members WHERE segment_id = $1 AND customer_id > $2
           ORDER BY customer_id LIMIT $3"#,
        segment.0,
        after,
        limit,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(MemberRow::into_domain).collect())
}

/// Makes members.
pub(crate) async fn enter(
    connection: &mut PgConnection,
    entered: &[(CustomerId, SegmentId)],
    since: Timestamp,
) -> Result<(), StoreError> {
    let customers: Vec<Uuid> = entered.iter().map(|(customer, _)| customer.0).collect();
    sqlx::query!(
        "INSERT INTO segment_members (customer_id, segment_id, enter_time)
         SELECT *, $3::timestamptz FROM unnest($1::uuid[], $2::text[])",
        &customers,
        &texts(entered, |(_, segment)| &segment.0) as &[&str],
        since.to_sqlx(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Ends memberships.
pub(crate) async fn leave(
    connection: &mut PgConnection,
    left: &[(CustomerId, SegmentId)],
) -> Result<(), StoreError> {
    let customers: Vec<Uuid> = left.iter().map(|(customer, _)| customer.0).collect();
    sqlx::query!(
        "DELETE FROM segment_members USING unnest($1::uuid[], $2::text[]) AS gone (customer_id, segment_id)
         WHERE segment_members.customer_id = gone.customer_id
             AND segment_members.segment_id = gone.segment_id",
        &customers,
        &texts(left, |(_, segment)| &segment.0) as &[&str],
    )
    .execute(connection)
    .await?;
    Ok(())
}

struct MemberRow {
    customer_id: Uuid,
    segment_id: String,
    enter_time: Timestamp,
}

impl MemberRow {
    fn into_domain(self) -> Membership {
        Membership {
            customer: CustomerId(self.customer_id),
            segment: SegmentId(self.segment_id),
            since: self.enter_time,
        }
    }
}
