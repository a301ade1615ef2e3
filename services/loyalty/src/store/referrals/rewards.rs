//! The rewards of those who brought others, which wait to be looked at.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::store::StoreError;

/// The members that brought somebody whose purchase has come or gone since, the longest waiting
/// first, each once.
pub(crate) async fn due(db: impl PgExecutor<'_>, limit: i64) -> Result<Vec<Uuid>, StoreError> {
    let due = sqlx::query_scalar!(
        r#"
        SELECT referrer_id FROM referrals WHERE due_since IS NOT NULL
        GROUP BY referrer_id
        ORDER BY min(due_since), referrer_id
        LIMIT $1
        "#,
        limit,
    );
    Ok(due.fetch_all(db).await?)
}

/// Those whom a member brought and whose purchase has come or gone since. The member must be
/// locked.
pub(crate) async fn due_of(
    db: &mut PgConnection,
    referrer_id: Uuid,
    limit: i64,
) -> Result<Vec<Uuid>, StoreError> {
    let due = sqlx::query_scalar!(
        r#"
        SELECT customer_id FROM referrals
        WHERE referrer_id = $1 AND due_since IS NOT NULL
        ORDER BY customer_id
        LIMIT $2
        "#,
        referrer_id,
        limit,
    );
    Ok(due.fetch_all(db).await?)
}

/// How many rewards a member has had for purchases from one instant until before another.
pub(crate) async fn given(
    db: &mut PgConnection,
    referrer_id: Uuid,
    from: Timestamp,
    until: Timestamp,
) -> Result<i64, StoreError> {
    let given = sqlx::query_scalar!(
        r#"
        SELECT count(*) AS "given!" FROM referrals
        WHERE referrer_id = $1 AND referrer = 2 AND ordered_at >= $2 AND ordered_at < $3
        "#,
        referrer_id,
        from.to_sqlx() as _,
        until.to_sqlx() as _,
    );
    Ok(given.fetch_one(db).await?)
}

/// After a reward was taken back: lets those that the limit had held back be looked at again, the
/// earliest first.
pub(crate) async fn move_up(
    db: &mut PgConnection,
    referrer_id: Uuid,
    now: Timestamp,
    limit: i64,
) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        UPDATE referrals SET due_since = $2
        WHERE customer_id IN (
            SELECT customer_id FROM referrals
            WHERE referrer_id = $1 AND referrer = 3 AND order_id IS NOT NULL AND refused IS NULL
                AND due_since IS NULL
            ORDER BY ordered_at, referral_id
            LIMIT $3
            -- One that somebody else is at work on becomes due by itself.
            FOR UPDATE SKIP LOCKED
        )
        "#,
        referrer_id,
        now.to_sqlx() as _,
        limit,
    )
    .execute(db)
    .await?;
    Ok(())
}
