//! Customers by how good what is known of them is.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use seal::Keyring;
use sqlx::PgConnection;
use uuid::Uuid;

use super::read;
use super::row::{CustomerRow, rows};
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
    keyring: &Keyring,
    from: [u8; 4],
    limit: i64,
) -> Result<(Vec<Customer>, usize), StoreError> {
    let rows = rows!(
        "JOIN ((SELECT customer_id FROM customers
                WHERE substring(uuid_send(customer_id) FROM 13) >= $1
                ORDER BY substring(uuid_send(customer_id) FROM 13) LIMIT $2)
               UNION ALL
               (SELECT customer_id FROM customers
                WHERE substring(uuid_send(customer_id) FROM 13) < $1
                ORDER BY substring(uuid_send(customer_id) FROM 13)
                LIMIT $2 - (SELECT count(*) FROM (
                    SELECT FROM customers WHERE substring(uuid_send(customer_id) FROM 13) >= $1
                    LIMIT $2) AS above))) AS drawn USING (customer_id)",
        &from,
        limit,
    )
    .fetch_all(connection)
    .await?;
    let drawn = rows.len();
    let is_person = |row: &CustomerRow| row.profile_id == row.customer_id;
    let people = rows.into_iter().filter(is_person);
    Ok((read(people, keyring)?, drawn))
}
