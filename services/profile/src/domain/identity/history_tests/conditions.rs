//! A dozen conditions, and the same read from what a person has said and done.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::naive::{Bought, Naive, Person};
use super::world::ATTRIBUTES;
use crate::domain::customer::Details;
use crate::domain::segment::condition::Condition;
use crate::domain::segment::vocabulary::Vocabulary;

/// What is known of a person.
pub(super) struct Known<'a> {
    pub(super) details: Details,
    pub(super) tags: BTreeMap<usize, i64>,
    pub(super) attributes: BTreeMap<usize, usize>,
    pub(super) orders: Vec<&'a Bought>,
    now: i64,
}

impl<'a> Known<'a> {
    pub(super) fn of(naive: &'a Naive, person: Person, now: i64) -> Self {
        Self {
            details: naive.details(person),
            tags: naive.tags(person, now),
            attributes: naive.attributes(person),
            orders: naive.orders(person),
            now,
        }
    }

    fn within(&self, minutes: i64) -> impl Iterator<Item = &Bought> {
        let orders = self.orders.iter().copied();
        orders.filter(move |it| self.now - it.minute < minutes)
    }

    fn days_since_last(&self) -> Option<i64> {
        let last = self.orders.first()?;
        Some(self.now.div_euclid(24 * 60) - last.minute.div_euclid(24 * 60))
    }

    fn age(&self) -> Option<i64> {
        let birth = self.details.birth_date?;
        // It is January, and not the first.
        Some(2025 - i64::from(birth.year?) - i64::from(birth.month > 1))
    }
}

type Read = fn(&Known<'_>) -> bool;

const CONDITIONS: [(&str, Read); 12] = [
    ("orders.count >= 2", |it| it.orders.len() >= 2),
    ("orders.net('GBP') > 400", |it| {
        it.orders
            .iter()
            .map(|it| it.amount - it.refunded)
            .sum::<i64>()
            > 400
    }),
    ("orders.returns > 0", |it| {
        it.orders.iter().any(|it| it.returns > 0)
    }),
    (
        "orders.count > 0 && orders.within_days(1).count == 0",
        |it| !it.orders.is_empty() && it.within(24 * 60).next().is_none(),
    ),
    ("orders.within_hours(30).gross('GBP') >= 300", |it| {
        it.within(30 * 60).map(|it| it.amount).sum::<i64>() >= 300
    }),
    ("orders.?days_since_last.orValue(99) <= 1", |it| {
        it.days_since_last().is_some_and(|days| days <= 1)
    }),
    ("'vip' in customer.tags", |it| it.tags.contains_key(&0)),
    ("'tea' in customer.tags && orders.count == 0", |it| {
        it.tags.contains_key(&1) && it.orders.is_empty()
    }),
    ("attribute.?cup.orValue('') == 'red'", |it| {
        it.attributes.get(&0) == Some(&0)
    }),
    ("has(attribute.pot) && attribute.pot != 'red'", |it| {
        it.attributes.get(&1).is_some_and(|value| *value != 0)
    }),
    ("customer.brand == 'x'", |it| it.details.brand == "x"),
    ("has(customer.age) && customer.age >= 34", |it| {
        it.age().is_some_and(|age| age >= 34)
    }),
];

/// The conditions, compiled.
pub(super) static COMPILED: LazyLock<Vec<(Condition, Read)>> = LazyLock::new(|| {
    let words = Vocabulary::of(ATTRIBUTES.values());
    let compile = |source: &str| Condition::compile(source, &words).unwrap();
    CONDITIONS
        .iter()
        .map(|(source, read)| (compile(source), *read))
        .collect()
});
