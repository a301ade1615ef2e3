//! Who is to be decided on, and when.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::ids::CustomerId;
use crate::store::StoreError;

/// Sets people due, since something about them changes in this transaction. To be called for whom the
/// ids lead to, after all rows of people are locked and before events are appended: whoever decides
/// holds these rows, and appends.
pub(crate) async fn mark(
    connection: &mut PgConnection,
    people: &[CustomerId],
    now: Timestamp,
) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = people.iter().map(|id| id.0).collect();
    // In ascending order, so that two who mark the same people do not wait for each other.
    sqlx::query!(
        "INSERT INTO segment_evaluations AS known (customer_id, due_time)
         SELECT DISTINCT id, $2::timestamptz FROM unnest($1::uuid[]) AS id ORDER BY id
         ON CONFLICT (customer_id) DO UPDATE SET due_time = least(known.due_time, excluded.due_time)",
        &ids,
        now.to_sqlx(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes some of those who are due, whom nobody else has: the longest due first.
pub(crate) async fn take(
    connection: &mut PgConnection,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<CustomerId>, StoreError> {
    let taken = sqlx::query_scalar!(
        "SELECT customer_id FROM segment_evaluations WHERE due_time <= $1
         ORDER BY due_time LIMIT $2 FOR UPDATE SKIP LOCKED",
        now.to_sqlx(),
        limit,
    )
    .fetch_all(connection)
    .await?;
    Ok(taken.into_iter().map(CustomerId).collect())
}

/// Takes one who is due, if nobody else has it.
pub(crate) async fn take_one(
    connection: &mut PgConnection,
    id: CustomerId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let taken = sqlx::query_scalar!(
        "SELECT customer_id FROM segment_evaluations WHERE customer_id = $1 AND due_time <= $2
         FOR UPDATE SKIP LOCKED",
        id.0,
        now.to_sqlx(),
    )
    .fetch_optional(connection)
    .await?;
    Ok(taken.is_some())
}

/// Writes when those who were taken are due next.
pub(crate) async fn settle(
    connection: &mut PgConnection,
    decided: &[(CustomerId, Option<Timestamp>)],
) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = decided.iter().map(|(id, _)| id.0).collect();
    let times = decided.iter().map(|(_, next)| next.map(ToSqlx::to_sqlx));
    let times: Vec<Option<jiff_sqlx::Timestamp>> = times.collect();
    sqlx::query!(
        "UPDATE segment_evaluations SET due_time = decided.due_time
         FROM unnest($1::uuid[], $2::timestamptz[]) AS decided (customer_id, due_time)
         WHERE segment_evaluations.customer_id = decided.customer_id",
        &ids,
        times as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// How many are due, up to `most`; those who are being decided on are among them.
pub(crate) async fn count_due(
    connection: &mut PgConnection,
    now: Timestamp,
    most: i64,
) -> Result<i64, StoreError> {
    let count = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM (
               SELECT FROM segment_evaluations WHERE due_time <= $1 LIMIT $2
           ) AS due"#,
        now.to_sqlx(),
        most,
    );
    Ok(count.fetch_one(connection).await?)
}
