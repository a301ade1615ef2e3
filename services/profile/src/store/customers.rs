//! Customer records.

mod row;

use jiff_sqlx::ToSqlx as _;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::StoreError;
use crate::domain::customer::Customer;
use crate::domain::identifier::IdentifierKey;
use crate::domain::ids::CustomerId;
use row::CustomerRow;

/// Reads one.
pub(crate) async fn get(
    connection: &mut PgConnection,
    id: CustomerId,
) -> Result<Option<Customer>, StoreError> {
    let row = sqlx::query_as!(
        CustomerRow,
        r#"SELECT customer_id, identifiers AS "identifiers: _", display_name, family_name,
                  given_name, birth_year, birth_month, birth_day, gender, occupation, income_band,
                  region_code, brand, language_code, time_zone, version, create_time, update_time
           FROM customers WHERE customer_id = $1"#,
        id.0,
    )
    .fetch_optional(connection)
    .await?;
    row.map(CustomerRow::into_customer).transpose()
}

/// Reads one and keeps others from changing it until the transaction ends.
pub(crate) async fn lock(
    connection: &mut PgConnection,
    id: CustomerId,
) -> Result<Option<Customer>, StoreError> {
    let row = sqlx::query_as!(
        CustomerRow,
        r#"SELECT customer_id, identifiers AS "identifiers: _", display_name, family_name,
                  given_name, birth_year, birth_month, birth_day, gender, occupation, income_band,
                  region_code, brand, language_code, time_zone, version, create_time, update_time
           FROM customers WHERE customer_id = $1 FOR NO KEY UPDATE"#,
        id.0,
    )
    .fetch_optional(connection)
    .await?;
    row.map(CustomerRow::into_customer).transpose()
}

/// Reads the one whom an identifier belongs to.
pub(crate) async fn find(
    connection: &mut PgConnection,
    key: &IdentifierKey,
) -> Result<Option<Customer>, StoreError> {
    let row = sqlx::query_as!(
        CustomerRow,
        r#"SELECT customer_id, identifiers AS "identifiers: _", display_name, family_name,
                  given_name, birth_year, birth_month, birth_day, gender, occupation, income_band,
                  region_code, brand, language_code, time_zone, version, create_time, update_time
           FROM customers
           WHERE customer_id =
               (SELECT customer_id FROM identifier_owners WHERE kind = $1 AND value = $2)"#,
        key.kind,
        key.value,
    )
    .fetch_optional(connection)
    .await?;
    row.map(CustomerRow::into_customer).transpose()
}

/// The newest `limit`, of one region or of all, that were created before `before`.
pub(crate) async fn list(
    connection: &mut PgConnection,
    region_code: Option<&str>,
    before: Option<CustomerId>,
    limit: i64,
) -> Result<Vec<Customer>, StoreError> {
    // Two statements, since one with `region_code = $1 OR $1 IS NULL` would use neither index.
    let before = before.map_or(Uuid::max(), |id| id.0);
    let rows =
        match region_code {
            None => sqlx::query_as!(
                CustomerRow,
                r#"SELECT customer_id, identifiers AS "identifiers: _", display_name, family_name,
                          given_name, birth_year, birth_month, birth_day, gender, occupation,
                          income_band, region_code, brand, language_code, time_zone, version,
                          create_time, update_time
                   FROM customers WHERE customer_id < $1
                   ORDER BY customer_id DESC LIMIT $2"#,
                before,
                limit,
            )
            .fetch_all(connection)
            .await?,
            Some(region_code) => sqlx::query_as!(
                CustomerRow,
                r#"SELECT customer_id, identifiers AS "identifiers: _", display_name, family_name,
                          given_name, birth_year, birth_month, birth_day, gender, occupation,
                          income_band, region_code, brand, language_code, time_zone, version,
                          create_time, update_time
                   FROM customers WHERE region_code = $3 AND customer_id < $1
                   ORDER BY customer_id DESC LIMIT $2"#,
                before,
                limit,
                region_code,
            )
            .fetch_all(connection)
            .await?,
        };
    rows.into_iter().map(CustomerRow::into_customer).collect()
}

/// True when there is such a customer.
pub(crate) async fn exists(
    connection: &mut PgConnection,
    id: CustomerId,
) -> Result<bool, StoreError> {
    let exists = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM customers WHERE customer_id = $1) AS "exists!""#,
        id.0
    )
    .fetch_one(connection)
    .await?;
    Ok(exists)
}

/// Adds customers, each with its row of traits. Their identifiers must be theirs already.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    customers: &[Customer],
) -> Result<(), StoreError> {
    let rows: Vec<_> = customers.iter().map(CustomerRow::of).collect();
    // Everything in one document: customers are created far more seldom than they buy.
    sqlx::query!(
        "WITH made AS (
             INSERT INTO customers
             SELECT * FROM jsonb_populate_recordset(NULL::customers, $1)
             RETURNING customer_id
         )
         INSERT INTO customer_traits (customer_id) SELECT customer_id FROM made",
        Json(rows) as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes a customer that was locked and changed.
pub(crate) async fn update(
    connection: &mut PgConnection,
    customer: &Customer,
) -> Result<(), StoreError> {
    let row = CustomerRow::of(customer);
    sqlx::query!(
        "UPDATE customers SET
             identifiers = $2, display_name = $3, family_name = $4, given_name = $5,
             birth_year = $6, birth_month = $7, birth_day = $8, gender = $9, occupation = $10,
             income_band = $11, region_code = $12, brand = $13, language_code = $14,
             time_zone = $15, version = $16, update_time = $17
         WHERE customer_id = $1",
        row.customer_id,
        row.identifiers as _,
        row.display_name,
        row.family_name,
        row.given_name,
        row.birth_year,
        row.birth_month,
        row.birth_day,
        row.gender,
        row.occupation,
        row.income_band,
        row.region_code,
        row.brand,
        row.language_code,
        row.time_zone,
        row.version,
        customer.update_time.to_sqlx(),
    )
    .execute(connection)
    .await?;
    Ok(())
}
