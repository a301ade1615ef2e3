//! Customer records.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::birth_date::BirthDate;
use super::field::Field;
use super::gender::Gender;
use super::identifier::{self, Identifier, IdentifierKey};
use super::identity::golden::{Golden, Origins};
use super::identity::homes::Homes;
use super::identity::profile::Profile;
use super::ids::CustomerId;
use super::invalid::{Invalid, Problem};
use super::points::address::PostalAddress;
use super::points::phone::Country;
use super::{language, text, zone};

/// What others say about a customer. Empty text: not known. Personal data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Details {
    pub(crate) identifiers: Vec<Identifier>,
    pub(crate) display_name: String,
    pub(crate) family_name: String,
    pub(crate) given_name: String,
    pub(crate) birth_date: Option<BirthDate>,
    pub(crate) gender: Gender,
    pub(crate) occupation: String,
    pub(crate) income_band: String,
    pub(crate) region_code: String,
    pub(crate) brand: String,
    pub(crate) language_code: String,
    pub(crate) time_zone: String,
    pub(crate) postal_address: PostalAddress,
}

/// A customer record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Customer {
    pub(crate) id: CustomerId,
    /// The golden record.
    pub(crate) details: Details,
    /// Where its values come from.
    pub(crate) origins: Origins,
    /// Other ids that lead to this customer.
    pub(crate) absorbed: BTreeSet<CustomerId>,
    /// Goes up whenever who belongs to the customer changes.
    pub(crate) revision: i64,
    /// 1, 2, 3 …: goes up with each change.
    pub(crate) version: i64,
    pub(crate) create_time: Timestamp,
    pub(crate) update_time: Timestamp,
}

/// How far the numbers of some records have come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Past {
    pub(crate) version: i64,
    pub(crate) revision: i64,
}

impl Past {
    /// The latest of these.
    pub(crate) fn of<'a>(customers: impl IntoIterator<Item = &'a Customer>) -> Self {
        let later = |past: Self, it: &Customer| Self {
            version: past.version.max(it.version),
            revision: past.revision.max(it.revision),
        };
        customers.into_iter().fold(Self::default(), later)
    }
}

/// The record was changed since its `etag` was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the customer was changed since its etag was read")]
pub(crate) struct EtagMismatch;

impl Details {
    /// Refuses what can't be right in itself.
    pub(crate) fn check(&self) -> Result<(), Invalid> {
        identifier::check_all(&self.identifiers)?;
        for (field, text) in self.texts() {
            text::check(|| field.path().to_owned(), text)?;
        }
        let address = self.postal_address.check();
        address.map_err(|invalid| invalid.within(Field::PostalAddress.path()))?;
        if !self.language_code.is_empty() && !language::is_tag(&self.language_code) {
            return Err(Invalid::new(
                Field::LanguageCode.path(),
                Problem::NotALanguage,
            ));
        }
        if !self.time_zone.is_empty() && !zone::is_known(&self.time_zone) {
            return Err(Invalid::new(
                Field::TimeZone.path(),
                Problem::UnknownTimeZone,
            ));
        }
        Ok(())
    }

    /// Puts phone numbers and e-mail addresses in the form by which they are known. National numbers are
    /// of the person's own country, else of `country`.
    pub(crate) fn read_points(&mut self, country: Option<Country>) {
        let country = Country::named(&self.region_code).or(country);
        for identifier in &mut self.identifiers {
            let key = std::mem::take(&mut identifier.key);
            identifier.key = IdentifierKey::stated(key.kind, key.value, country);
        }
    }

    /// True when it has a value for the field.
    pub(crate) fn has(&self, field: Field) -> bool {
        // Field by field: it is asked often, and an empty record to compare with costs more than the answer.
        match field {
            Field::Identifiers => !self.identifiers.is_empty(),
            Field::DisplayName => !self.display_name.is_empty(),
            Field::FamilyName => !self.family_name.is_empty(),
            Field::GivenName => !self.given_name.is_empty(),
            Field::BirthDate => self.birth_date.is_some(),
            Field::Gender => self.gender != Gender::Unknown,
            Field::Occupation => !self.occupation.is_empty(),
            Field::IncomeBand => !self.income_band.is_empty(),
            Field::RegionCode => !self.region_code.is_empty(),
            Field::Brand => !self.brand.is_empty(),
            Field::LanguageCode => !self.language_code.is_empty(),
            Field::TimeZone => !self.time_zone.is_empty(),
            Field::PostalAddress => self.postal_address != PostalAddress::default(),
        }
    }

    /// Just these fields.
    pub(crate) fn only(&self, fields: &[Field]) -> Self {
        let mut only = Self::default();
        for field in fields {
            only.take(*field, self);
        }
        only
    }

    fn texts(&self) -> [(Field, &str); 9] {
        [
            (Field::DisplayName, &self.display_name),
            (Field::FamilyName, &self.family_name),
            (Field::GivenName, &self.given_name),
            (Field::Occupation, &self.occupation),
            (Field::IncomeBand, &self.income_band),
            (Field::RegionCode, &self.region_code),
            (Field::Brand, &self.brand),
            (Field::LanguageCode, &self.language_code),
            (Field::TimeZone, &self.time_zone),
        ]
    }

