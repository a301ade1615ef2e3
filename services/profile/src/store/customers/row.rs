//! A row of `customers`.

use std::collections::BTreeMap;
use std::mem::take;

use jiff::Timestamp;
use seal::{Keyring, Wrapped};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sqlx::types::Json;
use uuid::Uuid;

use crate::domain::customer::{Customer, Details};
use crate::domain::identity::golden::{Origin, Origins};
use crate::domain::identity::source::SourceId;
use crate::domain::ids::CustomerId;
use crate::store::details::DetailsRow;
use crate::store::sealed::{Column, Sealed, Unreadable};
use crate::store::{CorruptRow, StoreError};

pub(super) const PERSONAL: Column = Column {
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

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct OriginRow {
    source: Uuid,
    channel: String,
    observed_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    confirmed_at: Option<Timestamp>,
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

impl CustomerRow {
    pub(super) fn into_customer(mut self, keyring: &Keyring) -> Result<Customer, StoreError> {
        let details = self.details(keyring)?;
        let origins = self.origins.0.into_iter();
        Ok(Customer {
            id: CustomerId(self.customer_id),
            details,
            origins: origins.flat_map(OriginRow::into_domain).collect(),
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
    /// Origins as they are kept: most values of a customer have the same one, so fields that do share a row, their paths
    /// with spaces between them.
    pub(super) fn of(origins: &Origins) -> BTreeMap<String, Self> {
        let mut groups: Vec<(&Origin, String)> = Vec::new();
        for (field, origin) in origins {
            match groups.iter_mut().find(|(known, _)| *known == origin) {
                Some((_, fields)) => {
                    fields.push(' ');
                    fields.push_str(field);
                }
                None => groups.push((origin, field.clone())),
            }
        }
        let rows = groups.into_iter().map(|(origin, fields)| {
            let row = Self {
                source: origin.source.0,
                channel: origin.channel.clone(),
                observed_at: origin.observed_at,
                confirmed_at: origin.confirmed_at,
            };
            (fields, row)
        });
        rows.collect()
    }

    fn into_domain((fields, row): (String, Self)) -> Vec<(String, Origin)> {
        let origin = Origin {
            source: SourceId(row.source),
            channel: row.channel,
            observed_at: row.observed_at,
            confirmed_at: row.confirmed_at,
        };
        let fields = fields.split(' ');
        fields
            .map(|field| (field.to_owned(), origin.clone()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(channel: &str, observed_at: i64) -> Origin {
        Origin {
            source: SourceId(Uuid::from_u128(7)),
            channel: channel.to_owned(),
            observed_at: Timestamp::from_second(observed_at).unwrap(),
            confirmed_at: None,
        }
    }

    #[test]
    fn fields_that_come_from_the_same_share_a_row_and_are_read_as_they_were() {
        let origins = [
            ("birth_date", origin("shop", 1)),
            ("display_name", origin("app", 1)),
            ("gender", origin("shop", 1)),
            ("identifiers[0]", origin("shop", 2)),
        ];
        let origins: Origins = origins.map(|(field, it)| (field.to_owned(), it)).into();
        let rows = OriginRow::of(&origins);
        let fields: Vec<_> = rows.keys().map(String::as_str).collect();
        assert_eq!(
            fields,
            ["birth_date gender", "display_name", "identifiers[0]"]
        );
        let read: Origins = rows.into_iter().flat_map(OriginRow::into_domain).collect();
        assert_eq!(read, origins);
    }
}
