//! Many customers at once.

use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::row::{CustomerRow, NewRow};
use crate::domain::customer::Customer;
use crate::domain::ids::CustomerId;
use crate::store::StoreError;

/// Writes customers that were locked and changed; who belongs to them has not.
pub(crate) async fn update_all<'a>(
    connection: &mut PgConnection,
    customers: impl Iterator<Item = &'a Customer>,
) -> Result<(), StoreError> {
    let rows: Vec<_> = customers.map(NewRow::of).collect();
    sqlx::query!(
        "UPDATE customers AS known SET
             identifiers = told.identifiers, display_name = told.display_name,
             family_name = told.family_name, given_name = told.given_name,
             birth_year = told.birth_year, birth_month = told.birth_month,
             birth_day = told.birth_day, gender = told.gender, occupation = told.occupation,
             income_band = told.income_band, region_code = told.region_code, brand = told.brand,
             language_code = told.language_code, time_zone = told.time_zone,
             postal_address = told.postal_address, contact_time = told.contact_time,
             version = told.version, update_time = told.update_time, origins = told.origins,
             match_keys = told.match_keys, search_keys = told.search_keys
         FROM jsonb_populate_recordset(NULL::customers, $1) AS told
         WHERE known.customer_id = told.customer_id",
        Json(rows) as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Of these, the ones of whom nothing is kept but the row itself and what follows from it: what a rule gave does.
pub(crate) async fn unused(
    connection: &mut PgConnection,
    ids: &[Uuid],
) -> Result<Vec<CustomerId>, StoreError> {
    let found = sqlx::query_scalar!(
        "SELECT customer_id FROM customers AS known
         WHERE customer_id = ANY ($1) AND profile_id = customer_id AND absorbed = '{}'
           AND NOT EXISTS (SELECT FROM orders WHERE orders.customer_id = known.customer_id)
           AND NOT EXISTS (SELECT FROM returns WHERE returns.customer_id = known.customer_id)
           AND NOT EXISTS (SELECT FROM consent_statements AS said
                           WHERE said.customer_id = known.customer_id)
           AND NOT EXISTS (SELECT FROM contacts WHERE contacts.customer_id = known.customer_id)
           AND NOT EXISTS (SELECT FROM interactions AS did WHERE did.customer_id = known.customer_id)
           AND NOT EXISTS (SELECT FROM tag_changes AS tag
                           WHERE tag.customer_id = known.customer_id AND tag.source <> 'rule')
           AND NOT EXISTS (SELECT FROM attribute_changes AS told
                           WHERE told.customer_id = known.customer_id)
           AND NOT EXISTS (SELECT FROM account_assignments AS kept
                           WHERE kept.customer_id = known.customer_id)
           AND NOT EXISTS (SELECT FROM legal_holds AS held WHERE held.customer_id = known.customer_id)
           AND NOT EXISTS (SELECT FROM links WHERE older = known.customer_id)
           AND NOT EXISTS (SELECT FROM links WHERE newer = known.customer_id)",
        ids,
    )
    .fetch_all(connection)
    .await?;
    Ok(found.into_iter().map(CustomerId).collect())
}

/// Removes customers of whom nothing else is kept, with what followed from their records.
pub(crate) async fn remove(connection: &mut PgConnection, ids: &[Uuid]) -> Result<(), StoreError> {
    erasure::erase_person(connection, ids).await?;
    Ok(())
}

/// The oldest `limit`, of one region or of all, that were created after one.
pub(crate) async fn after(
    connection: &mut PgConnection,
    region_code: Option<&str>,
    after: CustomerId,
    limit: i64,
) -> Result<Vec<Customer>, StoreError> {
    // Two statements, since one with `region_code = $1 OR $1 IS NULL` would use neither index.
    let rows = match region_code {
        None => {
            sqlx::query_as!(
                CustomerRow,
                r#"SELECT customer_id, profile_id, absorbed, revision, origins AS "origins: _",
                          identifiers AS "identifiers: _", display_name, family_name,
                          given_name, birth_year, birth_month, birth_day, gender, occupation,
                          income_band, region_code, brand, language_code, time_zone,
                          postal_address AS "postal_address: _", version,
                          create_time, update_time
                   FROM customers WHERE customer_id > $1 AND profile_id = customer_id
                     AND NOT EXISTS (SELECT FROM restrictions AS r WHERE r.lifted_at IS NULL
                         AND r.customer_id = ANY (absorbed || customers.customer_id))
                   ORDER BY customer_id LIMIT $2"#,
                after.0,
                limit,
            )
            .fetch_all(connection)
            .await?
        }
        Some(region_code) => {
            sqlx::query_as!(
                CustomerRow,
                r#"SELECT customer_id, profile_id, absorbed, revision, origins AS "origins: _",
                          identifiers AS "identifiers: _", display_name, family_name,
                          given_name, birth_year, birth_month, birth_day, gender, occupation,
                          income_band, region_code, brand, language_code, time_zone,
                          postal_address AS "postal_address: _", version,
                          create_time, update_time
                   FROM customers
                   WHERE region_code = $3 AND customer_id > $1 AND profile_id = customer_id
                     AND NOT EXISTS (SELECT FROM restrictions AS r WHERE r.lifted_at IS NULL
                         AND r.customer_id = ANY (absorbed || customers.customer_id))
                   ORDER BY customer_id LIMIT $2"#,
                after.0,
                limit,
                region_code,
            )
            .fetch_all(connection)
            .await?
        }
    };
    rows.into_iter().map(CustomerRow::into_customer).collect()
}