    /// Takes one field over from `sent`; answers whether that changed anything.
    pub(crate) fn take(&mut self, field: Field, sent: &Self) -> bool {
        match field {
            Field::Identifiers => replace(&mut self.identifiers, &sent.identifiers),
            Field::DisplayName => replace(&mut self.display_name, &sent.display_name),
            Field::FamilyName => replace(&mut self.family_name, &sent.family_name),
            Field::GivenName => replace(&mut self.given_name, &sent.given_name),
            Field::BirthDate => replace(&mut self.birth_date, &sent.birth_date),
            Field::Gender => replace(&mut self.gender, &sent.gender),
            Field::Occupation => replace(&mut self.occupation, &sent.occupation),
            Field::IncomeBand => replace(&mut self.income_band, &sent.income_band),
            Field::RegionCode => replace(&mut self.region_code, &sent.region_code),
            Field::Brand => replace(&mut self.brand, &sent.brand),
            Field::LanguageCode => replace(&mut self.language_code, &sent.language_code),
            Field::TimeZone => replace(&mut self.time_zone, &sent.time_zone),
            Field::PostalAddress => replace(&mut self.postal_address, &sent.postal_address),
        }
    }
}

fn replace<T: Clone + PartialEq>(place: &mut T, value: &T) -> bool {
    let differs = place != value;
    if differs {
        place.clone_from(value);
    }
    differs
}

impl Customer {
    /// A customer of whom Patron hears for the first time.
    pub(crate) fn create(id: CustomerId, golden: Golden, now: Timestamp) -> Self {
        Self {
            id,
            details: golden.details,
            origins: golden.origins,
            absorbed: BTreeSet::new(),
            revision: 1,
            version: 1,
            create_time: now,
            update_time: now,
        }
    }

    /// The ids that lead to this customer.
    pub(crate) fn homes(&self) -> Homes {
        Homes {
            profile: self.id,
            absorbed: self.absorbed.clone(),
        }
    }

    /// The version as clients see it.
    pub(crate) fn etag(&self) -> String {
        self.version.to_string()
    }

    /// Refuses an `etag` that is not the current one; empty means any.
    pub(crate) fn check_etag(&self, etag: &str) -> Result<(), EtagMismatch> {
        if etag.is_empty() || etag == self.etag() {
            Ok(())
        } else {
            Err(EtagMismatch)
        }
    }

    /// Takes over what is known of the person now. Answers the fields that differed; with none of them
    /// the record keeps its version.
    pub(crate) fn settle(&mut self, golden: Golden, now: Timestamp) -> Vec<Field> {
        let take = |field: &Field| self.details.take(*field, &golden.details);
        let changed: Vec<_> = Field::all().filter(take).collect();
        self.origins = golden.origins;
        if !changed.is_empty() {
            self.touch(now);
        }
        changed
    }

    /// Takes over who belongs to the person now, and what is known of them; answers the fields that
    /// differed. `past` is the latest of
    /// anything that these ids ever were: no version of theirs comes again.
    pub(crate) fn regroup(
        &mut self,
        profile: &Profile,
        golden: Golden,
        past: Past,
        now: Timestamp,
    ) -> Vec<Field> {
        self.absorbed.clone_from(&profile.absorbed);
        self.version = self.version.max(past.version);
        self.revision = past.revision.saturating_add(1);
        let changed = self.settle(golden, now);
        if changed.is_empty() {
            self.touch(now);
        }
        changed
    }

    fn touch(&mut self, now: Timestamp) {
        self.version = self.version.saturating_add(1);
        self.update_time = self.update_time.max(now);
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_version_is_new_when_a_value_is() {
        let id = CustomerId(Uuid::nil());
        let golden = |name: &str| Golden {
            details: Details {
                display_name: name.to_owned(),
                ..Details::default()
            },
            ..Golden::default()
        };
        let mut customer = Customer::create(id, golden("Eve"), at("2025-03-09T10:00:00Z"));
        let now = at("2025-03-10T10:00:00Z");
        assert_eq!(customer.settle(golden("Eve"), now), []);
        assert_eq!(
            (customer.version, customer.update_time),
            (1, customer.create_time)
        );
        assert_eq!(customer.settle(golden("Ada"), now), [Field::DisplayName]);
        assert_eq!((customer.version, customer.update_time), (2, now));
        assert_eq!(customer.check_etag("1"), Err(EtagMismatch));
        assert_eq!(
            (customer.check_etag("2"), customer.check_etag("")),
            (Ok(()), Ok(()))
        );
    }

    #[test]
    fn details_that_make_no_sense_are_refused_with_their_field() {
        let refusal = |change: fn(&mut Details)| {
            let mut details = Details::default();
            change(&mut details);
            details
                .check()
                .map_err(|invalid| invalid.field)
                .unwrap_err()
        };
        assert_eq!(
            refusal(|details| details.time_zone = "Mars/Base".to_owned()),
            "time_zone"
        );
        assert_eq!(
            refusal(|details| details.language_code = "en_GB".to_owned()),
            "language_code"
        );
        assert_eq!(refusal(|details| details.brand = "a\0".to_owned()), "brand");
    }
}
