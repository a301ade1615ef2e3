//! Rows of `customers` as they are written: many at once, a list for each column.

use std::collections::BTreeSet;
use std::fmt::Display;

use jiff_sqlx::{Timestamp, ToSqlx};
use seal::Keyring;
use sqlx::PgConnection;
use uuid::Uuid;

use super::row::{OriginRow, PERSONAL};
use crate::domain::customer::{Customer, Details};
use crate::domain::identity::matching;
use crate::domain::{quality, search};
use crate::store::details::DetailsRow;
use crate::store::sealed::{of_match_key, of_name};
use crate::store::{Keys, StoreError};

/// A list for each column. Lists within them are texts as PostgreSQL reads them: they differ in length, which no list of
/// lists does.
#[derive(Default)]
struct Columns<'a> {
    ids: Vec<Uuid>,
    absorbed: Vec<String>,
    revisions: Vec<i64>,
    origins: Vec<String>,
    personal: Vec<Vec<u8>>,
    match_keys: Vec<String>,
    search_keys: Vec<String>,
    contact_times: Vec<Option<Timestamp>>,
    regions: Vec<&'a str>,
    brands: Vec<&'a str>,
    languages: Vec<&'a str>,
    time_zones: Vec<&'a str>,
    versions: Vec<i64>,
    create_times: Vec<Timestamp>,
    update_times: Vec<Timestamp>,
}

/// A statement on rows that are told: what stands before them in it, and after.
macro_rules! told {
    ($before:tt, $columns:expr, $index_id:expr, $after:tt $(,)?) => {
        sqlx::query!(
            $before + "FROM (
                 SELECT customer_id, absorbed::uuid[], revision, origins::json, personal, $16::text AS index_id,
                        match_keys::bigint[], search_keys::bigint[], contact_time, region_code, brand,
                        language_code, time_zone, version, create_time, update_time
                 FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::text[], $5::bytea[], $6::text[],
                             $7::text[], $8::timestamptz[], $9::text[], $10::text[], $11::text[], $12::text[],
                             $13::bigint[], $14::timestamptz[], $15::timestamptz[])
                     AS row (customer_id, absorbed, revision, origins, personal, match_keys, search_keys,
                             contact_time, region_code, brand, language_code, time_zone, version,
                             create_time, update_time)
             ) AS told " + $after,
            &$columns.ids,
            &$columns.absorbed,
            &$columns.revisions,
            &$columns.origins,
            &$columns.personal,
            &$columns.match_keys,
            &$columns.search_keys,
            &$columns.contact_times as _,
            &$columns.regions as &[&str],
            &$columns.brands as &[&str],
            &$columns.languages as &[&str],
            &$columns.time_zones as &[&str],
            &$columns.versions,
            &$columns.create_times,
            &$columns.update_times,
            $index_id,
        )
    };
}

/// Adds customers, each with its row of traits. Their identifiers must be theirs already.
pub(crate) async fn insert<'a>(
    connection: &mut PgConnection,
    keys: &Keys,
    customers: impl IntoIterator<Item = &'a Customer>,
) -> Result<(), StoreError> {
    let columns = Columns::of(customers, keys)?;
    told!(
        "WITH made AS (
             INSERT INTO customers (customer_id, profile_id, absorbed, revision, origins, personal,
                 index_id, match_keys, search_keys, contact_time, region_code, brand, language_code,
                 time_zone, version, create_time, update_time)
             SELECT customer_id, customer_id, absorbed, revision, origins, personal,
                 index_id, match_keys, search_keys, contact_time, region_code, brand, language_code,
                 time_zone, version, create_time, update_time ",
        columns,
        index_id(&keys.keyring),
        "RETURNING customer_id
         )
         INSERT INTO customer_traits (customer_id, profile_id)
         SELECT customer_id, customer_id FROM made",
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes customers that were locked and changed, and are known by their own ids.
pub(crate) async fn update<'a>(
    connection: &mut PgConnection,
    keys: &Keys,
    customers: impl IntoIterator<Item = &'a Customer>,
) -> Result<(), StoreError> {
    let columns = Columns::of(customers, keys)?;
    told!(
        "UPDATE customers AS known SET
             profile_id = told.customer_id, absorbed = told.absorbed, revision = told.revision,
             origins = told.origins, personal = told.personal, index_id = told.index_id,
             match_keys = told.match_keys, search_keys = told.search_keys,
             contact_time = told.contact_time, region_code = told.region_code, brand = told.brand,
             language_code = told.language_code, time_zone = told.time_zone,
             version = told.version, update_time = told.update_time ",
        columns,
        index_id(&keys.keyring),
        "WHERE known.customer_id = told.customer_id",
    )
    .execute(connection)
    .await?;
    Ok(())
}

impl<'a> Columns<'a> {
    fn of(
        customers: impl IntoIterator<Item = &'a Customer>,
        keys: &Keys,
    ) -> Result<Self, StoreError> {
        let mut columns = Self::default();
        for customer in customers {
            columns.add(customer, keys)?;
        }
        Ok(columns)
    }

    fn add(&mut self, customer: &'a Customer, keys: &Keys) -> Result<(), StoreError> {
        let Customer { id, details, .. } = customer;
        let place = (Uuid::nil(), customer.version);
        let sealed = keys.seal(id.0, PERSONAL, place, &personal(details))?;
        let origins = serde_json::to_string(&OriginRow::of(&customer.origins));
        let origins = origins.map_err(|error| sqlx::Error::Encode(error.into()))?;
        self.ids.push(id.0);
        self.absorbed
            .push(list(customer.absorbed.iter().map(|id| id.0)));
        self.revisions.push(customer.revision);
        self.origins.push(origins);
        self.personal.push(sealed);
        self.match_keys
            .push(list(match_keys(&keys.keyring, details)));
        self.search_keys
            .push(list(search_keys(&keys.keyring, details)));
        let contact_time = quality::oldest_confirmation(customer);
        self.contact_times.push(contact_time.map(ToSqlx::to_sqlx));
        self.regions.push(&details.region_code);
        self.brands.push(&details.brand);
        self.languages.push(&details.language_code);
        self.time_zones.push(&details.time_zone);
        self.versions.push(customer.version);
        self.create_times.push(customer.create_time.to_sqlx());
        self.update_times.push(customer.update_time.to_sqlx());
        Ok(())
    }
}

/// A list as PostgreSQL reads it from a text, of items that need no quotes.
fn list(items: impl IntoIterator<Item = impl Display>) -> String {
    let mut text = String::from("{");
    for (place, item) in items.into_iter().enumerate() {
        let comma = if place == 0 { "" } else { "," };
        text.push_str(comma);
        text.push_str(&item.to_string());
    }
    text.push('}');
    text
}

/// Without what lists are cut by, which stands beside it.
fn personal(details: &Details) -> DetailsRow {
    let mut row = DetailsRow::of(details);
    row.leave_out_places();
    row
}

fn index_id(keyring: &Keyring) -> &str {
    keyring.index_ids().next().unwrap_or_default()
}

/// By what others find the customer who may be the same person.
fn match_keys(keyring: &Keyring, details: &Details) -> BTreeSet<i64> {
    let keys = matching::keys(details);
    let made = |key: &String| of_match_key(keyring, key).into_iter().next();
    keys.iter().filter_map(made).collect()
}

/// By what the customer is found by name.
fn search_keys(keyring: &Keyring, details: &Details) -> BTreeSet<i64> {
    let beginnings = search::beginnings(details);
    let made = |it: &String| of_name(keyring, it).into_iter().next();
    beginnings.iter().filter_map(made).collect()
}
