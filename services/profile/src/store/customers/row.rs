//! A row of `customers`.

use std::collections::{BTreeMap, BTreeSet};
use std::mem::take;

use jiff::Timestamp;
use seal::{Keyring, Wrapped};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sqlx::types::Json;
use uuid::Uuid;

use crate::domain::customer::{Customer, Details};
use crate::domain::identity::golden::Origin;
use crate::domain::identity::matching;
use crate::domain::identity::source::SourceId;
use crate::domain::ids::CustomerId;
use crate::domain::{quality, search};
use crate::store::details::DetailsRow;
use crate::store::sealed::{Column, Sealed, Unreadable, of_match_key, of_name};
use crate::store::{CorruptRow, Keys, StoreError};

const PERSONAL: Column = Column {
    table: "customers",
    column: "personal",
};

/// A row as it is read, with the customer's key. Whoever has no key was erased, and is nobody any more.
pub(super) struct CustomerRow {
    pub(super) customer_id: Uuid,
    pub(super) profile_id: Uuid,
    pub(super) absorbed: Vec<Uuid>,
    pub(super) revision: i64,
    pub(super) origins: Json<BTreeMap<String, OriginRow>>,
    pub(super) personal: Vec<u8>,
    pub(super) region_code: String,
    pub(super) brand: String,
    pub(super) language_code: String,
    pub(super) time_zone: String,
    pub(super) version: i64,
    pub(super) create_time: Timestamp,
    pub(super) update_time: Timestamp,
    pub(super) master_id: String,
    pub(super) wrapped: Vec<u8>,
}

/// Reads rows of customers by what follows `FROM`, where they are `customers`.
macro_rules! rows {
    ($what:tt $(, $given:expr)* $(,)?) => {
        sqlx::query_as!(
            $crate::store::customers::row::CustomerRow,
            r#"SELECT customers.customer_id, customers.profile_id, customers.absorbed,
                      customers.revision, customers.origins AS "origins: _", customers.personal,
                      customers.region_code, customers.brand, customers.language_code,
                      customers.time_zone, customers.version, customers.create_time,
                      customers.update_time, k.master_id AS "master_id!", k.wrapped AS "wrapped!"
               FROM customers
               JOIN (SELECT customer_id, master_id, wrapped FROM subject_keys
                     WHERE wrapped IS NOT NULL) AS k USING (customer_id) "# + $what,
            $($given),*
        )
    };
}
pub(super) use rows;

/// A row as it is written: named like the columns, since it goes as a JSON document of them.
#[derive(Debug, Serialize)]
pub(super) struct NewRow<'a> {
    customer_id: Uuid,
    profile_id: Uuid,
    absorbed: Vec<Uuid>,
    revision: i64,
    origins: BTreeMap<&'a str, OriginRow>,
    /// As PostgreSQL reads bytes.
    personal: String,
    index_id: String,
    match_keys: BTreeSet<i64>,
    search_keys: BTreeSet<i64>,
    contact_time: Option<Timestamp>,
    region_code: &'a str,
    brand: &'a str,
    language_code: &'a str,
    time_zone: &'a str,
    version: i64,
    create_time: Timestamp,
    update_time: Timestamp,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct OriginRow {
    source: Uuid,
    channel: String,
    observed_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    confirmed_at: Option<Timestamp>,
}

impl<'a> NewRow<'a> {
    pub(super) fn of(customer: &'a Customer, keys: &Keys) -> Result<Self, StoreError> {
        let Customer { id, details, .. } = customer;
        let place = (Uuid::nil(), customer.version);
        let personal = keys.seal(id.0, PERSONAL, place, &personal(details))?;
        Ok(Self {
            customer_id: id.0,
            profile_id: id.0,
            absorbed: customer.absorbed.iter().map(|id| id.0).collect(),
            revision: customer.revision,
            origins: customer.origins.iter().map(OriginRow::of).collect(),
            personal: digits(&personal),
            index_id: index_id(&keys.keyring),
            match_keys: match_keys(&keys.keyring, details),
            search_keys: search_keys(&keys.keyring, details),
            contact_time: quality::oldest_confirmation(customer),
            region_code: &details.region_code,
            brand: &details.brand,
            language_code: &details.language_code,
            time_zone: &details.time_zone,
            version: customer.version,
            create_time: customer.create_time,
            update_time: customer.update_time,
        })
    }
}

/// What is sealed of a customer, as it is told to the person.
pub(in crate::store) fn open_personal(
    keyring: &Keyring,
    sealed: &Sealed<'_>,
    version: i64,
) -> Result<Map<String, Value>, Unreadable> {
    let personal: DetailsRow = sealed.open(keyring, PERSONAL, (Uuid::nil(), version))?;
    Ok(personal.told())
}

/// Without what lists are cut by, which stands beside it.
fn personal(details: &Details) -> DetailsRow {
    let mut row = DetailsRow::of(details);
    row.leave_out_places();
    row
}

fn index_id(keyring: &Keyring) -> String {
    keyring.index_ids().next().unwrap_or_default().to_owned()
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

/// Bytes as PostgreSQL reads them from a text.
fn digits(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |half: u8| char::from(DIGITS.get(usize::from(half)).copied().unwrap_or_default());
    let pairs = bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]);
    "\\x".chars().chain(pairs).collect()
}

impl CustomerRow {
    pub(super) fn into_customer(mut self, keyring: &Keyring) -> Result<Customer, StoreError> {
        let details = self.details(keyring)?;
        let origins = self.origins.0.into_iter();
        Ok(Customer {
            id: CustomerId(self.customer_id),
            details,
            origins: origins.map(OriginRow::into_domain).collect(),
            absorbed: self.absorbed.into_iter().map(CustomerId).collect(),
            revision: self.revision,
            version: self.version,
            create_time: self.create_time,
            update_time: self.update_time,
        })
    }

    fn details(&mut self, keyring: &Keyring) -> Result<Details, StoreError> {
        if self.profile_id != self.customer_id && self.personal.is_empty() {
            return Ok(Details::default());
        }
        let sealed = Sealed {
            customer_id: self.customer_id,
            key: Wrapped {
                master_id: take(&mut self.master_id),
                bytes: take(&mut self.wrapped),
            },
            bytes: &self.personal,
        };
        let personal: DetailsRow = sealed.open(keyring, PERSONAL, (Uuid::nil(), self.version))?;
        let personal = personal.into_domain(CorruptRow {
            table: PERSONAL.table,
            column: PERSONAL.column,
        })?;
        Ok(Details {
            region_code: take(&mut self.region_code),
            brand: take(&mut self.brand),
            language_code: take(&mut self.language_code),
            time_zone: take(&mut self.time_zone),
            ..personal
        })
    }
}

impl OriginRow {
    fn of<'a>((field, origin): (&'a String, &Origin)) -> (&'a str, Self) {
        let row = Self {
            source: origin.source.0,
            channel: origin.channel.clone(),
            observed_at: origin.observed_at,
            confirmed_at: origin.confirmed_at,
        };
        (field, row)
    }

    fn into_domain((field, row): (String, Self)) -> (String, Origin) {
        let origin = Origin {
            source: SourceId(row.source),
            channel: row.channel,
            observed_at: row.observed_at,
            confirmed_at: row.confirmed_at,
        };
        (field, origin)
    }
}
