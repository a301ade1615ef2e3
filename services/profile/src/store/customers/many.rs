//! Many customers at once.

use seal::Keyring;
use seal::store::forget;
use sqlx::PgConnection;
use uuid::Uuid;

use super::read;
use super::row::rows;
use crate::domain::customer::Customer;
use crate::domain::ids::CustomerId;
use crate::store::StoreError;

/// Of these ids, those under which nothing is kept but the row itself and what follows from it: what a rule gave does, and what
/// files said that are taken back is kept no longer, nor whom they joined.
pub(crate) async fn unused(
    connection: &mut PgConnection,
    ids: &[Uuid],
) -> Result<Vec<CustomerId>, StoreError> {
    let found = sqlx::query_scalar!(
        "SELECT customer_id FROM customers AS known
         WHERE customer_id = ANY ($1) AND absorbed = '{}'
           AND NOT EXISTS (SELECT FROM orders WHERE orders.customer_id = known.customer_id)
           AND NOT EXISTS (SELECT FROM returns WHERE returns.customer_id = known.customer_id)
           AND NOT EXISTS (SELECT FROM consent_statements AS said
                           WHERE said.customer_id = known.customer_id)
           AND NOT EXISTS (SELECT FROM contacts WHERE contacts.customer_id = known.customer_id)
           AND NOT EXISTS (SELECT FROM interactions AS did WHERE did.customer_id = known.customer_id)
           AND NOT EXISTS (SELECT FROM tag_changes AS tag
                           WHERE tag.customer_id = known.customer_id AND tag.source <> 'rule')
           AND NOT EXISTS (SELECT FROM attribute_changes AS told
                           LEFT JOIN imports USING (import_id)
                           WHERE told.customer_id = known.customer_id
                             AND (state IS NULL OR state NOT IN ('undoing', 'undone')))
           AND NOT EXISTS (SELECT FROM account_assignments AS kept
                           WHERE kept.customer_id = known.customer_id)
           AND NOT EXISTS (SELECT FROM health_answers AS answer
                           WHERE answer.customer_id = known.customer_id)
           AND NOT EXISTS (SELECT FROM health_cases AS complaint
                           WHERE complaint.customer_id = known.customer_id)
           AND NOT EXISTS (SELECT FROM legal_holds AS held WHERE held.customer_id = known.customer_id)
           AND NOT EXISTS (SELECT FROM links LEFT JOIN imports USING (import_id)
                           WHERE older = known.customer_id
                             AND (state IS NULL OR state NOT IN ('undoing', 'undone')))
           AND NOT EXISTS (SELECT FROM links LEFT JOIN imports USING (import_id)
                           WHERE newer = known.customer_id
                             AND (state IS NULL OR state NOT IN ('undoing', 'undone')))",
        ids,
    )
    .fetch_all(connection)
    .await?;
    Ok(found.into_iter().map(CustomerId).collect())
}

/// Removes customers of whom nothing else is kept, with what followed from their records.
pub(crate) async fn remove(connection: &mut PgConnection, ids: &[Uuid]) -> Result<(), StoreError> {
    erasure::erase_person(connection, ids).await?;
    // Nothing stands under their keys any more.
    forget(connection, ids).await?;
    Ok(())
}

/// The oldest `limit`, of one region or of all, that were created after one.
pub(crate) async fn after(
    connection: &mut PgConnection,
    keyring: &Keyring,
    region_code: Option<&str>,
    after: CustomerId,
    limit: i64,
) -> Result<Vec<Customer>, StoreError> {
    // Two statements, since one with `region_code = $1 OR $1 IS NULL` would use neither index.
    let rows = match region_code {
        None => {
            rows!(
                "WHERE customer_id > $1 AND profile_id >= customer_id
                     AND NOT EXISTS (SELECT FROM restrictions AS r WHERE r.lifted_at IS NULL
                         AND r.customer_id = ANY (absorbed || customers.customer_id))
                   ORDER BY customer_id LIMIT $2",
                after.0,
                limit,
            )
            .fetch_all(connection)
            .await?
        }
        Some(region_code) => {
            rows!(
                "WHERE region_code = $3 AND customer_id > $1 AND profile_id >= customer_id
                     AND NOT EXISTS (SELECT FROM restrictions AS r WHERE r.lifted_at IS NULL
                         AND r.customer_id = ANY (absorbed || customers.customer_id))
                   ORDER BY customer_id LIMIT $2",
                after.0,
                limit,
                region_code,
            )
            .fetch_all(connection)
            .await?
        }
    };
    read(rows, keyring)
}
