//! Customers by how good what is known of them is.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

use super::row::CustomerRow;
use crate::domain::customer::Customer;
use crate::domain::ids::CustomerId;
use crate::store::StoreError;

/// Where somebody stands in the queue of those whose data were confirmed longest ago.
pub(crate) type Place = (Timestamp, Uuid);

/// A part of the queue: whose data were confirmed before `before`, after a place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Queue<'a> {
    pub(crate) before: Timestamp,
    pub(crate) after: Option<Place>,
    /// `None` for any.
    pub(crate) regions: Option<&'a [String]>,
    /// `None` for any.
    pub(crate) brands: Option<&'a [String]>,
}

/// The first `limit` of a part of the queue, whose data were confirmed longest ago first.
pub(crate) async fn stale(
    connection: &mut PgConnection,
    queue: Queue<'_>,
    limit: i64,
) -> Result<Vec<(CustomerId, Timestamp)>, StoreError> {
    let (time, id) = queue.after.unzip();
    let rows = sqlx::query!(
        r#"SELECT customer_id, contact_time AS "contact_time!" FROM customers
           WHERE contact_time < $1 AND (contact_time, customer_id) > (coalesce($2::timestamptz, '-infinity'), $3)
             AND ($4::text[] IS NULL OR region_code = ANY ($4))
             AND ($5::text[] IS NULL OR brand = ANY ($5))
           ORDER BY contact_time, customer_id LIMIT $6"#,
        queue.before.to_sqlx() as jiff_sqlx::Timestamp,
        time.map(ToSqlx::to_sqlx) as _,
        id.unwrap_or_default(),
        queue.regions as _,
        queue.brands as _,
        limit,
    )
    .fetch_all(connection)
    .await?;
    let found = rows.into_iter();
    Ok(found
        .map(|row| (CustomerId(row.customer_id), row.contact_time.to_jiff()))
        .collect())
}

/// Of `limit` ids drawn at random those that are people, and how many ids were drawn: those that end with these
/// bytes or what follows, around the end. Ids that lead elsewhere are drawn too, since the planner would take them
/// for nearly all and read the whole table to leave them out.
pub(crate) async fn drawn(
    connection: &mut PgConnection,
    from: [u8; 4],
    limit: i64,
) -> Result<(Vec<Customer>, usize), StoreError> {
    let rows = sqlx::query_as!(
        CustomerRow,
        r#"WITH above AS (
               SELECT * FROM customers WHERE substring(uuid_send(customer_id) FROM 13) >= $1
               ORDER BY substring(uuid_send(customer_id) FROM 13) LIMIT $2
           ), below AS (
               SELECT * FROM customers WHERE substring(uuid_send(customer_id) FROM 13) < $1
               ORDER BY substring(uuid_send(customer_id) FROM 13)
               LIMIT $2 - (SELECT count(*) FROM above)
           ), drawn AS (SELECT * FROM above UNION ALL SELECT * FROM below)
           SELECT customer_id AS "customer_id!", profile_id AS "profile_id!",
                  absorbed AS "absorbed!", revision AS "revision!", origins AS "origins!: _",
                  identifiers AS "identifiers!: _", display_name AS "display_name!",
                  family_name AS "family_name!", given_name AS "given_name!", birth_year,
                  birth_month, birth_day, gender AS "gender!", occupation AS "occupation!",
                  income_band AS "income_band!", region_code AS "region_code!", brand AS "brand!",
                  language_code AS "language_code!", time_zone AS "time_zone!",
                  postal_address AS "postal_address!: _", version AS "version!",
                  create_time AS "create_time!", update_time AS "update_time!"
           FROM drawn"#,
        &from,
        limit,
    )
    .fetch_all(connection)
    .await?;
    let drawn = rows.len();
    let is_person = |row: &CustomerRow| row.profile_id == row.customer_id;
    let people = rows.into_iter().filter(is_person);
    let people = people.map(CustomerRow::into_customer);
    Ok((people.collect::<Result<_, _>>()?, drawn))
}
