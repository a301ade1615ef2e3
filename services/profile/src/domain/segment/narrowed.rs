//! Orders of a person: all of them, those of a window, those of a category, channel or store.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use rules::{Fact, Record};

use super::witness::{Moment, after};
use crate::domain::money::Currency;
use crate::domain::order::{OrderLine, RecordedOrder};
use crate::domain::refund::Returned;

/// Orders that a condition speaks of.
#[derive(Debug)]
pub(super) struct Narrowed<'m> {
    moment: &'m Moment<'m>,
    /// Those of the last so long.
    window: Option<SignedDuration>,
    choice: Option<Choice>,
    parts: Parts<'m>,
}

#[derive(Clone, Debug)]
enum Choice {
    /// With a line of this category or one below it.
    Category(String),
    Channel(String),
    Store(String),
}

impl<'m> Narrowed<'m> {
    pub(super) fn all(moment: &'m Moment<'m>) -> Self {
        Self {
            moment,
            window: None,
            choice: None,
            parts: Parts::default(),
        }
    }

    fn is_all(&self) -> bool {
        self.window.is_none() && self.choice.is_none()
    }

    /// Those among them that a member of a family stands for.
    fn part(&self, name: &str) -> Option<Self> {
        let hours = |hours| SignedDuration::from_hours(hours);
        let (window, choice) = if let Some(days) = argument(name, "within_days") {
            let days: i64 = days.parse().ok()?;
            (Some(hours(days.saturating_mul(24))), None)
        } else if let Some(within) = argument(name, "within_hours") {
            (Some(hours(within.parse().ok()?)), None)
        } else if let Some(category) = argument(name, "in_category") {
            (self.window, Some(Choice::Category(unquoted(category)?)))
        } else if let Some(channel) = argument(name, "in_channel") {
            (self.window, Some(Choice::Channel(unquoted(channel)?)))
        } else {
            let store = unquoted(argument(name, "in_store")?)?;
            (self.window, Some(Choice::Store(store)))
        };
        Some(Self {
            moment: self.moment,
            window,
            choice,
            parts: Parts::default(),
        })
    }

