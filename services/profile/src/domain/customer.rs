//! Customer records.

use jiff::Timestamp;

use super::birth_date::BirthDate;
use super::field::Field;
use super::gender::Gender;
use super::identifier::{self, Identifier};
use super::ids::CustomerId;
use super::invalid::{Invalid, Problem};
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
}

/// A customer record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Customer {
    pub(crate) id: CustomerId,
    pub(crate) details: Details,
    /// 1, 2, 3 …: goes up with each change.
    pub(crate) version: i64,
    pub(crate) create_time: Timestamp,
    pub(crate) update_time: Timestamp,
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

    /// True when it has a value for the field.
    pub(crate) fn has(&self, field: Field) -> bool {
        Self::default().take(field, self)
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
    pub(crate) fn create(id: CustomerId, details: Details, now: Timestamp) -> Self {
        Self {
            id,
            details,
            version: 1,
            create_time: now,
            update_time: now,
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

    /// Takes these fields over from `sent`. Answers those that differed; with none of them the
    /// record stays as it was, its version too.
    pub(crate) fn update(
        &mut self,
        fields: &[Field],
        sent: &Details,
        now: Timestamp,
    ) -> Vec<Field> {
        let take = |field: &Field| self.details.take(*field, sent).then_some(*field);
        let changed: Vec<_> = fields.iter().filter_map(take).collect();
        if !changed.is_empty() {
            self.version = self.version.saturating_add(1);
            self.update_time = self.update_time.max(now);
        }
        changed
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
    fn an_update_changes_what_the_mask_names_and_nothing_else() {
        let id = CustomerId(Uuid::nil());
        let details = Details {
            brand: "north".to_owned(),
            ..Details::default()
        };
        let mut customer = Customer::create(id, details, at("2025-03-09T10:00:00Z"));
        let sent = Details {
            brand: "north".to_owned(),
            display_name: "Ada".to_owned(),
            occupation: "engineer".to_owned(),
            ..Details::default()
        };
        let now = at("2025-03-10T10:00:00Z");
        assert_eq!(customer.update(&[Field::Brand], &sent, now), []);
        assert_eq!(
            (customer.version, customer.update_time),
            (1, customer.create_time)
        );
        let changed = customer.update(&[Field::DisplayName, Field::Brand], &sent, now);
        assert_eq!(changed, [Field::DisplayName]);
        assert_eq!((customer.version, customer.update_time), (2, now));
        assert_eq!(customer.details.occupation, "");
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
