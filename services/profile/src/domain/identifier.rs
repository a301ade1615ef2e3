//! How channels know a customer.

use std::collections::HashSet;

use super::identity::{conflict, kinds};
use super::invalid::{Invalid, Problem};
use super::points::phone::Country;
use super::{points, text};

/// What an identifier identifies by: no two customers share one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct IdentifierKey {
    /// For example `phone`.
    pub(crate) kind: String,
    /// In the form by which it is known, or as it was stated when it can't be read. Personal data.
    pub(crate) value: String,
}

/// An identifier of a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identifier {
    pub(crate) key: IdentifierKey,
    /// Whether the customer has proven that it is theirs.
    pub(crate) verified: bool,
}

impl IdentifierKey {
    /// What is stated. A phone number that does not say so is of `country`.
    pub(crate) fn stated(kind: String, stated: String, country: Option<Country>) -> Self {
        let value = points::read(&kind, &stated, country).unwrap_or(stated);
        Self { kind, value }
    }
}

/// Refuses a value that can't be stored or identifies nobody.
pub(crate) fn check(field: impl Fn() -> String, value: &str) -> Result<(), Invalid> {
    text::check(&field, value)?;
    if kinds::is_placeholder(value) {
        return Err(Invalid::new(field(), Problem::IdentifiesNobody));
    }
    Ok(())
}

/// Refuses identifiers that can't be stored or stand twice.
pub(crate) fn check_all(identifiers: &[Identifier]) -> Result<(), Invalid> {
    let mut seen = HashSet::new();
    for (at, identifier) in identifiers.iter().enumerate() {
        check(|| format!("identifiers[{at}].value"), &identifier.key.value)?;
        if !seen.insert(&identifier.key) {
            let field = format!("identifiers[{at}]");
            return Err(Invalid::new(field, Problem::DuplicateIdentifier));
        }
    }
    conflict::check_values(identifiers)
        .map_err(|_| Invalid::new("identifiers", Problem::SecondValue))
}