    /// The orders. What is made of them changes at the latest when the first of them leaves the window.
    /// `None` when not all of them are known.
    fn orders(&self) -> Option<impl Iterator<Item = &'m RecordedOrder>> {
        let Moment { facts, now, .. } = *self.moment;
        let begin = match self.window {
            Some(length) => now.checked_sub(length).unwrap_or(Timestamp::MIN),
            None => Timestamp::MIN,
        };
        if begin < facts.complete_since {
            self.moment.overrun();
            return None;
        }
        let is_in = move |order: &&RecordedOrder| self.window.is_none() || order.order.time > begin;
        let chosen = facts.orders.iter().take_while(is_in);
        let chosen = chosen.filter(|order| self.has(order));
        Some(chosen.inspect(|order| {
            if let Some(length) = self.window {
                self.moment.changes_at(after(order.order.time, length));
            }
        }))
    }

    fn has(&self, order: &RecordedOrder) -> bool {
        match &self.choice {
            None => true,
            Some(Choice::Category(_)) => order.order.lines.iter().any(|line| self.has_line(line)),
            Some(Choice::Channel(channel)) => order.order.channel == *channel,
            Some(Choice::Store(store)) => order.order.store_id == *store,
        }
    }

    fn has_line(&self, line: &OrderLine) -> bool {
        let Some(Choice::Category(category)) = &self.choice else {
            return true;
        };
        let below = line.category.strip_prefix(category.as_str());
        below.is_some_and(|below| below.is_empty() || below.starts_with('/'))
    }

    fn count(&self) -> Option<i64> {
        if self.is_all() {
            return Some(self.moment.facts.traits.order_count);
        }
        Some(length(self.orders()?.count()))
    }

    /// Minor units of a currency; what was paid back counts for the order that it was paid for.
    fn amount(&self, code: &str, of: Of) -> Option<i64> {
        let Some(currency) = Currency::parse(code) else {
            return Some(0);
        };
        if self.is_all() {
            let spend = self.moment.facts.traits.spend.get(&currency).copied();
            let spend = spend.unwrap_or_default();
            return Some(match of {
                Of::Gross => spend.gross,
                Of::Net => spend.net(),
            });
        }
        // All of them are gone through: the others may leave the window first.
        let amounts = self.orders()?.map(|order| {
            if order.order.currency == currency {
                self.lines(order, of)
            } else {
                0
            }
        });
        Some(amounts.fold(0, i64::saturating_add))
    }

    fn lines(&self, order: &RecordedOrder, of: Of) -> i64 {
        let nothing = Returned::default();
        let returned = order.returned.iter().chain(std::iter::repeat(&nothing));
        let lines = order.order.lines.iter().zip(returned);
        let lines = lines.filter(|(line, _)| self.has_line(line));
        let amounts = lines.map(|(line, returned)| match of {
            Of::Gross => line.amount,
            Of::Net => line.amount.saturating_sub(returned.refund),
        });
        amounts.fold(0, i64::saturating_add)
    }

    fn different<'o, I: Iterator<Item = &'o str>>(
        &self,
        of: impl Fn(&'m RecordedOrder) -> I,
    ) -> Option<i64> {
        let values: BTreeSet<&str> = self.orders()?.flat_map(of).collect();
        Some(length(
            values.into_iter().filter(|it| !it.is_empty()).count(),
        ))
    }

    /// What is usual changes with orders and returns, never because time passes.
    fn habit(&self, name: &str) -> Option<Fact<'m>> {
        let habits = &self.moment.facts.habits;
        match name {
            "usual_hour" => Some(Fact::Int(habits.hour?.into())),
            "usual_channel" => Some(Fact::Text(habits.channel.as_deref()?)),
            "favourite_category" => Some(Fact::Text(&habits.categories.first()?.category)),
            _ => None,
        }
    }

    fn figure(&self, name: &str) -> Option<i64> {
        let moment = self.moment;
        match name {
            "count" => self.count(),
            "returns" => Some(moment.facts.traits.return_count),
            "days_since_first" => {
                let first = moment.facts.traits.first_order_time?;
                Some(moment.days_since(first))
            }
            "days_since_last" => Some(moment.days_since(moment.facts.traits.last_order_time?)),
            "channels" => self.different(|it| std::iter::once(it.order.channel.as_str())),
            "stores" => self.different(|it| std::iter::once(it.order.store_id.as_str())),
            "categories" => {
                self.different(|it| it.order.lines.iter().map(|line| line.category.as_str()))
            }
            _ => {
                let net = argument(name, "net").map(|code| (code, Of::Net));
                let found = net.or_else(|| Some((argument(name, "gross")?, Of::Gross)));
                let (code, of) = found?;
                self.amount(&unquoted(code)?, of)
            }
        }
    }
}

impl Record for Narrowed<'_> {
    fn get(&self, name: &str) -> Option<Fact<'_>> {
        if let Some(part) = self.parts.get_or_try_init(name, || self.part(name)) {
            return Some(Fact::Record(part));
        }
        let habit = self.habit(name);
        habit.or_else(|| self.figure(name).map(Fact::Int))
    }
}

#[derive(Clone, Copy, Debug)]
enum Of {
    Gross,
    Net,
}

/// The argument of a member of a family: `90` of `within_days(90)`.
fn argument<'n>(name: &'n str, family: &str) -> Option<&'n str> {
    let rest = name.strip_prefix(family)?.strip_prefix('(')?;
    rest.strip_suffix(')')
}

fn unquoted(argument: &str) -> Option<String> {
    let rest = argument.strip_prefix('\'')?;
    rest.strip_suffix('\'').map(str::to_owned)
}

fn length(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Parts that were asked for, by name. They stay where they are, since facts are borrowed from them.
#[derive(Debug, Default)]
struct Parts<'m>(OnceCell<Box<Part<'m>>>);

#[derive(Debug)]
struct Part<'m> {
    name: String,
    orders: Narrowed<'m>,
    others: Parts<'m>,
}

impl<'m> Parts<'m> {
    fn get_or_try_init(
        &self,
        name: &str,
        make: impl FnOnce() -> Option<Narrowed<'m>>,
    ) -> Option<&Narrowed<'m>> {
        let mut place = self;
        while let Some(part) = place.0.get() {
            if part.name == name {
                return Some(&part.orders);
            }
            place = &part.others;
        }
        let orders = make()?;
        let part = place.0.get_or_init(|| {
            Box::new(Part {
                name: name.to_owned(),
                orders,
                others: Parts::default(),
            })
        });
        Some(&part.orders)
    }
}
