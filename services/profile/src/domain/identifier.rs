//! How channels know a customer.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::hash::{Hash, Hasher};

use super::identity::{conflict, kinds};
use super::invalid::{Invalid, Problem};
use super::points::phone::Country;
use super::points::{self, Unreadable};
use super::text;

/// What an identifier identifies by: no two customers share one.
#[derive(Clone, Debug, Default)]
pub(crate) struct IdentifierKey {
    /// For example `phone`.
    pub(crate) kind: String,
    /// In the form by which it is known, or as it was stated when it can't be read. Personal data.
    pub(crate) value: String,
    /// Found once, when it is stated: to read a phone number takes longer than all else of reading a customer.
    is_read: bool,
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
        match points::read(&kind, &stated, country) {
            Ok(value) => Self::kept(kind, value, true),
            Err(_) => Self::kept(kind, stated, false),
        }
    }

    /// What was stated once, and whether it could be read.
    pub(crate) fn kept(kind: String, value: String, is_read: bool) -> Self {
        Self {
            kind,
            value,
            is_read,
        }
    }

    /// True when the value is in the form by which it is known.
    pub(crate) fn is_read(&self) -> bool {
        self.is_read
    }

    /// What is wrong with the value. `country` is that of the person, for the reason alone: what was not read
    /// when it was stated is not read later.
    pub(crate) fn problem(&self, country: Option<Country>) -> Option<Unreadable> {
        let why = || points::read(&self.kind, &self.value, country).err();
        (!self.is_read).then(|| why().unwrap_or(Unreadable::NoCountry))
    }

    /// What tells it from others. Whether it is read follows from it, and may have been found by older tables.
    fn identity(&self) -> (&str, &str) {
        (&self.kind, &self.value)
    }
}

impl PartialEq for IdentifierKey {
    fn eq(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }
}

impl Eq for IdentifierKey {}

impl Hash for IdentifierKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.identity().hash(state);
    }
}

impl PartialOrd for IdentifierKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for IdentifierKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.identity().cmp(&other.identity())
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
