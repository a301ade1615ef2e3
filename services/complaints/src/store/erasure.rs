//! What is kept of people, for erasures.

use postgres::DatabaseError;
use sqlx::PgConnection;
use uuid::Uuid;

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
