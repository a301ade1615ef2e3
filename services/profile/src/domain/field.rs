//! The fields of a customer that clients may change.

use super::invalid::{Invalid, Problem};

/// A field that an update mask may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Field {
    Identifiers,
    DisplayName,
    FamilyName,
    GivenName,
    BirthDate,
    Gender,
    Occupation,
    IncomeBand,
    RegionCode,
    Brand,
    LanguageCode,
    TimeZone,
    PostalAddress,
}

const PATHS: [(&str, Field); 13] = [
    ("identifiers", Field::Identifiers),
    ("display_name", Field::DisplayName),
    ("family_name", Field::FamilyName),
    ("given_name", Field::GivenName),
    ("birth_date", Field::BirthDate),
    ("gender", Field::Gender),
    ("occupation", Field::Occupation),
    ("income_band", Field::IncomeBand),
    ("region_code", Field::RegionCode),
    ("brand", Field::Brand),
    ("language_code", Field::LanguageCode),
    ("time_zone", Field::TimeZone),
    ("postal_address", Field::PostalAddress),
];

/// Fields that only Patron sets.
const READ_ONLY: [&str; 5] = ["customer_id", "state", "create_time", "update_time", "etag"];

impl Field {
    /// All of them, in the order of the contract.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        PATHS.iter().map(|(_, field)| *field)
    }

    /// The field of this path.
    pub(crate) fn named(path: &str) -> Option<Self> {
        let named = PATHS.iter().find(|(known, _)| *known == path);
        named.map(|(_, field)| *field)
    }

    /// Its path in the contract.
    pub(crate) fn path(self) -> &'static str {
        PATHS
            .iter()
            .find(|(_, field)| *field == self)
            .map_or("", |(path, _)| path)
    }
}

/// The fields that a mask names, each once, in the order of the contract.
pub(crate) fn parse_mask(paths: &[String]) -> Result<Vec<Field>, Invalid> {
    if paths.is_empty() {
        return Err(Invalid::new("update_mask", Problem::EmptyMask));
    }
    if let Some(unknown) = paths
        .iter()
        .find(|path| !PATHS.iter().any(|(known, _)| known == path))
    {
        let problem = if READ_ONLY.contains(&unknown.as_str()) {
            Problem::ReadOnlyField
        } else {
            Problem::UnknownField
        };
        return Err(Invalid::new(format!("update_mask.{unknown}"), problem));
    }
    let named = PATHS
        .iter()
        .filter(|(path, _)| paths.iter().any(|wanted| wanted == path));
    Ok(named.map(|(_, field)| *field).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(paths: &[&str]) -> Result<Vec<Field>, Invalid> {
        parse_mask(
            &paths
                .iter()
                .map(|path| (*path).to_owned())
                .collect::<Vec<_>>(),
        )
    }

    #[test]
    fn a_mask_names_fields_that_exist_and_may_be_changed() {
        let fields = parse(&["brand", "display_name", "brand"]).unwrap();
        assert_eq!(fields, [Field::DisplayName, Field::Brand]);
        assert_eq!(parse(&[]).unwrap_err().problem, Problem::EmptyMask);
        for (path, problem) in [
            ("etag", Problem::ReadOnlyField),
            ("create_time", Problem::ReadOnlyField),
            ("displayName", Problem::UnknownField),
            ("birth_date.year", Problem::UnknownField),
            ("*", Problem::UnknownField),
        ] {
            let refused = parse(&["brand", path]).unwrap_err();
            assert_eq!(
                refused,
                Invalid::new(format!("update_mask.{path}"), problem)
            );
        }
    }
}
