//! What is kept of people, for erasures.

use postgres::DatabaseError;
use sqlx::PgConnection;
use uuid::Uuid;

/// Ids of invitations and responses: answers about them name no customer.
pub(crate) async fn things_of(
    db: &mut PgConnection,
    ids: &[Uuid],
) -> Result<Vec<Uuid>, DatabaseError> {
    let things = sqlx::query_scalar!(
        r#"SELECT invitation_id AS "id!" FROM invitations WHERE customer_id = ANY ($1)
           UNION SELECT response_id FROM responses WHERE customer_id = ANY ($1)"#,
        ids,
    )
    .fetch_all(db)
    .await?;
    Ok(things)
}
