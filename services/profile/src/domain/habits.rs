//! What a customer usually does: a function of the latest orders and of what came back of them.

use std::borrow::Borrow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use calendar::Zone;
use jiff::Timestamp;

use super::order::RecordedOrder;
use super::refund::Returned;

/// The most orders of a person that count: of who has more, those later than the first one too many.
pub(crate) const MOST_ORDERS: u16 = 1_000;

/// The most categories that are told.
const MOST_CATEGORIES: usize = 5;

/// The category of what is charged for and is no goods: postage, fees. What stands below it belongs to it.
const SERVICE_CATEGORY: &str = "service";

/// What somebody buys most, when and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Habits {
    /// The first the most.
    pub(crate) categories: Vec<Favourite>,
    /// Of the day, where the person lives; `None` without orders.
    pub(crate) hour: Option<i8>,
    /// `None` without orders.
    pub(crate) channel: Option<String>,
}

impl Habits {
    /// What these orders of a person show, the latest first. They are all, or more than count.
    pub(crate) fn of<'o>(orders: impl IntoIterator<Item = &'o RecordedOrder>, zone: Zone) -> Self {
        let mut tallies = Tallies::new(zone, MOST_ORDERS);
        let one_more = usize::from(MOST_ORDERS).saturating_add(1);
        let latest = orders.into_iter().take(one_more);
        latest.for_each(|order| tallies.take(order));
        tallies.habits()
    }
}

/// A category of which somebody has kept something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Favourite {
    pub(crate) category: String,
    pub(crate) order_count: i64,
}

/// Counts orders by what they have in common. The same however those of one instant are put in order.
#[derive(Clone, Debug)]
pub(crate) struct Tallies<O> {
    zone: Zone,
    /// How many of the latest orders count.
    most: u16,
    taken: u16,
    /// Those of the earliest instant that was come to. They do not count where they would be cut apart.
    pending: Vec<O>,
    hours: BTreeMap<i8, Tally>,
    channels: BTreeMap<String, Tally>,
    categories: BTreeMap<String, Tally>,
}

/// Ordered by which is the more usual.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Tally {
    orders: i64,
    latest: Timestamp,
}

impl<O: Borrow<RecordedOrder>> Tallies<O> {
    /// Of somebody who lives in this zone, before any order.
    pub(crate) fn new(zone: Zone, most: u16) -> Self {
        Self {
            zone,
            most,
            taken: 0,
            pending: Vec::new(),
            hours: BTreeMap::new(),
            channels: BTreeMap::new(),
            categories: BTreeMap::new(),
        }
    }

    /// Takes a person's orders, the latest first, and of one who has more than count one more than these.
    pub(crate) fn take(&mut self, order: O) {
        let time = order.borrow().order.time;
        let mut before = self.pending.iter();
        if before.any(|it| it.borrow().order.time != time) {
            self.count_pending();
        }
        self.taken = self.taken.saturating_add(1);
        self.pending.push(order);
    }

    /// What the orders show.
    pub(crate) fn habits(mut self) -> Habits {
        if self.taken <= self.most {
            self.count_pending();
        }
        let favourites = ranked(&self.categories).take(MOST_CATEGORIES);
        let favourites = favourites.map(|(category, tally)| Favourite {
            category: category.clone(),
            order_count: tally.orders,
        });
        Habits {
            categories: favourites.collect(),
            hour: ranked(&self.hours).next().map(|(hour, _)| *hour),
            channel: ranked(&self.channels).next().map(|(it, _)| it.clone()),
        }
    }

    fn count_pending(&mut self) {
        for order in std::mem::take(&mut self.pending) {
            let order = order.borrow();
            let time = order.order.time;
            count(&mut self.hours, self.zone.local(time).hour(), time);
            count(&mut self.channels, order.order.channel.clone(), time);
            for category in kept_of(order) {
                count(&mut self.categories, category.to_owned(), time);
            }
        }
    }
}

fn count<K: Ord>(tallies: &mut BTreeMap<K, Tally>, of: K, time: Timestamp) {
    let none = Tally {
        orders: 0,
        latest: time,
    };
    let tally = tallies.entry(of).or_insert(none);
    tally.orders = tally.orders.saturating_add(1);
    tally.latest = tally.latest.max(time);
}

/// The most usual first; of equals the first by name, since sorting leaves them in the order of their names.
fn ranked<K: Ord>(tallies: &BTreeMap<K, Tally>) -> impl Iterator<Item = (&K, &Tally)> {
    let mut all: Vec<_> = tallies.iter().collect();
    all.sort_by_key(|(_, tally)| Reverse(**tally));
    all.into_iter()
}

/// The categories of what was bought and not all given back, each once.
fn kept_of(order: &RecordedOrder) -> BTreeSet<&str> {
    let nothing = Returned::default();
    let returned = order.returned.iter().copied();
    let returned = returned.chain(std::iter::repeat(nothing));
    let lines = order.order.lines.iter().zip(returned);
    let kept = lines.filter(|(line, returned)| returned.quantity < line.quantity);
    let categories = kept.map(|(line, _)| line.category.as_str());
    categories.filter(|it| is_of_goods(it)).collect()
}

fn is_of_goods(category: &str) -> bool {
    let general = category.split('/').next().unwrap_or_default();
    !category.is_empty() && general != SERVICE_CATEGORY
}

#[cfg(test)]
#[path = "habits_tests.rs"]
mod tests;
