use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx as _;
use sqlx::PgExecutor;
use uuid::Uuid;

use crate::store::StoreError;

/// Notes that the birthdays of customers have to be asked for.
pub(crate) async fn ask(
    db: impl PgExecutor<'_>,
    customer_ids: &[Uuid],
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        INSERT INTO birthday_queue (customer_id, due_at)
        SELECT DISTINCT customer_id, $2::timestamptz FROM unnest($1::uuid[]) AS customer_id
        ON CONFLICT (customer_id) DO UPDATE SET due_at = excluded.due_at, attempts = 0
        "#,
        customer_ids,
        now.to_sqlx() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Takes some of those that are due: they come up again later unless they are answered first, also
/// when whoever took them dies; after `retry`, and after twice as long each time, up to a day.
pub(crate) async fn take(
    db: impl PgExecutor<'_>,
    now: Timestamp,
    retry: SignedDuration,
    limit: i64,
) -> Result<Vec<(Uuid, i32)>, StoreError> {
    let rows = sqlx::query!(
        r#"
        UPDATE birthday_queue q SET
            due_at = $1::timestamptz
                + make_interval(secs => least($2::float8 * power(2, least(q.attempts, 16)), 86400)),
            attempts = q.attempts + 1
        FROM (
            SELECT customer_id FROM birthday_queue WHERE due_at <= $1
            ORDER BY due_at
            LIMIT $3
            FOR UPDATE SKIP LOCKED
        ) due
        WHERE q.customer_id = due.customer_id
        RETURNING q.customer_id, q.attempts
        "#,
        now.to_sqlx() as _,
        retry.as_secs_f64(),
        limit,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.customer_id, row.attempts))
        .collect())
}

/// Notes that somebody was answered. Who was asked for again meanwhile stays.
pub(crate) async fn answered(
    db: impl PgExecutor<'_>,
    customer_id: Uuid,
    attempts: i32,
) -> Result<(), StoreError> {
    sqlx::query!(
        "DELETE FROM birthday_queue WHERE customer_id = $1 AND attempts = $2",
        customer_id,
        attempts,
    )
    .execute(db)
    .await?;
    Ok(())
}
