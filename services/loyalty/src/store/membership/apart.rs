//! Memberships that can't follow the profiles of their customers for now.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::store::StoreError;

/// Notes that these were tried in vain.
pub(crate) async fn note(
    db: impl PgExecutor<'_>,
    customer_ids: &[Uuid],
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO memberships_apart (customer_id, since, tried_at)
         SELECT id, $2, $2 FROM unnest($1::uuid[]) AS id ORDER BY id
         ON CONFLICT (customer_id) DO UPDATE SET tried_at = excluded.tried_at",
        customer_ids,
        now.to_sqlx() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets those that have followed.
pub(crate) async fn settle(db: &mut PgConnection, customer_ids: &[Uuid]) -> Result<(), StoreError> {
    sqlx::query!(
        "DELETE FROM memberships_apart WHERE customer_id = ANY ($1)",
        customer_ids,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The first that were not tried since, the longest ago first.
pub(crate) async fn due(
    db: impl PgExecutor<'_>,
    before: Timestamp,
    limit: i64,
) -> Result<Vec<Uuid>, StoreError> {
    let due = sqlx::query_scalar!(
        "SELECT customer_id FROM memberships_apart WHERE tried_at <= $1
         ORDER BY tried_at, customer_id LIMIT $2",
        before.to_sqlx() as _,
        limit,
    );
    Ok(due.fetch_all(db).await?)
}

/// How many there are.
pub(crate) async fn count(db: impl PgExecutor<'_>) -> Result<i64, StoreError> {
    let count = sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM memberships_apart"#);
    Ok(count.fetch_one(db).await?)
}
