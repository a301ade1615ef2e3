//! What the pure domain makes of a history, and a naive reading of what was bought and given back.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::trust;
use crate::app::intake::Activity;
use crate::domain::book::{Book, Outcome, Refused, Stamp};
use crate::domain::habits::{Favourite, Habits};
use crate::domain::identity::link::{Link, LinkId};
use crate::domain::identity::profile::Profile;
use crate::domain::identity::source::Source;
use crate::domain::ids::{CustomerId, OrderId, ReturnId};
use crate::domain::money::Currency;
use crate::domain::order::{Order, OrderLine};
use crate::domain::returns::{Fate, Refunds, Return, ReturnLine};
use crate::domain::settle::Contradiction;
use crate::domain::traits::Traits;

pub(super) fn at(minute: i64) -> Timestamp {
    let start: Timestamp = "2025-03-09T09:00:00Z".parse().unwrap();
    start + SignedDuration::from_mins(minute)
}

/// What somebody does. An order is twenty pieces of one price; a return gives one of them back.
#[derive(Clone, Debug)]
pub(super) enum Deed {
    Buy(u8, i64, i64),
    GiveBack(u8, u8, i64),
}

impl Deed {
    pub(super) fn activity(&self) -> Activity {
        match self {
            Self::Buy(id, minute, amount) => Activity::Order(order(*id, *minute, *amount)),
            Self::GiveBack(id, of, minute) => Activity::Return(Return {
                id: ReturnId(format!("r{id}")),
                order_id: OrderId(format!("o{of}")),
                time: at(*minute),
                reason: String::new(),
                currency: None,
                lines: vec![ReturnLine {
                    line_id: "1".to_owned(),
                    quantity: 1,
                    refund: None,
                }],
            }),
        }
    }
}

fn order(id: u8, minute: i64, amount: i64) -> Order {
    Order {
        id: OrderId(format!("o{id}")),
        channel: channel_of(id).to_owned(),
        store_id: String::new(),
        time: at(minute),
        currency: Currency::parse("GBP").unwrap(),
        total: amount * 20,
        lines: vec![OrderLine {
            line_id: "1".to_owned(),
            product_id: "tea".to_owned(),
            product_name: String::new(),
            category: category_of(id).to_owned(),
            quantity: 20,
            amount: amount * 20,
        }],
    }
}

fn channel_of(id: u8) -> &'static str {
    ["online", "store"][usize::from(id % 2)]
}

fn category_of(id: u8) -> &'static str {
    ["tea", "service/postage", "cups"][usize::from(id % 3)]
}

struct Bought {
    home: CustomerId,
    minute: i64,
    amount: i64,
}

struct GivenBack {
    home: CustomerId,
    of: u8,
    minute: i64,
    fate: Fate,
}

/// See the module.
#[derive(Default)]
pub(super) struct Model {
    profiles: Vec<Profile>,
    orders: BTreeMap<u8, Bought>,
    returns: BTreeMap<u8, GivenBack>,
}

impl Model {
    pub(super) fn meet(&mut self, source: Source) {
        self.profiles
            .push(Profile::alone(source.home, vec![source]));
    }

    pub(super) fn profile(&mut self, home: CustomerId) -> &mut Profile {
        let found = self.profiles.iter_mut().find(|it| it.has(home));
        found.unwrap()
    }

    pub(super) fn profile_of(&self, home: CustomerId) -> &Profile {
        self.profiles.iter().find(|it| it.has(home)).unwrap()
    }

    fn take(&mut self, home: CustomerId) -> Profile {
        let place = self.profiles.iter().position(|it| it.has(home)).unwrap();
        self.profiles.remove(place)
    }

    /// A home with its own sources only, without a trace of what it was joined to meanwhile.
    pub(super) fn never_joined(&self, home: CustomerId) -> Profile {
        let sources = self.profile_of(home).sources.iter();
        let mut own: Vec<_> = sources.filter(|it| it.home == home).cloned().collect();
        let ids: BTreeSet<_> = own.iter().map(|it| it.id).collect();
        for source in &mut own {
            source.withdrawn.retain(|(of, _), _| ids.contains(of));
        }
        Profile::alone(home, own)
    }

