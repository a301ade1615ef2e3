//! Customer records.
//!
//! An id never leads to a greater one, so `profile_id >= customer_id` says of a row that it is a person's, in statements that
//! read people in the order of their ids: of `=` PostgreSQL believes that one of two hundred is, and would sort all of them
//! for each page.

mod many;
pub(crate) mod quality;
mod row;
mod search;
mod written;

use seal::Keyring;
use sqlx::PgConnection;
use uuid::Uuid;

use super::StoreError;
use super::homes::homes_of;
use super::sealed::of_match_key;
use crate::domain::customer::Customer;
use crate::domain::identity::homes::Homes;
use crate::domain::ids::CustomerId;
pub(crate) use many::{after, remove, unused};
pub(super) use row::open_personal;
use row::{CustomerRow, rows};
pub(crate) use search::{Among, search};
pub(crate) use written::{insert, update};

/// How often a lock is taken of those whom ids lead elsewhere from meanwhile.
const ATTEMPTS: u32 = 5;

/// Reads the one whom an id leads to.
pub(crate) async fn get(
    connection: &mut PgConnection,
    keyring: &Keyring,
    id: CustomerId,
) -> Result<Option<Customer>, StoreError> {
    let row = rows!(
        "WHERE customer_id = (SELECT profile_id FROM customers WHERE customer_id = $1)",
        id.0,
    )
    .fetch_optional(connection)
    .await?;
    row.map(|row| row.into_customer(keyring)).transpose()
}

/// Locks those whom these ids lead to, in ascending order, and reads them. An id may lead elsewhere by
/// the time the lock is had: then nobody in the answer has it.
pub(crate) async fn lock(
    connection: &mut PgConnection,
    keyring: &Keyring,
    ids: &[Uuid],
) -> Result<Vec<Customer>, StoreError> {
    // What is selected from the locked row itself is its latest version, not the snapshot's.
    let rows = rows!(
        "WHERE customer_id = ANY (ARRAY(
               SELECT profile_id FROM customers WHERE customer_id = ANY ($1)))
           ORDER BY customer_id FOR NO KEY UPDATE OF customers",
        ids,
    )
    .fetch_all(connection)
    .await?;
    let is_known = |row: &CustomerRow| row.profile_id == row.customer_id;
    let known = rows.into_iter().filter(is_known);
    read(known, keyring)
}

/// The same until nobody has been joined or parted while the locks were waited for; `None` when one of
/// the ids is no customer's.
pub(crate) async fn lock_all(
    connection: &mut PgConnection,
    keyring: &Keyring,
    ids: &[CustomerId],
) -> Result<Option<Vec<Customer>>, StoreError> {
    let wanted: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    for _ in 0..ATTEMPTS {
        let locked = lock(connection, keyring, &wanted).await?;
        let is_had = |id: &&CustomerId| locked.iter().any(|it| it.homes().has(**id));
        let Some(lost) = ids.iter().find(|id| !is_had(id)) else {
            return Ok(Some(locked));
        };
        if homes_of(connection, *lost).await?.is_none() {
            return Ok(None);
        }
    }
    Err(StoreError::Regrouped)
}

/// Reads the row of an id that leads to another: when it was created, and how far its numbers came.
pub(crate) async fn absorbed(
    connection: &mut PgConnection,
    keyring: &Keyring,
    id: CustomerId,
) -> Result<Option<Customer>, StoreError> {
    let row = rows!("WHERE customer_id = $1", id.0,)
        .fetch_optional(connection)
        .await?;
    row.map(|row| row.into_customer(keyring)).transpose()
}

/// Reads those whom ids lead to, each once.
pub(crate) async fn many(
    connection: &mut PgConnection,
    keyring: &Keyring,
    ids: &[Uuid],
) -> Result<Vec<Customer>, StoreError> {
    let rows = rows!(
        "WHERE customer_id = ANY (ARRAY(
               SELECT profile_id FROM customers WHERE customer_id = ANY ($1)))",
        ids,
    )
    .fetch_all(connection)
    .await?;
    read(rows, keyring)
}

/// The newest `limit`, of one region or of all, that were created before `before`.
pub(crate) async fn list(
    connection: &mut PgConnection,
    keyring: &Keyring,
    region_code: Option<&str>,
    before: Option<CustomerId>,
    limit: i64,
) -> Result<Vec<Customer>, StoreError> {
    // Two statements, since one with `region_code = $1 OR $1 IS NULL` would use neither index.
    let before = before.map_or(Uuid::max(), |id| id.0);
    let rows = match region_code {
        None => {
            rows!(
                "WHERE customer_id < $1 AND profile_id >= customer_id
                   ORDER BY customer_id DESC LIMIT $2",
                before,
                limit,
            )
            .fetch_all(connection)
            .await?
        }
        Some(region_code) => {
            rows!(
                "WHERE region_code = $3 AND customer_id < $1 AND profile_id >= customer_id
                   ORDER BY customer_id DESC LIMIT $2",
                before,
                limit,
                region_code,
            )
            .fetch_all(connection)
            .await?
        }
    };
    read(rows, keyring)
}

