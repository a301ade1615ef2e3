//! A row of `customers`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use uuid::Uuid;

use crate::domain::birth_date::BirthDate;
use crate::domain::customer::{Customer, Details};
use crate::domain::gender::Gender;
use crate::domain::identifier::{Identifier, IdentifierKey};
use crate::domain::ids::CustomerId;
use crate::store::{CorruptRow, StoreError};

/// Named like the columns: it is also written as a JSON document of them.
#[derive(Debug, Serialize)]
pub(super) struct CustomerRow {
    pub(super) customer_id: Uuid,
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
    pub(super) version: i64,
    pub(super) create_time: Timestamp,
    pub(super) update_time: Timestamp,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct IdentifierRow {
    kind: String,
    value: String,
    verified: bool,
}

impl CustomerRow {
    pub(super) fn of(customer: &Customer) -> Self {
        let details = customer.details.clone();
        let birth = details.birth_date;
        Self {
            customer_id: customer.id.0,
            identifiers: Json(
                details
                    .identifiers
                    .into_iter()
                    .map(IdentifierRow::of)
                    .collect(),
            ),
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
            version: customer.version,
            create_time: customer.create_time,
            update_time: customer.update_time,
        }
    }

    pub(super) fn into_customer(self) -> Result<Customer, StoreError> {
        let birth_date = self.birth_date()?;
        let gender = gender_named(&self.gender).ok_or(corrupt("gender"))?;
        let details = Details {
            identifiers: self
                .identifiers
                .0
                .into_iter()
                .map(IdentifierRow::into_domain)
                .collect(),
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
        };
        Ok(Customer {
            id: CustomerId(self.customer_id),
            details,
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

impl IdentifierRow {
    fn of(identifier: Identifier) -> Self {
        let Identifier {
            key: IdentifierKey { kind, value },
            verified,
        } = identifier;
        Self {
            kind,
            value,
            verified,
        }
    }

    fn into_domain(self) -> Identifier {
        let Self {
            kind,
            value,
            verified,
        } = self;
        Identifier {
            key: IdentifierKey { kind, value },
            verified,
        }
    }
}

const GENDERS: [(&str, Gender); 5] = [
    ("unknown", Gender::Unknown),
    ("female", Gender::Female),
    ("male", Gender::Male),
    ("other", Gender::Other),
    ("undisclosed", Gender::Undisclosed),
];

fn name_of(gender: Gender) -> &'static str {
    GENDERS
        .iter()
        .find(|(_, known)| *known == gender)
        .map_or("unknown", |(name, _)| name)
}

fn gender_named(name: &str) -> Option<Gender> {
    GENDERS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, gender)| *gender)
}

fn corrupt(column: &'static str) -> CorruptRow {
    CorruptRow {
        table: "customers",
        column,
    }
}
