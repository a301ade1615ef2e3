//! What is known of a person at an instant, under the names of the vocabulary.

use std::cell::{Cell, OnceCell};

use calendar::MonthDay;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, Unit};
use rules::{AsFact as _, Fact, Record};

use super::facts::{Facts, day_of};
use super::narrowed::Narrowed;
use super::vocabulary::DAYS_TO;
use crate::domain::attribute::value::Value;
use crate::domain::gender::Gender;
use crate::domain::tag::standing;

/// When windows are tried again of which not all orders are known.
const AGAIN: SignedDuration = SignedDuration::from_hours(24);

/// A person at an instant, and when what was read of it changes next.
#[derive(Debug)]
pub(super) struct Moment<'a> {
    pub(super) facts: &'a Facts,
    pub(super) now: Timestamp,
    next: Cell<Option<Timestamp>>,
    overrun: Cell<bool>,
}

impl<'a> Moment<'a> {
    pub(super) fn new(facts: &'a Facts, now: Timestamp) -> Self {
        Self {
            facts,
            now,
            next: Cell::new(None),
            overrun: Cell::new(false),
        }
    }

    /// The first instant at which something that was read changes.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.next.get()
    }

    /// Whether orders were asked for that are not known.
    pub(super) fn is_overrun(&self) -> bool {
        self.overrun.get()
    }

    /// Notes that what is read changes then.
    pub(super) fn changes_at(&self, at: Timestamp) {
        let earlier = self.next.get().is_none_or(|next| at < next);
        if at > self.now && earlier {
            self.next.set(Some(at));
        }
    }

    /// Notes that too many orders were asked for.
    pub(super) fn overrun(&self) {
        self.overrun.set(true);
        self.changes_at(after(self.now, AGAIN));
    }

    /// The day that it is; what is counted in days changes with the next one.
    fn today(&self) -> Date {
        let zone = &self.facts.zone;
        let today = day_of(zone, self.now);
        self.changes_at(zone.end_of(today));
        today
    }

    /// Days from an instant until now; none from one that is to come.
    pub(super) fn days_since(&self, then: Timestamp) -> i64 {
        let then = day_of(&self.facts.zone, then);
        days(then, self.today()).max(0)
    }
}

/// That long after an instant.
pub(super) fn after(at: Timestamp, length: SignedDuration) -> Timestamp {
    at.checked_add(length).unwrap_or(Timestamp::MAX)
}

fn days(from: Date, to: Date) -> i64 {
    let days = from.until((Unit::Day, to));
    days.map_or(0, |days| i64::from(days.get_days()))
}

/// All names.
#[derive(Debug)]
pub(super) struct Witness<'m> {
    customer: Customer<'m>,
    orders: Narrowed<'m>,
    attributes: Attributes<'m>,
    health: Health<'m>,
}

impl<'m> Witness<'m> {
    pub(super) fn of(moment: &'m Moment<'m>) -> Self {
        Self {
            customer: Customer {
                moment,
                tags: OnceCell::new(),
            },
            orders: Narrowed::all(moment),
            attributes: Attributes(moment),
            health: Health(moment),
        }
    }
}

impl Record for Witness<'_> {
    fn get(&self, name: &str) -> Option<Fact<'_>> {
        match name {
            "customer" => Some(Fact::Record(&self.customer)),
            "orders" => Some(Fact::Record(&self.orders)),
            "attribute" => Some(Fact::Record(&self.attributes)),
            "health" => Some(Fact::Record(&self.health)),
            _ => None,
        }
    }
}

#[derive(Debug)]
struct Customer<'m> {
    moment: &'m Moment<'m>,
    tags: OnceCell<Vec<&'m str>>,
}

impl<'m> Customer<'m> {
    fn tags(&self) -> Vec<&'m str> {
        let Moment { facts, now, .. } = *self.moment;
        let tags = standing(&facts.tags, now);
        for change in tags.values() {
            if let crate::domain::tag::Kind::Added { until: Some(until) } = change.kind {
                self.moment.changes_at(until);
            }
        }
        tags.into_keys().collect()
    }

    fn birthday(&self) -> Option<MonthDay> {
        let birth = self.moment.facts.details.birth_date?;
        MonthDay::new(birth.month, birth.day).ok()
    }

    fn days_to_birthday(&self) -> Option<i64> {
        let today = self.moment.today();
        Some(days(today, self.birthday()?.next_from(today)))
    }

    fn age(&self) -> Option<i64> {
        let year = self.moment.facts.details.birth_date?.year?;
        let today = self.moment.today();
        let is_to_come = self.birthday()?.in_year_of(today) > today;
        let years = i64::from(today.year()) - i64::from(year) - i64::from(is_to_come);
        // Somewhere else it may be the day of birth already.
        Some(years.max(0))
    }
}

impl Record for Customer<'_> {
    fn get(&self, name: &str) -> Option<Fact<'_>> {
        let details = &self.moment.facts.details;
        match name {
            "gender" => Some(Fact::Text(gender(details.gender))),
            "occupation" => Some(details.occupation.as_fact()),
            "income_band" => Some(details.income_band.as_fact()),
            "region" => Some(details.region_code.as_fact()),
            "brand" => Some(details.brand.as_fact()),
            "language" => Some(details.language_code.as_fact()),
            "tags" => Some(self.tags.get_or_init(|| self.tags()).as_fact()),
            "days_known" => {
                let since = self.moment.facts.known_since;
                Some(Fact::Int(self.moment.days_since(since)))
            }
            "age" => self.age().map(Fact::Int),
            "days_to_birthday" => self.days_to_birthday().map(Fact::Int),
            _ => None,
        }
    }
}

/// What the company has defined itself.
#[derive(Debug)]
struct Attributes<'m>(&'m Moment<'m>);

impl Record for Attributes<'_> {
    fn get(&self, name: &str) -> Option<Fact<'_>> {
        let Self(moment) = self;
        let key = name.strip_prefix(DAYS_TO).unwrap_or(name);
        match moment.facts.attributes.get(key)? {
            Value::Text(text) => Some(Fact::Text(text)),
            Value::Integer(number) => Some(Fact::Int(*number)),
            Value::Boolean(is_true) => Some(Fact::Bool(*is_true)),
            Value::Date(date) => Some(Fact::Int(days(moment.today(), *date))),
            Value::Timestamp(time) => {
                let day = day_of(&moment.facts.zone, *time);
                Some(Fact::Int(days(moment.today(), day)))
            }
        }
    }
}

/// How well things stand.
#[derive(Debug)]
struct Health<'m>(&'m Moment<'m>);

impl Record for Health<'_> {
    fn get(&self, name: &str) -> Option<Fact<'_>> {
        let facts = self.0.facts;
        if let Some(until) = facts.health_until {
            self.0.changes_at(until);
        }
        let score = facts.health?;
        match name {
            "index" => Some(Fact::Int(score.index.into())),
            "band" => Some(Fact::Text(score.band.name())),
            _ => None,
        }
    }
}

fn gender(gender: Gender) -> &'static str {
    match gender {
        Gender::Unknown => "",
        Gender::Female => "female",
        Gender::Male => "male",
        Gender::Other => "other",
        Gender::Undisclosed => "undisclosed",
    }
}
