//! Customers by how their names begin.

use seal::Keyring;
use sqlx::PgConnection;

use super::read;
use super::row::rows;
use crate::domain::customer::Customer;
use crate::domain::search::Prefix;
use crate::store::StoreError;
use crate::store::sealed::of_name;

/// The most customers who are looked at: fingerprints have no order, so all of them are opened.
const MOST_SEEN: i64 = 500;

/// The first `limit` whose names begin so, of these regions and brands, in the order of what begins so; `None` for
/// any region, any brand. Where more than [`MOST_SEEN`] begin so ([`is_crowded`]), the first of all can't be told without
/// opening all of them: some are looked at, no more than are asked for, and the others are found by more letters.
pub(crate) async fn search(
    connection: &mut PgConnection,
    keyring: &Keyring,
    prefix: &Prefix,
    (regions, brands): (Option<&[String]>, Option<&[String]>),
    limit: usize,
) -> Result<Vec<Customer>, StoreError> {
    // Of what has more letters than fingerprints are made of, those that are opened may be others.
    let opened = if prefix.is_indexed() {
        i64::try_from(limit).unwrap_or(MOST_SEEN)
    } else {
        MOST_SEEN
    };
    let rows = rows!(
        "JOIN (WITH seen AS MATERIALIZED (
                   SELECT customer_id, region_code, brand FROM customers
                   WHERE search_keys && $1 LIMIT $4::bigint + 1)
               SELECT customer_id FROM seen
               WHERE ($2::text[] IS NULL OR region_code = ANY ($2))
                 AND ($3::text[] IS NULL OR brand = ANY ($3))
               LIMIT (SELECT CASE WHEN count(*) > $4 THEN $5::bigint END FROM seen)
              ) AS found USING (customer_id)",
        &of_name(keyring, prefix.indexed()),
        regions as _,
        brands as _,
        MOST_SEEN,
        opened,
    )
    .fetch_all(connection)
    .await?;
    let seen = read(rows, keyring)?.into_iter();
    // What was asked for may have more letters than fingerprints are made of.
    let found = seen.filter_map(|it| Some((prefix.found_in(&it.details)?, it)));
    let mut found: Vec<_> = found.collect();
    found.sort_unstable_by(|(one, it), (other, that)| (one, it.id).cmp(&(other, that.id)));
    let found = found.into_iter().map(|(_, customer)| customer);
    Ok(found.take(limit).collect())
}

/// Whether more than [`MOST_SEEN`] names begin so.
pub(crate) async fn is_crowded(
    connection: &mut PgConnection,
    keyring: &Keyring,
    prefix: &Prefix,
) -> Result<bool, StoreError> {
    let is_crowded = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM customers WHERE search_keys && $1 OFFSET $2) AS "is_crowded!""#,
        &of_name(keyring, prefix.indexed()),
        MOST_SEEN,
    )
    .fetch_one(connection)
    .await?;
    Ok(is_crowded)
}
