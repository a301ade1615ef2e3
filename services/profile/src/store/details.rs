//! What is said about a customer, as a document.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::CorruptRow;
use crate::domain::birth_date::BirthDate;
use crate::domain::customer::Details;
use crate::domain::gender::Gender;
use crate::domain::identifier::{Identifier, IdentifierKey};
use crate::domain::points::address::PostalAddress;

/// Without the fields that are empty.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct DetailsRow {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    identifiers: Vec<IdentifierRow>,
    #[serde(skip_serializing_if = "String::is_empty")]
    display_name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    family_name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    given_name: String,
    /// Month, day, and the year when it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    birth_date: Option<(i8, i8, Option<i16>)>,
    #[serde(skip_serializing_if = "String::is_empty")]
    gender: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    occupation: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    income_band: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    region_code: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    brand: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    language_code: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    time_zone: String,
    #[serde(skip_serializing_if = "AddressRow::is_empty")]
    postal_address: AddressRow,
}

#[derive(Debug, Serialize, Deserialize)]
struct IdentifierRow {
    kind: String,
    value: String,
    verified: bool,
    /// Of the few that can't be read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    unread: bool,
}

impl DetailsRow {
    /// As it is told to the person, without what is empty.
    pub(super) fn told(self) -> Map<String, Value> {
        let birth_date = self.birth_date;
        let mut told = match serde_json::to_value(self) {
            Ok(Value::Object(told)) => told,
            _ => Map::new(),
        };
        if let Some((month, day, year)) = birth_date {
            // Where the year is not known, as ISO 8601 once wrote it.
            let year = year.map_or_else(|| "-".to_owned(), |year| format!("{year:04}"));
            let date = format!("{year}-{month:02}-{day:02}");
            told.insert("birth_date".to_owned(), Value::String(date));
        }
        told
    }

    /// Takes away what stands in columns of their own where lists are cut by it.
    pub(super) fn leave_out_places(&mut self) {
        self.region_code.clear();
        self.brand.clear();
        self.language_code.clear();
        self.time_zone.clear();
    }

    pub(super) fn of(details: &Details) -> Self {
        let details = details.clone();
        let is_stated = details.gender != Gender::Unknown;
        let gender = if is_stated {
            name_of(details.gender)
        } else {
            ""
        };
        Self {
            identifiers: IdentifierRow::all_of(&details.identifiers),
            display_name: details.display_name,
            family_name: details.family_name,
            given_name: details.given_name,
            birth_date: details.birth_date.map(|it| (it.month, it.day, it.year)),
            gender: gender.to_owned(),
            occupation: details.occupation,
            income_band: details.income_band,
            region_code: details.region_code,
            brand: details.brand,
            language_code: details.language_code,
            time_zone: details.time_zone,
            postal_address: AddressRow::of(details.postal_address),
        }
    }

    /// `corrupt` is where it stands.
    pub(super) fn into_domain(self, corrupt: CorruptRow) -> Result<Details, CorruptRow> {
        let gender = match self.gender.as_str() {
            "" => Some(Gender::Unknown),
            name => gender_named(name),
        };
        let birth = |(month, day, year)| BirthDate { year, month, day };
        Ok(Details {
            identifiers: IdentifierRow::into_all(self.identifiers),
            display_name: self.display_name,
            family_name: self.family_name,
            given_name: self.given_name,
            birth_date: self.birth_date.map(birth),
            gender: gender.ok_or(corrupt)?,
            occupation: self.occupation,
            income_band: self.income_band,
            region_code: self.region_code,
            brand: self.brand,
            language_code: self.language_code,
            time_zone: self.time_zone,
            postal_address: self.postal_address.into_domain(),
        })
    }
}

/// Where post reaches somebody; without what is empty.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct AddressRow {
    #[serde(skip_serializing_if = "String::is_empty")]
    region_code: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    postal_code: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    administrative_area: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    locality: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    lines: Vec<String>,
}

impl AddressRow {
    fn of(address: PostalAddress) -> Self {
        Self {
            region_code: address.region_code,
            postal_code: address.postal_code,
            administrative_area: address.administrative_area,
            locality: address.locality,
            lines: address.lines,
        }
    }

    fn into_domain(self) -> PostalAddress {
        PostalAddress {
            region_code: self.region_code,
            postal_code: self.postal_code,
            administrative_area: self.administrative_area,
            locality: self.locality,
            lines: self.lines,
        }
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl IdentifierRow {
    fn all_of(identifiers: &[Identifier]) -> Vec<Self> {
        let row = |identifier: &Identifier| Self {
            kind: identifier.key.kind.clone(),
            value: identifier.key.value.clone(),
            verified: identifier.verified,
            unread: !identifier.key.is_read(),
        };
        identifiers.iter().map(row).collect()
    }

    fn into_all(rows: Vec<Self>) -> Vec<Identifier> {
        let identifier = |row: Self| {
            let Self {
                kind,
                value,
                verified,
                unread,
            } = row;
            let key = IdentifierKey::kept(kind, value, !unread);
            Identifier { key, verified }
        };
        rows.into_iter().map(identifier).collect()
    }
}

const GENDERS: [(&str, Gender); 5] = [
    ("unknown", Gender::Unknown),
    ("female", Gender::Female),
    ("male", Gender::Male),
    ("other", Gender::Other),
    ("undisclosed", Gender::Undisclosed),
];

/// How a gender is stored.
fn name_of(gender: Gender) -> &'static str {
    GENDERS
        .iter()
        .find(|(_, known)| *known == gender)
        .map_or("unknown", |(name, _)| name)
}

/// The gender that is stored so.
fn gender_named(name: &str) -> Option<Gender> {
    GENDERS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, gender)| *gender)
}