/// The newest `limit` of these regions and brands that were created before `before`; `None` for any.
pub(crate) async fn list_within(
    connection: &mut PgConnection,
    keyring: &Keyring,
    (regions, brands): (Option<&[String]>, Option<&[String]>),
    before: Option<CustomerId>,
    limit: i64,
) -> Result<Vec<Customer>, StoreError> {
    let before = before.map_or(Uuid::max(), |id| id.0);
    let rows = rows!(
        "WHERE customer_id < $1 AND profile_id >= customer_id
             AND ($3::text[] IS NULL OR region_code = ANY ($3))
             AND ($4::text[] IS NULL OR brand = ANY ($4))
           ORDER BY customer_id DESC LIMIT $2",
        before,
        limit,
        regions as _,
        brands as _,
    )
    .fetch_all(connection)
    .await?;
    read(rows, keyring)
}

/// How many of these ids lead to somebody of these regions and brands; `None` for any.
pub(crate) async fn count_within(
    connection: &mut PgConnection,
    ids: &[Uuid],
    (regions, brands): (Option<&[String]>, Option<&[String]>),
) -> Result<i64, StoreError> {
    let count = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!"
           FROM customers AS named JOIN customers AS known ON known.customer_id = named.profile_id
           WHERE named.customer_id = ANY ($1)
             AND ($2::text[] IS NULL OR known.region_code = ANY ($2))
             AND ($3::text[] IS NULL OR known.brand = ANY ($3))"#,
        ids,
        regions as _,
        brands as _,
    )
    .fetch_one(connection)
    .await?;
    Ok(count)
}

/// At most `limit` others who have one of these keys.
pub(crate) async fn sharing(
    connection: &mut PgConnection,
    keyring: &Keyring,
    keys: &[String],
    than: CustomerId,
    limit: i64,
) -> Result<Vec<Customer>, StoreError> {
    let prints = keys.iter().flat_map(|key| of_match_key(keyring, key));
    let prints: Vec<i64> = prints.collect();
    let rows = rows!(
        "WHERE match_keys && $1 AND customer_id <> $2 LIMIT $3",
        &prints,
        than.0,
        limit,
    )
    .fetch_all(connection)
    .await?;
    read(rows, keyring)
}

/// Lets ids lead to those who were made of them, with nothing left under their own.
pub(crate) async fn absorb(
    connection: &mut PgConnection,
    people: &[Homes],
) -> Result<(), StoreError> {
    let pairs = people.iter().flat_map(|it| {
        let absorbed = it.absorbed.iter();
        absorbed.map(|id| (id.0, it.profile.0))
    });
    let (ids, profiles): (Vec<Uuid>, Vec<Uuid>) = pairs.unzip();
    sqlx::query!(
        "UPDATE customers AS known SET
             profile_id = told.profile_id, absorbed = '{}', origins = '{}', match_keys = '{}',
             search_keys = '{}', personal = '', region_code = '', brand = '', language_code = '',
             time_zone = '', contact_time = NULL
         FROM unnest($1::uuid[], $2::uuid[]) AS told (customer_id, profile_id)
         WHERE known.customer_id = told.customer_id",
        &ids,
        &profiles,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes that nobody is told of these: they are another person's from the beginning.
pub(crate) async fn keep_quiet(
    connection: &mut PgConnection,
    ids: &[Uuid],
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE customers SET announced = false WHERE customer_id = ANY ($1)",
        ids,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes that others are told of these; answers of whom they were not before.
pub(crate) async fn announce(
    connection: &mut PgConnection,
    ids: &[Uuid],
) -> Result<Vec<CustomerId>, StoreError> {
    let found = sqlx::query_scalar!(
        "UPDATE customers SET announced = true
         WHERE customer_id = ANY ($1) AND NOT announced RETURNING customer_id",
        ids,
    )
    .fetch_all(connection)
    .await?;
    Ok(found.into_iter().map(CustomerId).collect())
}

fn read(
    rows: impl IntoIterator<Item = CustomerRow>,
    keyring: &Keyring,
) -> Result<Vec<Customer>, StoreError> {
    let rows = rows.into_iter();
    rows.map(|row| row.into_customer(keyring)).collect()
}

/// Those of these ids who are people; ids that lead elsewhere are not.
pub(crate) async fn people(
    connection: &mut PgConnection,
    keyring: &Keyring,
    ids: &[Uuid],
) -> Result<Vec<Customer>, StoreError> {
    let rows = rows!(
        "WHERE customer_id = ANY ($1) AND profile_id = customer_id",
        ids,
    )
    .fetch_all(connection)
    .await?;
    read(rows, keyring)
}

/// The ids of `limit` people, as good as drawn at random, the same ones each time; and how many there
/// are.
pub(crate) async fn sample(
    connection: &mut PgConnection,
    limit: i64,
) -> Result<(Vec<Uuid>, i64), StoreError> {
    let ids = sqlx::query_scalar!(
        "SELECT customer_id FROM customers WHERE profile_id >= customer_id
           AND NOT EXISTS (SELECT FROM restrictions AS r
               WHERE r.lifted_at IS NULL AND r.customer_id = ANY (absorbed || customers.customer_id))
         ORDER BY substring(uuid_send(customer_id) FROM 13) LIMIT $1",
        limit,
    )
    .fetch_all(&mut *connection)
    .await?;
    let count = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM customers WHERE profile_id = customer_id"#,
    );
    Ok((ids, count.fetch_one(connection).await?))
}
