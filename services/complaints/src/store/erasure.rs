//! What is kept of people, removed.

use erasure::Removed;
use postgres::DatabaseError;
use sqlx::PgConnection;
use uuid::Uuid;

/// Removes it; `erase_person` says what that means, store by store.
pub(crate) async fn erase_person(
    db: &mut PgConnection,
    ids: &[Uuid],
) -> Result<Vec<Removed>, DatabaseError> {
    let rows = sqlx::query!(
        r#"SELECT store AS "store!", outcome AS "outcome!", erased AS "erased!" FROM erase_person($1)"#,
        ids,
    )
    .fetch_all(db)
    .await?;
    let removed = rows
        .into_iter()
        .map(|row| Removed::named(row.store, &row.outcome, row.erased));
    Ok(removed.collect())
}

/// Ids of cases: answers about them may name no customer.
pub(crate) async fn things_of(
    db: &mut PgConnection,
    ids: &[Uuid],
) -> Result<Vec<Uuid>, DatabaseError> {
    let things = sqlx::query_scalar!(
        r#"SELECT case_id FROM cases WHERE customer_id = ANY ($1)"#,
        ids,
    )
    .fetch_all(db)
    .await?;
    Ok(things)
}
