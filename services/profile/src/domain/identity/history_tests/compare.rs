//! A person as it is kept, and as it is read from all that happened.

use std::collections::BTreeMap;

use super::conditions::{COMPILED, Known};
use super::naive::{Allowed, Bought, Naive, Person};
use super::step::{Aspect, KEYS, TAGS, TOPICS, VALUES, at, minute, number};
use super::world::{POUND, World, topic};
use crate::domain::attribute::value::Value;
use crate::domain::contact::consent::State;
use crate::domain::customer::Details;
use crate::domain::identity::conflict::check_values;
use crate::domain::identity::profile::Profile;
use crate::domain::order::RecordedOrder;
use crate::domain::tag::{self, standing};
use crate::domain::traits::{Spend, Traits};

/// Both, at the present instant.
pub(super) struct Compared<'a> {
    pub(super) world: &'a World,
    pub(super) naive: &'a Naive,
    pub(super) profile: &'a Profile,
    pub(super) person: Person,
}

impl Compared<'_> {
    /// Compares a part.
    pub(super) fn aspect(&self, aspect: Aspect) {
        let Self {
            world,
            naive,
            profile,
            person,
        } = *self;
        match aspect {
            Aspect::Record => check_details(&World::details(profile), &naive.details(person)),
            Aspect::Consents => self.consents(),
            Aspect::Tags => {
                self.tags(&world.tags_of(profile), naive.tags(person, world.now));
            }
            Aspect::Attributes => {
                let told = written(&naive.attributes(person));
                assert_eq!(world.attributes_of(profile), told);
            }
            Aspect::Orders => check_orders(&world.bought(profile), &naive.orders(person)),
        }
    }

    /// Compares everything, and whether a condition holds; answers that.
    pub(super) fn everything(&self, turn: usize) -> bool {
        let now = self.world.now;
        let facts = self.world.facts(self.profile);
        let known = Known::of(self.naive, self.person, now);
        let (condition, read) = &COMPILED[turn % COMPILED.len()];
        let verdict = condition.evaluate(&facts, at(now));
        assert_eq!(verdict.holds, Ok(read(&known)), "{condition:?}");
        check_details(&facts.details, &known.details);
        self.consents();
        self.tags(&facts.tags, known.tags);
        assert_eq!(facts.attributes, written(&known.attributes));
        check_orders(&(facts.traits, facts.orders), &known.orders);
        verdict.is_member()
    }

    fn consents(&self) {
        let said = self.world.said(&self.profile.homes());
        let now = self.world.now;
        for nth in 0..TOPICS {
            let state = allowed(said.state(&topic(nth), at(now)));
            assert_eq!(state, self.naive.allowed(self.person, nth, now));
        }
    }

    fn tags(&self, latest: &[tag::Change], told: BTreeMap<usize, i64>) {
        assert_eq!(tags_of(latest, self.world.now), ended(told));
    }
}

fn check_details(kept: &Details, told: &Details) {
    assert_eq!(kept, told);
    assert_eq!(check_values(&kept.identifiers), Ok(()));
}

fn allowed(state: State) -> Allowed {
    match state {
        State::Withdrawn => (0, 0),
        State::Expired => (1, 0),
        State::NotAsked => (2, 0),
        State::Pending { confirm_by } => (3, minute(confirm_by)),
        State::Granted { until } => (4, until.map_or(i64::MAX, minute)),
    }
}

fn tags_of(latest: &[tag::Change], now: i64) -> BTreeMap<String, Option<i64>> {
    let standing = standing(latest, at(now)).into_iter();
    let tags = standing.map(|(tag, change)| match change.kind {
        tag::Kind::Added { until } => (tag.to_owned(), until.map(minute)),
        tag::Kind::Removed => (String::new(), None),
    });
    tags.collect()
}

fn ended(tags: BTreeMap<usize, i64>) -> BTreeMap<String, Option<i64>> {
    let tags = tags.into_iter();
    tags.map(|(tag, end)| {
        (
            TAGS[tag].to_owned(),
            Some(end).filter(|end| *end < i64::MAX),
        )
    })
    .collect()
}

fn written(attributes: &BTreeMap<usize, usize>) -> BTreeMap<String, Value> {
    let text = |value: usize| Value::Text(VALUES[value].to_owned());
    let all = attributes.iter();
    all.map(|(key, value)| (KEYS[*key].to_owned(), text(*value)))
        .collect()
}

fn check_orders((traits, orders): &(Traits, Vec<RecordedOrder>), told: &[&Bought]) {
    let kept = orders.iter().map(|it| {
        let of = number(it.customer);
        (of, it.order.time, it.order.total, it.returned[0].refund)
    });
    let told_of = told.iter();
    let told_of = told_of.map(|it| (it.home, at(it.minute), it.amount, it.refunded));
    assert!(kept.eq(told_of), "{orders:?}");
    assert_eq!(*traits, figures(told));
}

fn figures(told: &[&Bought]) -> Traits {
    let count = i64::try_from(told.len()).unwrap();
    let sum = |of: fn(&Bought) -> i64| told.iter().map(|it| of(it)).sum();
    let times = || told.iter().map(|it| it.minute);
    let given_back = told.iter().filter(|it| it.returns > 0);
    let given_back = given_back.map(|it| it.returned);
    let spend = Spend {
        order_count: count,
        gross: sum(|it| it.amount),
        refunded: sum(|it| it.refunded),
    };
    Traits {
        order_count: count,
        return_count: sum(|it| it.returns),
        first_order_time: times().min().map(at),
        last_order_time: times().max().map(at),
        last_activity_time: times().chain(given_back).max().map(at),
        spend: (count > 0).then_some((*POUND, spend)).into_iter().collect(),
    }
}
