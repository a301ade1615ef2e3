//! What the configuration says of the service.

use jiff::SignedDuration;
use seal::Keyring;
use serde::{Deserialize, Serialize};

use crate::domain::points::phone::Country;

/// How profile works.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Personal data is sealed and found by it, and people who were erased stay out.
    pub keyring: Keyring,
    /// Of which country national phone numbers are of people whose own is not known.
    pub phone_country: PhoneCountry,
    /// For how many days it holds that somebody can be reached by what was seen or confirmed.
    pub stale_after_days: u16,
}

impl Settings {
    pub(crate) fn stale_after(&self) -> SignedDuration {
        SignedDuration::from_hours(i64::from(self.stale_after_days).saturating_mul(24))
    }
}

/// An ISO 3166 code of a country, for example `CN`; empty: none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PhoneCountry(String);

/// A text that is no country's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a country is two letters of ISO 3166, for example CN, or empty")]
pub struct NoSuchCountry;

impl PhoneCountry {
    pub(crate) fn country(&self) -> Option<Country> {
        Country::named(&self.0)
    }
}

impl TryFrom<String> for PhoneCountry {
    type Error = NoSuchCountry;

    fn try_from(text: String) -> Result<Self, NoSuchCountry> {
        let is_known = text.is_empty() || (text.len() == 2 && Country::named(&text).is_some());
        is_known.then_some(Self(text)).ok_or(NoSuchCountry)
    }
}

impl From<PhoneCountry> for String {
    fn from(country: PhoneCountry) -> Self {
        country.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_country_is_one_that_has_phones() {
        for text in ["", "CN", "GB"] {
            assert!(PhoneCountry::try_from(text.to_owned()).is_ok(), "{text}");
        }
        for text in ["cn", "CN-31", "ZZ", "China"] {
            assert_eq!(PhoneCountry::try_from(text.to_owned()), Err(NoSuchCountry));
        }
    }
}
