//! A row of `customers`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use uuid::Uuid;

use crate::domain::birth_date::BirthDate;
use crate::domain::customer::{Customer, Details};
use crate::domain::identity::golden::Origin;
use crate::domain::identity::matching;
use crate::domain::identity::source::SourceId;
use crate::domain::ids::CustomerId;
use crate::domain::{quality, search};
use crate::store::details::{AddressRow, IdentifierRow, gender_named, name_of};
use crate::store::{CorruptRow, StoreError};

/// Named like the columns: it is also written as a JSON document of them.
#[derive(Debug, Serialize)]
pub(super) struct CustomerRow {
    pub(super) customer_id: Uuid,
    pub(super) profile_id: Uuid,
    pub(super) absorbed: Vec<Uuid>,
    pub(super) revision: i64,
    pub(super) origins: Json<BTreeMap<String, OriginRow>>,
    pub(super) identifiers: Json<Vec<IdentifierRow>>,
    pub(super) display_name: String,
    pub(super) family_name: String,
    pub(super) given_name: String,
    pub(super) birth_year: Option<i16>,
    pub(super) birth_month: Option<i16>,
    pub(super) birth_day: Option<i16>,
    pub(super) gender: String,
    pub(super) occupation: String,
    pub(super) income_band: String,
    pub(super) region_code: String,
    pub(super) brand: String,
    pub(super) language_code: String,
    pub(super) time_zone: String,
    pub(super) postal_address: Json<AddressRow>,
    pub(super) version: i64,
    pub(super) create_time: Timestamp,
    pub(super) update_time: Timestamp,
}

/// A row with what is only written.
#[derive(Debug, Serialize)]
pub(super) struct NewRow {
    #[serde(flatten)]
    row: CustomerRow,
    match_keys: Vec<String>,
    search_keys: Vec<String>,
    contact_time: Option<Timestamp>,
}

impl NewRow {
    pub(super) fn of(customer: &Customer) -> Self {
        Self {
            row: CustomerRow::of(customer),
            match_keys: match_keys(customer),
            search_keys: search_keys(customer),
            contact_time: quality::oldest_confirmation(customer),
        }
    }
}

/// By what others find the customer who may be the same person.
pub(super) fn match_keys(customer: &Customer) -> Vec<String> {
    matching::keys(&customer.details).into_iter().collect()
}

/// The ways in which the customer is searched for.
pub(super) fn search_keys(customer: &Customer) -> Vec<String> {
    search::keys(&customer.details)
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct OriginRow {
    source: Uuid,
    channel: String,
    observed_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    confirmed_at: Option<Timestamp>,
}

impl CustomerRow {
    pub(super) fn of(customer: &Customer) -> Self {
        let details = customer.details.clone();
        let birth = details.birth_date;
        Self {
            customer_id: customer.id.0,
            profile_id: customer.id.0,
            absorbed: customer.absorbed.iter().map(|id| id.0).collect(),
            revision: customer.revision,
            origins: Json(customer.origins.iter().map(OriginRow::of).collect()),
            identifiers: Json(IdentifierRow::all_of(&details.identifiers)),
            display_name: details.display_name,
            family_name: details.family_name,
            given_name: details.given_name,
            birth_year: birth.and_then(|birth| birth.year),
            birth_month: birth.map(|birth| birth.month.into()),
            birth_day: birth.map(|birth| birth.day.into()),
            gender: name_of(details.gender).to_owned(),
            occupation: details.occupation,
            income_band: details.income_band,
            region_code: details.region_code,
            brand: details.brand,
            language_code: details.language_code,
            time_zone: details.time_zone,
            postal_address: Json(AddressRow::of(details.postal_address)),
            version: customer.version,
            create_time: customer.create_time,
            update_time: customer.update_time,
        }
    }

    pub(super) fn into_customer(self) -> Result<Customer, StoreError> {
        let birth_date = self.birth_date()?;
        let gender = gender_named(&self.gender).ok_or(corrupt("gender"))?;
        let details = Details {
            identifiers: IdentifierRow::into_all(self.identifiers.0),
            display_name: self.display_name,
            family_name: self.family_name,
            given_name: self.given_name,
            birth_date,
            gender,
            occupation: self.occupation,
            income_band: self.income_band,
            region_code: self.region_code,
            brand: self.brand,
            language_code: self.language_code,
            time_zone: self.time_zone,
            postal_address: self.postal_address.0.into_domain(),
        };
        Ok(Customer {
            id: CustomerId(self.customer_id),
            details,
            origins: self
                .origins
                .0
                .into_iter()
                .map(OriginRow::into_domain)
                .collect(),
            absorbed: self.absorbed.into_iter().map(CustomerId).collect(),
            revision: self.revision,
            version: self.version,
            create_time: self.create_time,
            update_time: self.update_time,
        })
    }

    fn birth_date(&self) -> Result<Option<BirthDate>, CorruptRow> {
        let (Some(month), Some(day)) = (self.birth_month, self.birth_day) else {
            return Ok(None);
        };
        let month = i8::try_from(month).map_err(|_| corrupt("birth_month"))?;
        let day = i8::try_from(day).map_err(|_| corrupt("birth_day"))?;
        Ok(Some(BirthDate {
            year: self.birth_year,
            month,
            day,
        }))
    }
}

impl OriginRow {
    fn of((field, origin): (&String, &Origin)) -> (String, Self) {
        let row = Self {
            source: origin.source.0,
            channel: origin.channel.clone(),
            observed_at: origin.observed_at,
            confirmed_at: origin.confirmed_at,
        };
        (field.clone(), row)
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

fn corrupt(column: &'static str) -> CorruptRow {
    CorruptRow {
        table: "customers",
        column,
    }
}
