//! How good what is known of a customer is: how much of what is worth knowing, and which part of it can be
//! right.

mod findings;
pub(crate) mod summary;

use jiff::Timestamp;

use super::customer::{Customer, Details};
use super::field::Field;
use super::identifier::Identifier;
use super::identity::golden::Origin;
use super::points::{EMAIL, PHONE};
use findings::Check;

/// What is wrong with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Problem {
    Missing,
    /// It can't be right.
    Invalid,
    /// A phone number of a range that is not known.
    Unassigned,
    /// What people write to get past a form.
    Placeholder,
    /// Last confirmed then, which is too long ago.
    Stale {
        since: Timestamp,
    },
}

/// A reason for which a record is not as good as it could be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// For example `birth_date` or `identifiers[2]`.
    pub(crate) field: String,
    /// The same where all identifiers of a kind are one: `identifiers.phone`.
    pub(crate) group: &'static str,
    pub(crate) problem: Problem,
}

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Quality {
    /// 0 to 100.
    pub(crate) completeness: i32,
    /// 0 to 100.
    pub(crate) validity: i32,
    pub(crate) findings: Vec<Finding>,
}

/// As of when a record is looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AsOf {
    pub(crate) now: Timestamp,
    /// What was confirmed before this is stale.
    pub(crate) stale_before: Timestamp,
}

/// What is worth knowing, and how much of the whole it is.
const WORTH: [(&str, i32); 8] = [
    (PHONES, 25),
    (EMAILS, 20),
    ("display_name", 15),
    ("birth_date", 10),
    ("gender", 5),
    ("postal_address", 15),
    ("language_code", 5),
    ("region_code", 5),
];

const PHONES: &str = "identifiers.phone";
const EMAILS: &str = "identifiers.email";

/// Looks at what is known of a customer.
pub(crate) fn assess(customer: &Customer, as_of: AsOf) -> Quality {
    let mut check = Check::default();
    let is_missing = |name: &str| !knows(&customer.details, name);
    for (name, _) in WORTH.iter().filter(|(name, _)| is_missing(name)) {
        check.miss(name);
    }
    check.look(customer, as_of);
    let known = WORTH.iter().filter(|(name, _)| !is_missing(name));
    Quality {
        completeness: known.map(|(_, worth)| worth).sum(),
        validity: check.validity(),
        findings: check.findings,
    }
}

/// When the contact value that was confirmed longest ago was; `None` when there is none.
pub(crate) fn oldest_confirmation(customer: &Customer) -> Option<Timestamp> {
    let confirmed = |path: &String| customer.origins.get(path).map(Origin::confirmed);
    let paths: Vec<String> = contact_paths(&customer.details).collect();
    paths.iter().filter_map(confirmed).min()
}

/// Where the values stand by which somebody can be reached.
pub(crate) fn contact_paths(details: &Details) -> impl Iterator<Item = String> {
    let points = details.identifiers.iter().enumerate();
    // Where nobody is reached there is nothing to confirm.
    let is_point = |it: &Identifier| group_of(it).is_some() && it.key.is_read();
    let points = points.filter(move |(_, it)| is_point(it));
    let points = points.map(|(at, _)| format!("identifiers[{at}]"));
    let address = details.has(Field::PostalAddress);
    points.chain(address.then(|| Field::PostalAddress.path().to_owned()))
}

/// The group of an identifier by which somebody can be reached.
fn group_of(identifier: &Identifier) -> Option<&'static str> {
    match identifier.key.kind.as_str() {
        PHONE => Some(PHONES),
        EMAIL => Some(EMAILS),
        _ => None,
    }
}

fn knows(details: &Details, name: &str) -> bool {
    let has_kind = |group| {
        let mut all = details.identifiers.iter();
        all.any(|it| group_of(it) == Some(group))
    };
    match name {
        PHONES => has_kind(PHONES),
        EMAILS => has_kind(EMAILS),
        "display_name" => findings::names(details).any(|(_, name)| !name.is_empty()),
        _ => Field::named(name).is_some_and(|field| details.has(field)),
    }
}

#[cfg(test)]
mod tests;