    pub(super) fn links(&self) -> impl Iterator<Item = (CustomerId, LinkId)> {
        let links = self.profiles.iter().flat_map(|it| &it.links);
        links.map(|link| (link.ends.1, link.id))
    }

    pub(super) fn merge(&mut self, one: CustomerId, other: CustomerId, link: Link) {
        let mut first = self.take(one);
        if first.has(other) {
            first.links.push(link);
            self.profiles.push(first);
            return;
        }
        let second = self.take(other);
        let merged = first.merge(second, link, &trust()).unwrap();
        self.profiles.push(merged);
    }

    /// Whether the domain has a reason against joining the two.
    pub(super) fn refuses(&self, one: CustomerId, other: CustomerId) -> bool {
        let (first, second) = (self.profile_of(one), self.profile_of(other));
        if first.id == second.id {
            let ends = (one.min(other), one.max(other));
            return one == other || first.links.iter().any(|link| link.ends == ends);
        }
        first.check_merge(second, &trust()).is_err()
    }

    /// Answers who is a customer again.
    pub(super) fn unmerge(&mut self, customer: CustomerId, link: LinkId) -> Option<CustomerId> {
        let (stays, parted) = self.take(customer).unmerge(link).unwrap();
        self.profiles.push(stays);
        let id = parted.as_ref().map(|it| it.id);
        self.profiles.extend(parted);
        id
    }

    fn is_one(&self, one: CustomerId, other: CustomerId) -> bool {
        self.profile_of(one).has(other)
    }

    pub(super) fn act(&mut self, home: CustomerId, deed: &Deed) -> Result<Outcome, Refused> {
        match *deed {
            Deed::Buy(id, minute, amount) => self.buy(home, id, (minute, amount)),
            Deed::GiveBack(id, of, minute) => self.give_back(home, (id, of), minute),
        }
    }

    fn buy(
        &mut self,
        home: CustomerId,
        id: u8,
        (minute, amount): (i64, i64),
    ) -> Result<Outcome, Refused> {
        if let Some(known) = self.orders.get(&id) {
            let field = if !self.is_one(known.home, home) {
                "customer_id"
            } else if known.minute != minute {
                "order_time"
            } else if known.amount != amount {
                "lines[0].amount"
            } else {
                return Ok(Outcome::AlreadyRecorded);
            };
            let field = field.to_owned();
            return Err(Refused::OrderConflict { field });
        }
        let bought = Bought {
            home,
            minute,
            amount,
        };
        self.orders.insert(id, bought);
        let waiting = self.returns.iter().filter(|(_, it)| it.of == id);
        let waiting: Vec<_> = waiting.map(|(id, it)| (*id, it.home)).collect();
        for (returned, by) in waiting {
            let is_theirs = self.is_one(by, home);
            let known = self.returns.get_mut(&returned).unwrap();
            if is_theirs {
                known.home = home;
                known.fate = paid(amount);
            } else {
                known.fate = Fate::Rejected(Contradiction::OrderOfAnotherCustomer);
            }
        }
        Ok(Outcome::Recorded)
    }

    fn give_back(
        &mut self,
        home: CustomerId,
        (id, of): (u8, u8),
        minute: i64,
    ) -> Result<Outcome, Refused> {
        if let Some(known) = self.returns.get(&id) {
            let field = if !self.is_one(known.home, home) {
                "customer_id"
            } else if known.of != of {
                "order_id"
            } else if known.minute != minute {
                "return_time"
            } else {
                return Ok(Outcome::AlreadyRecorded);
            };
            let field = field.to_owned();
            return Err(Refused::ReturnConflict { field });
        }
        let (home, fate, outcome) = match self.orders.get(&of) {
            None => (home, Fate::Awaiting, Outcome::AwaitingOrder),
            Some(order) if self.is_one(order.home, home) => {
                (order.home, paid(order.amount), Outcome::Recorded)
            }
            Some(_) => return Err(Contradiction::OrderOfAnotherCustomer.into()),
        };
        let given = GivenBack {
            home,
            of,
            minute,
            fate,
        };
        self.returns.insert(id, given);
        Ok(outcome)
    }

    /// Where a return is kept, and what became of it.
    pub(super) fn landed(&self, deed: &Deed) -> Option<(CustomerId, Fate)> {
        let Deed::GiveBack(id, ..) = deed else {
            return None;
        };
        let known = self.returns.get(id)?;
        Some((known.home, known.fate.clone()))
    }

