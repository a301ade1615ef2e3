//! What is known of a person, put together as `store/segments/facts.rs` does.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{TRUST, World, ZONE};
use crate::domain::attribute::standing;
use crate::domain::attribute::value::Value;
use crate::domain::customer::Details;
use crate::domain::habits::Habits;
use crate::domain::health::heard::Heard;
use crate::domain::identity::history_tests::step::{at, number};
use crate::domain::identity::profile::Profile;
use crate::domain::order::RecordedOrder;
use crate::domain::segment::facts::Facts;
use crate::domain::tag::{self, Change};
use crate::domain::traits::Traits;

impl World {
    /// Everything about a person. Habits are a function of the orders, and no condition here reads them.
    pub(in super::super) fn facts(&self, person: &Profile) -> Facts {
        let (traits, orders) = self.bought(person);
        Facts {
            zone: ZONE.clone(),
            habits: Habits::default(),
            known_since: at(0),
            details: Self::details(person),
            tags: self.tags_of(person),
            attributes: self.attributes_of(person),
            traits,
            orders,
            complete_since: Timestamp::MIN,
            heard: Heard::default(),
            health: None,
            health_until: None,
        }
    }

    /// What a person's orders add up to, and each, the latest first.
    pub(in super::super) fn bought(&self, person: &Profile) -> (Traits, Vec<RecordedOrder>) {
        let homes = person.homes();
        let traits = homes.iter().map(|it| self.traits[number(*it)].clone());
        let orders = self.orders.iter().filter(|it| homes.contains(&it.customer));
        let mut orders: Vec<_> = orders.cloned().collect();
        orders.sort_by_key(|it| Reverse((it.order.time, it.entry_id)));
        (Traits::of_all(traits), orders)
    }

    /// Of what the ids said, also of ids that are another's: people are read several at once.
    pub(in super::super) fn tags_of(&self, person: &Profile) -> Vec<Change> {
        let said = self.tags.iter().filter(|it| person.has(it.by));
        tag::latest(said.cloned(), |it| person.has(it))
    }

    pub(in super::super) fn attributes_of(&self, person: &Profile) -> BTreeMap<String, Value> {
        let said = self.attributes.iter().filter(|it| person.has(it.by));
        let latest = standing::latest(said.cloned(), |it| person.has(it));
        let standing = standing::standing(&latest).into_iter();
        let value = |it: &standing::Change| Value::Text(it.value.clone().unwrap());
        standing
            .map(|(key, it)| (key.0.clone(), value(it)))
            .collect()
    }

    pub(in super::super) fn details(person: &Profile) -> Details {
        person.golden(&TRUST).details
    }
}
