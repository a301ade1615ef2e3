//! Customers by how their names begin.

use sqlx::PgConnection;

use super::row::CustomerRow;
use crate::domain::customer::Customer;
use crate::domain::search::Prefix;
use crate::store::StoreError;

/// The most customers who are looked at for each way in which a name is searched for.
const MOST_SEEN: i64 = 2_000;

/// The first `limit` whose names begin so, of these regions and brands, in the order of what begins so; `None` for
/// any region, any brand. Where more than [`MOST_SEEN`] begin so ([`is_crowded`]), those of a region may not be
/// among the first: they are found by more letters.
pub(crate) async fn search(
    connection: &mut PgConnection,
    prefix: &Prefix,
    (regions, brands): (Option<&[String]>, Option<&[String]>),
    limit: i64,
) -> Result<Vec<Customer>, StoreError> {
    // Each index gives its first ones in order, so of a million customers a page is read. Somebody who is found in
    // several ways stands where the first of them does.
    let rows = sqlx::query_as!(
        CustomerRow,
        r#"WITH first AS (
               (SELECT search_keys[1] AS key, customer_id
                FROM (SELECT search_keys, customer_id, region_code, brand FROM customers
                      WHERE search_keys[1] >= $1 AND search_keys[1] < $2
                      ORDER BY search_keys[1], customer_id LIMIT $6) AS seen
                WHERE ($4::text[] IS NULL OR region_code = ANY ($4))
                  AND ($5::text[] IS NULL OR brand = ANY ($5))
                ORDER BY search_keys[1], customer_id LIMIT $3)
               UNION ALL
               (SELECT search_keys[2], customer_id
                FROM (SELECT search_keys, customer_id, region_code, brand FROM customers
                      WHERE search_keys[2] >= $1 AND search_keys[2] < $2
                      ORDER BY search_keys[2], customer_id LIMIT $6) AS seen
                WHERE ($4::text[] IS NULL OR region_code = ANY ($4))
                  AND ($5::text[] IS NULL OR brand = ANY ($5))
                  AND NOT (search_keys[1] >= $1 AND search_keys[1] < $2)
                ORDER BY search_keys[2], customer_id LIMIT $3)
               UNION ALL
               (SELECT search_keys[3], customer_id
                FROM (SELECT search_keys, customer_id, region_code, brand FROM customers
                      WHERE search_keys[3] >= $1 AND search_keys[3] < $2
                      ORDER BY search_keys[3], customer_id LIMIT $6) AS seen
                WHERE ($4::text[] IS NULL OR region_code = ANY ($4))
                  AND ($5::text[] IS NULL OR brand = ANY ($5))
                  AND NOT (search_keys[1] >= $1 AND search_keys[1] < $2)
                  AND NOT (search_keys[2] >= $1 AND search_keys[2] < $2)
                ORDER BY search_keys[3], customer_id LIMIT $3)
               UNION ALL
               (SELECT search_keys[4], customer_id
                FROM (SELECT search_keys, customer_id, region_code, brand FROM customers
                      WHERE search_keys[4] >= $1 AND search_keys[4] < $2
                      ORDER BY search_keys[4], customer_id LIMIT $6) AS seen
                WHERE ($4::text[] IS NULL OR region_code = ANY ($4))
                  AND ($5::text[] IS NULL OR brand = ANY ($5))
                  AND NOT (search_keys[1] >= $1 AND search_keys[1] < $2)
                  AND NOT (search_keys[2] >= $1 AND search_keys[2] < $2)
                  AND NOT (search_keys[3] >= $1 AND search_keys[3] < $2)
                ORDER BY search_keys[4], customer_id LIMIT $3)
           )
           SELECT customer_id AS "customer_id!", profile_id, absorbed, revision, origins AS "origins: _",
                  identifiers AS "identifiers: _", display_name, family_name,
                  given_name, birth_year, birth_month, birth_day, gender, occupation, income_band,
                  region_code, brand, language_code, time_zone,
                  postal_address AS "postal_address: _", version, create_time, update_time
           FROM (SELECT key, customer_id FROM first ORDER BY key, customer_id LIMIT $3) AS found
           JOIN customers USING (customer_id) ORDER BY key, customer_id"#,
        prefix.from(),
        prefix.until(),
        limit,
        regions as _,
        brands as _,
        MOST_SEEN,
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(CustomerRow::into_customer).collect()
}

/// Whether more than [`MOST_SEEN`] names begin so, in one of the ways in which they are searched for.
pub(crate) async fn is_crowded(
    connection: &mut PgConnection,
    prefix: &Prefix,
) -> Result<bool, StoreError> {
    let is_crowded = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM customers WHERE search_keys[1] >= $1 AND search_keys[1] < $2 OFFSET $3)
               OR EXISTS (SELECT FROM customers WHERE search_keys[2] >= $1 AND search_keys[2] < $2 OFFSET $3)
               OR EXISTS (SELECT FROM customers WHERE search_keys[3] >= $1 AND search_keys[3] < $2 OFFSET $3)
               OR EXISTS (SELECT FROM customers WHERE search_keys[4] >= $1 AND search_keys[4] < $2 OFFSET $3)
               AS "is_crowded!""#,
        prefix.from(),
        prefix.until(),
        MOST_SEEN,
    )
    .fetch_one(connection)
    .await?;
    Ok(is_crowded)
}