    pub(super) fn orders_of(
        &self,
        homes: &BTreeSet<CustomerId>,
    ) -> BTreeSet<(CustomerId, OrderId)> {
        let theirs = self
            .orders
            .iter()
            .filter(|(_, it)| homes.contains(&it.home));
        theirs
            .map(|(id, it)| (it.home, OrderId(format!("o{id}"))))
            .collect()
    }

    pub(super) fn returns_of(
        &self,
        homes: &BTreeSet<CustomerId>,
    ) -> BTreeSet<(CustomerId, ReturnId, String)> {
        let theirs = self
            .returns
            .iter()
            .filter(|(_, it)| homes.contains(&it.home));
        theirs
            .map(|(id, it)| {
                (
                    it.home,
                    ReturnId(format!("r{id}")),
                    format!("{:?}", it.fate),
                )
            })
            .collect()
    }

    /// The figures of each home, from a book in which nobody was ever joined to anybody.
    pub(super) fn figures(&self) -> BTreeMap<CustomerId, Traits> {
        let stamp = || Stamp {
            entry_id: Uuid::nil(),
            record_time: at(0),
        };
        let mut book = Book::default();
        let homes = self.profiles.iter().flat_map(Profile::homes);
        homes.for_each(|home| book.open_customer(home));
        for (id, it) in &self.orders {
            let order = order(*id, it.minute, it.amount);
            book.record_order(it.home, order, stamp()).unwrap();
        }
        let applied = self.returns.iter();
        for (id, it) in applied.filter(|(_, it)| matches!(it.fate, Fate::Applied(_))) {
            let deed = Deed::GiveBack(*id, it.of, it.minute);
            if let Activity::Return(content) = deed.activity() {
                book.record_return(it.home, content, stamp()).unwrap();
            }
        }
        book.into_changes().traits.into_iter().collect()
    }

    /// What the orders of these homes have in common. All of them are of the hour after nine.
    pub(super) fn habits_of(&self, homes: &BTreeSet<CustomerId>) -> Habits {
        let theirs = self.orders.iter();
        let theirs: Vec<_> = theirs
            .filter(|(_, it)| homes.contains(&it.home))
            .map(|(id, it)| (*id, it.minute))
            .collect();
        let kept = theirs.iter().copied().filter(|(id, _)| self.is_kept(*id));
        let favourites = by_frequency(&kept.collect::<Vec<_>>(), category_of, ["cups", "tea"]);
        let favourites = favourites.into_iter().map(|(category, count)| Favourite {
            category: category.to_owned(),
            order_count: i64::try_from(count).unwrap(),
        });
        let channels = by_frequency(&theirs, channel_of, ["online", "store"]);
        Habits {
            categories: favourites.collect(),
            hour: (!theirs.is_empty()).then_some(9),
            channel: channels.first().map(|(channel, _)| (*channel).to_owned()),
        }
    }

    /// Whether not all of its twenty pieces were given back.
    fn is_kept(&self, order: u8) -> bool {
        let applied = self.returns.values();
        let applied = applied.filter(|it| matches!(it.fate, Fate::Applied(_)));
        applied.filter(|it| it.of == order).count() < 20
    }
}

/// How many of these orders, told by id and minute, have each of the names, which come in their order.
fn by_frequency(
    orders: &[(u8, i64)],
    name_of: fn(u8) -> &'static str,
    names: [&'static str; 2],
) -> Vec<(&'static str, usize)> {
    let mut counted: Vec<(usize, i64, &str)> = Vec::new();
    for name in names {
        let of_name = orders.iter().filter(|(id, _)| name_of(*id) == name);
        let minutes: Vec<_> = of_name.map(|(_, minute)| *minute).collect();
        let latest = minutes.iter().max();
        counted.extend(latest.map(|latest| (minutes.len(), *latest, name)));
    }
    counted.sort_by_key(|(count, latest, _)| Reverse((*count, *latest)));
    let counted = counted.into_iter();
    counted.map(|(count, _, name)| (name, count)).collect()
}

fn paid(amount: i64) -> Fate {
    Fate::Applied(Refunds {
        currency: Currency::parse("GBP").unwrap(),
        by_line: vec![amount],
    })
}
