//! Looks at each value.

use jiff::Timestamp;
use jiff::tz::Offset;

use super::{AsOf, Finding, Problem, group_of};
use crate::domain::birth_date::BirthDate;
use crate::domain::customer::{Customer, Details};
use crate::domain::field::Field;
use crate::domain::identifier::Identifier;
use crate::domain::identity::kinds::is_placeholder;
use crate::domain::points::phone::{Country, is_assigned};
use crate::domain::points::{PHONE, Unreadable};

/// Nobody is known to have become older.
const OLDEST_YEARS: i16 = 122;

/// What forms send as the date of birth of somebody who did not tell it.
const NO_BIRTHDAYS: [(i16, i8, i8); 3] = [(1900, 1, 1), (1901, 1, 1), (1970, 1, 1)];

/// What people write in place of their name.
const NO_NAMES: [&str; 10] = [
    "x", "xx", "xxx", "asdf", "qwerty", "测试", "无", "未知", "匿名", "先生",
];

/// What was looked at so far.
#[derive(Debug, Default)]
pub(super) struct Check {
    pub(super) findings: Vec<Finding>,
    /// Values that are known.
    known: i32,
    /// Half values: two for each that can be right, one for each that is stale.
    halves: i32,
}

impl Check {
    /// Something is not known.
    pub(super) fn miss(&mut self, name: &'static str) {
        self.findings.push(Finding {
            field: name.to_owned(),
            group: name,
            problem: Problem::Missing,
        });
    }

    /// Looks at all values of a customer that could be wrong.
    pub(super) fn look(&mut self, customer: &Customer, as_of: AsOf) {
        let details = &customer.details;
        let country = Country::named(&details.region_code);
        for (at, identifier) in details.identifiers.iter().enumerate() {
            if let Some(group) = group_of(identifier) {
                let field = format!("identifiers[{at}]");
                let wrong = unreadable(identifier, country);
                let wrong = wrong.or_else(|| stale(customer, &field, as_of));
                let wrong = wrong.or_else(|| unassigned(identifier));
                self.add(field, group, wrong);
            }
        }
        for (group, name) in names(details).filter(|(_, name)| !name.is_empty()) {
            let wrong = is_no_name(name).then_some(Problem::Placeholder);
            self.add(group.to_owned(), group, wrong);
        }
        if let Some(birth) = details.birth_date {
            let field = Field::BirthDate.path();
            self.add(field.to_owned(), field, of_birth(birth, as_of.now));
        }
        if details.has(Field::PostalAddress) {
            let field = Field::PostalAddress.path();
            let is_whole = !details.postal_address.lines.is_empty();
            let wrong = stale(customer, field, as_of);
            let wrong = wrong.or((!is_whole).then_some(Problem::Invalid));
            self.add(field.to_owned(), field, wrong);
        }
    }

    fn add(&mut self, field: String, group: &'static str, wrong: Option<Problem>) {
        self.known = self.known.saturating_add(1);
        let halves = match wrong {
            None => 2,
            Some(Problem::Stale { .. }) => 1,
            Some(_) => 0,
        };
        self.halves = self.halves.saturating_add(halves);
        self.findings.extend(wrong.map(|problem| Finding {
            field,
            group,
            problem,
        }));
    }

    /// Which part of what is known can be right, of 100.
    pub(super) fn validity(&self) -> i32 {
        let whole = self.known.saturating_mul(2);
        let part = self.halves.saturating_mul(100);
        part.checked_div(whole).unwrap_or(100)
    }
}

/// The texts that are names.
pub(super) fn names(details: &Details) -> impl Iterator<Item = (&'static str, &str)> {
    [
        (Field::DisplayName.path(), details.display_name.as_str()),
        (Field::FamilyName.path(), details.family_name.as_str()),
        (Field::GivenName.path(), details.given_name.as_str()),
    ]
    .into_iter()
}

fn unreadable(identifier: &Identifier, country: Option<Country>) -> Option<Problem> {
    Some(match identifier.key.problem(country)? {
        Unreadable::Placeholder => Problem::Placeholder,
        _ => Problem::Invalid,
    })
}

fn unassigned(identifier: &Identifier) -> Option<Problem> {
    let key = &identifier.key;
    let is_unknown = key.kind == PHONE && !is_assigned(&key.value);
    is_unknown.then_some(Problem::Unassigned)
}

fn stale(customer: &Customer, field: &str, as_of: AsOf) -> Option<Problem> {
    let since = customer.origins.get(field)?.confirmed();
    (since < as_of.stale_before).then_some(Problem::Stale { since })
}

fn is_no_name(name: &str) -> bool {
    let name = name.trim().to_lowercase();
    let has_letters = name.chars().any(char::is_alphabetic);
    is_placeholder(&name) || NO_NAMES.contains(&name.as_str()) || !has_letters
}

fn of_birth(birth: BirthDate, now: Timestamp) -> Option<Problem> {
    let year = birth.year?;
    if NO_BIRTHDAYS.contains(&(year, birth.month, birth.day)) {
        return Some(Problem::Placeholder);
    }
    let oldest = Offset::UTC
        .to_datetime(now)
        .year()
        .saturating_sub(OLDEST_YEARS);
    (year < oldest).then_some(Problem::Invalid)
}
