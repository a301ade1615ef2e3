//! A world that keeps all that happened, and conditions that are read from it one by one.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use calendar::Zone;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Unit};
use proptest::prelude::*;
use uuid::Uuid;

use crate::domain::birth_date::BirthDate;
use crate::domain::customer::Details;
use crate::domain::habits::Habits;
use crate::domain::ids::{CustomerId, OrderId};
use crate::domain::money::Currency;
use crate::domain::order::{Order, OrderLine, RecordedOrder};
use crate::domain::refund::Returned;
use crate::domain::returns::Refunds;
use crate::domain::segment::facts::Facts;
use crate::domain::tag::{Change, Kind};
use crate::domain::traits::Traits;

const CHANNELS: [&str; 2] = ["app", "store"];
const CATEGORIES: [&str; 3] = ["tea", "tea/green", "cups"];
const TAGS: [&str; 2] = ["vip", "老客户"];
const BRANDS: [&str; 2] = ["a", "b"];
/// With and without daylight saving, east and west.
const ZONES: [&str; 3] = ["Asia/Shanghai", "Europe/London", "America/New_York"];

pub(crate) fn begin() -> Timestamp {
    "2024-01-30T22:13:00Z".parse().unwrap()
}

/// Something that happens.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    Buy {
        /// It happened so long before it is told.
        late_hours: i64,
        channel: usize,
        category: usize,
        amount: i64,
        euro: bool,
    },
    /// Part of the price of one of the orders is paid back.
    PayBack {
        order: usize,
        permille: i64,
    },
    Tag {
        tag: usize,
        hours: Option<i64>,
    },
    Untag {
        tag: usize,
    },
    Move {
        zone: usize,
    },
    Tell {
        brand: usize,
        birth: BirthDate,
    },
}

pub(super) fn event() -> impl Strategy<Value = Event> {
    let late = prop_oneof![3 => Just(0_i64), 1 => 0_i64..24 * 40];
    let buy = (late, 0_usize..2, 0_usize..3, 0_i64..2_000, any::<bool>());
    let birth = (1_950_i16..2_020, any::<bool>(), 1_i8..=12, 1_i8..=29);
    prop_oneof![
        6 => buy.prop_map(|(late_hours, channel, category, amount, euro)| Event::Buy {
            late_hours, channel, category, amount, euro
        }),
        2 => (any::<usize>(), 0_i64..=1_000)
            .prop_map(|(order, permille)| Event::PayBack { order, permille }),
        2 => (0_usize..2, prop::option::of(1_i64..24 * 20))
            .prop_map(|(tag, hours)| Event::Tag { tag, hours }),
        1 => (0_usize..2).prop_map(|tag| Event::Untag { tag }),
        1 => (0_usize..3).prop_map(|zone| Event::Move { zone }),
        1 => (0_usize..2, birth).prop_map(|(brand, (year, known, month, day))| {
            let day = if month == 2 || day < 29 { day } else { 28 };
            let birth = BirthDate { year: known.then_some(year), month, day };
            let leap = BirthDate { year: birth.year.map(|year| year / 4 * 4), ..birth };
            Event::Tell { brand, birth: if month == 2 && day == 29 { leap } else { birth } }
        }),
    ]
}

struct Bought {
    time: Timestamp,
    channel: &'static str,
    category: &'static str,
    amount: i64,
    paid_back: i64,
    euro: bool,
}

/// All that happened; and the same as the service keeps it.
pub(crate) struct World {
    bought: Vec<Bought>,
    tags: Vec<(&'static str, Option<Timestamp>)>,
    returns: i64,
    /// Where days are counted, without the calendar of the service.
    zone: TimeZone,
    facts: Facts,
}

impl World {
    pub(crate) fn new() -> Self {
        let facts = Facts {
            zone: Zone::parse(ZONES[0]).unwrap(),
            known_since: begin(),
            details: Details::default(),
            tags: Vec::new(),
            attributes: BTreeMap::new(),
            traits: Traits::default(),
            habits: Habits::default(),
            orders: Vec::new(),
            complete_since: Timestamp::MIN,
            heard: crate::domain::health::heard::Heard::default(),
            health: None,
            health_until: None,
        };
        Self {
            bought: Vec::new(),
            tags: Vec::new(),
            returns: 0,
            zone: TimeZone::get(ZONES[0]).unwrap(),
            facts,
        }
    }

    pub(crate) fn facts(&self) -> &Facts {
        &self.facts
    }

    pub(super) fn forget_before(&mut self, since: Timestamp) {
        self.facts.complete_since = since;
    }

    pub(crate) fn apply(&mut self, event: &Event, now: Timestamp) {
        self.apply_all(std::slice::from_ref(event), now);
    }

    /// Applies all that happens at an instant.
    pub(super) fn apply_all(&mut self, events: &[Event], now: Timestamp) {
        for event in events {
            self.happen(event, now);
        }
        self.facts.habits = Habits::of(&self.facts.orders, self.facts.zone.clone());
    }

    fn happen(&mut self, event: &Event, now: Timestamp) {
        match event {
            Event::Buy {
                late_hours,
                channel,
                category,
                amount,
                euro,
            } => {
                self.buy(&Bought {
                    time: now - SignedDuration::from_hours(*late_hours),
                    channel: CHANNELS[*channel],
                    category: CATEGORIES[*category],
                    amount: *amount,
                    paid_back: 0,
                    euro: *euro,
                });
            }
            Event::PayBack { order, permille } => self.pay_back(*order, *permille, now),
            Event::Tag { tag, hours } => {
                let until = hours.map(|hours| now + SignedDuration::from_hours(hours));
                self.tag(TAGS[*tag], Some(Kind::Added { until }), now);
            }
            Event::Untag { tag } => self.tag(TAGS[*tag], None, now),
            Event::Move { zone } => {
                self.zone = TimeZone::get(ZONES[*zone]).unwrap();
                self.facts.zone = Zone::parse(ZONES[*zone]).unwrap();
            }
            Event::Tell { brand, birth } => {
                BRANDS[*brand].clone_into(&mut self.facts.details.brand);
                self.facts.details.birth_date = Some(*birth);
            }
        }
    }

    fn buy(&mut self, bought: &Bought) {
        let line = OrderLine {
            line_id: "1".to_owned(),
            product_id: "p".to_owned(),
            product_name: String::new(),
            category: bought.category.to_owned(),
            quantity: 1,
            amount: bought.amount,
        };
        let order = Order {
            id: OrderId(self.bought.len().to_string()),
            channel: bought.channel.to_owned(),
            store_id: String::new(),
            time: bought.time,
            currency: currency(bought.euro),
            total: bought.amount,
            lines: vec![line],
        };
        self.facts.traits.add_order(&order).unwrap();
        let recorded = RecordedOrder {
            customer: CustomerId(Uuid::nil()),
            entry_id: Uuid::nil(),
            record_time: bought.time,
            order,
            returned: vec![Returned::default()],
        };
        let orders = &mut self.facts.orders;
        let place = orders.partition_point(|it| it.order.time > bought.time);
        orders.insert(place, recorded);
        self.bought.push(Bought { ..*bought });
    }

    fn pay_back(&mut self, order: usize, permille: i64, now: Timestamp) {
        if self.bought.is_empty() {
            return;
        }
        let place = order % self.bought.len();
        let bought = &mut self.bought[place];
        let refund = (bought.amount - bought.paid_back) * permille / 1_000;
        bought.paid_back += refund;
        self.returns += 1;
        let currency = currency(bought.euro);
        let by_line = vec![refund];
        self.facts
            .traits
            .add_return(now, &Refunds { currency, by_line });
        let id = OrderId(place.to_string());
        let kept = self.facts.orders.iter_mut().find(|it| it.order.id == id);
        kept.unwrap().returned[0].refund += refund;
    }

    fn tag(&mut self, tag: &'static str, kind: Option<Kind>, now: Timestamp) {
        self.tags.retain(|(known, _)| *known != tag);
        if let Some(Kind::Added { until }) = kind {
            self.tags.push((tag, until));
        }
        self.facts.tags.retain(|it| it.tag != tag);
        self.facts.tags.push(Change {
            id: Uuid::nil(),
            home: CustomerId(Uuid::nil()),
            by: CustomerId(Uuid::nil()),
            tag: tag.to_owned(),
            kind: kind.unwrap_or(Kind::Removed),
            reason: String::new(),
            source: String::new(),
            actor: String::new(),
            at: now,
        });
    }

    fn day(&self, at: Timestamp) -> Date {
        self.zone.to_datetime(at).date()
    }

    /// What most of what was bought has in common; of as many the later, then the first.
    fn usual<K: Ord>(&self, of: impl Fn(&Bought) -> K) -> Option<K> {
        let mut found: BTreeMap<K, (usize, Timestamp)> = BTreeMap::new();
        for bought in &self.bought {
            let (count, latest) = found.entry(of(bought)).or_insert((0, bought.time));
            *count += 1;
            *latest = (*latest).max(bought.time);
        }
        let found = found.into_iter().rev();
        found.max_by_key(|(_, it)| *it).map(|(name, _)| name)
    }

    fn hour(&self, at: Timestamp) -> i64 {
        self.zone.to_datetime(at).hour().into()
    }

    fn days_since(&self, then: Timestamp, now: Timestamp) -> i64 {
        days(self.day(then), self.day(now))
    }
}

fn currency(euro: bool) -> Currency {
    Currency::parse(if euro { "EUR" } else { "CNY" }).unwrap()
}

fn days(from: Date, to: Date) -> i64 {
    i64::from(from.until((Unit::Day, to)).unwrap().get_days())
}

/// The day in a year on which a birthday is kept.
fn kept(birth: BirthDate, year: i16) -> Date {
    let date = Date::new(year, birth.month, birth.day);
    date.unwrap_or_else(|_| Date::new(year, 2, 28).unwrap())
}

/// Orders that a condition speaks of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chosen {
    /// Days, or hours.
    window: Option<(i64, bool)>,
    category: Option<&'static str>,
    channel: Option<&'static str>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Figure {
    Count,
    Net(bool),
    Gross(bool),
    Channels,
    Categories,
}

/// A condition that can be written down, and read from the world.
#[derive(Clone, Debug)]
pub(super) enum Condition {
    Of(Chosen, Figure, &'static str, i64),
    Returns(&'static str, i64),
    SinceFirst(&'static str, i64),
    SinceLast(&'static str, i64),
    UsualHour(&'static str, i64),
    UsualChannel(&'static str),
    Favourite(&'static str),
    Known(&'static str, i64),
    Age(&'static str, i64),
    ToBirthday(&'static str, i64),
    Tagged(&'static str),
    Brand(&'static str),
    Not(Box<Self>),
    All(Vec<Self>),
    Any(Vec<Self>),
}

pub(super) fn condition() -> impl Strategy<Value = Condition> {
    let operator = || prop::sample::select(vec![">=", "<=", "==", "<", ">", "!="]);
    let figure = prop_oneof![
        4 => Just(Figure::Count),
        2 => any::<bool>().prop_map(Figure::Net),
        1 => any::<bool>().prop_map(Figure::Gross),
        1 => Just(Figure::Channels),
        1 => Just(Figure::Categories),
    ];
    let window = prop_oneof![
        (1_i64..45).prop_map(|days| (days, true)),
        (1_i64..200).prop_map(|hours| (hours, false)),
    ];
    let some = (prop::option::weighted(0.8, window), 0_usize..6).prop_map(|(window, choice)| {
        let category = (choice < 2).then(|| CATEGORIES[choice * 2]);
        let channel = (choice == 2).then_some(CHANNELS[0]);
        Chosen {
            window,
            category,
            channel,
        }
    });
    let of = (some, figure, operator(), 0_i64..30).prop_map(|(some, figure, operator, number)| {
        let is_all = some.window.is_none() && some.category.is_none() && some.channel.is_none();
        match figure {
            Figure::Net(_) | Figure::Gross(_) => {
                Condition::Of(some, figure, operator, number * 700)
            }
            // Only counted of a part.
            Figure::Channels | Figure::Categories if is_all => {
                Condition::Of(some, Figure::Count, operator, number)
            }
            Figure::Channels | Figure::Categories => {
                Condition::Of(some, figure, operator, number % 4)
            }
            Figure::Count => Condition::Of(some, figure, operator, number),
        }
    });
    let number = |most| (operator(), 0_i64..most);
    let leaf = prop_oneof![
        8 => of,
        1 => number(30).prop_map(|(it, number)| Condition::Returns(it, number)),
        2 => number(100).prop_map(|(it, number)| Condition::SinceFirst(it, number)),
        3 => number(12).prop_map(|(it, number)| Condition::SinceLast(it, number)),
        1 => number(24).prop_map(|(it, number)| Condition::UsualHour(it, number)),
        1 => (0_usize..2).prop_map(|channel| Condition::UsualChannel(CHANNELS[channel])),
        1 => (0_usize..3).prop_map(|category| Condition::Favourite(CATEGORIES[category])),
        1 => number(200).prop_map(|(it, number)| Condition::Known(it, number)),
        1 => number(60).prop_map(|(it, number)| Condition::Age(it, number)),
        2 => number(366).prop_map(|(it, number)| Condition::ToBirthday(it, number)),
        2 => (0_usize..2).prop_map(|tag| Condition::Tagged(TAGS[tag])),
        1 => (0_usize..2).prop_map(|brand| Condition::Brand(BRANDS[brand])),
    ];
    leaf.prop_recursive(3, 8, 3, |inner| {
        let some = || prop::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            inner.clone().prop_map(|it| Condition::Not(Box::new(it))),
            some().prop_map(Condition::All),
            some().prop_map(Condition::Any),
        ]
    })
}

impl Chosen {
    fn has(&self, bought: &Bought, now: Timestamp) -> bool {
        let hours = self
            .window
            .map(|(length, days)| if days { length * 24 } else { length });
        let is_in = hours.is_none_or(|hours| {
            now.duration_since(bought.time) < SignedDuration::from_hours(hours)
        });
        let category = self.category.is_none_or(|category| {
            bought.category == category || bought.category.starts_with(&format!("{category}/"))
        });
        is_in && category && self.channel.is_none_or(|channel| bought.channel == channel)
    }
}

impl Condition {
    pub(super) fn holds(&self, world: &World, now: Timestamp) -> bool {
        let times = || world.bought.iter().map(|bought| bought.time);
        let since = |then: Option<Timestamp>| then.map(|then| world.days_since(then, now));
        let birth = world.facts.details.birth_date;
        // The day is looked for only where it is asked for: that takes longer than all the rest.
        let today = || world.day(now);
        match self {
            Self::Of(some, figure, operator, number) => {
                compare(some_figure(world, *some, *figure, now), operator, *number)
            }
            Self::Returns(operator, number) => compare(world.returns, operator, *number),
            Self::SinceFirst(operator, number) => {
                since(times().min()).is_some_and(|days| compare(days, operator, *number))
            }
            Self::SinceLast(operator, number) => {
                since(times().max()).is_some_and(|days| compare(days, operator, *number))
            }
            Self::UsualHour(operator, number) => {
                let hour = world.usual(|bought| world.hour(bought.time));
                hour.is_some_and(|hour| compare(hour, operator, *number))
            }
            Self::UsualChannel(channel) => world.usual(|it| it.channel) == Some(*channel),
            Self::Favourite(category) => world.usual(|it| it.category) == Some(*category),
            Self::Known(operator, number) => {
                compare(world.days_since(begin(), now), operator, *number)
            }
            Self::Age(operator, number) => {
                let age = birth.and_then(|birth| {
                    let today = today();
                    let to_come = kept(birth, today.year()) > today;
                    Some(i64::from(today.year() - birth.year?) - i64::from(to_come))
                });
                age.is_some_and(|age| compare(age.max(0), operator, *number))
            }
            Self::ToBirthday(operator, number) => birth.is_some_and(|birth| {
                let today = today();
                let this_year = kept(birth, today.year());
                let next = kept(birth, today.year() + 1);
                let next = if this_year >= today { this_year } else { next };
                compare(days(today, next), operator, *number)
            }),
            Self::Tagged(tag) => world
                .tags
                .iter()
                .any(|(known, until)| known == tag && until.is_none_or(|until| now < until)),
            Self::Brand(brand) => world.facts.details.brand == *brand,
            Self::Not(inner) => !inner.holds(world, now),
            Self::All(parts) => parts.iter().all(|part| part.holds(world, now)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(world, now)),
        }
    }
}

fn some_figure(world: &World, some: Chosen, figure: Figure, now: Timestamp) -> i64 {
    let chosen = || world.bought.iter().filter(|bought| some.has(bought, now));
    let of = |euro| chosen().filter(move |bought| bought.euro == euro);
    let different = |values: BTreeSet<&str>| i64::try_from(values.len()).unwrap();
    match figure {
        Figure::Count => i64::try_from(chosen().count()).unwrap(),
        Figure::Gross(euro) => of(euro).map(|bought| bought.amount).sum(),
        Figure::Net(euro) => of(euro)
            .map(|bought| bought.amount - bought.paid_back)
            .sum(),
        Figure::Channels => different(chosen().map(|bought| bought.channel).collect()),
        Figure::Categories => different(chosen().map(|bought| bought.category).collect()),
    }
}

fn compare(value: i64, operator: &str, number: i64) -> bool {
    match operator {
        ">=" => value >= number,
        "<=" => value <= number,
        "==" => value == number,
        "!=" => value != number,
        "<" => value < number,
        _ => value > number,
    }
}

impl fmt::Display for Chosen {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("orders")?;
        match self.window {
            Some((days, true)) => write!(formatter, ".within_days({days})")?,
            Some((hours, false)) => write!(formatter, ".within_hours({hours})")?,
            None => {}
        }
        if let Some(category) = self.category {
            write!(formatter, ".in_category('{category}')")?;
        }
        if let Some(channel) = self.channel {
            write!(formatter, ".in_channel('{channel}')")?;
        }
        Ok(())
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let guarded = |formatter: &mut fmt::Formatter<'_>, name, operator, number| {
            write!(formatter, "(has({name}) && {name} {operator} {number})")
        };
        match self {
            Self::Of(some, figure, operator, number) => {
                let code = |euro: &bool| if *euro { "EUR" } else { "CNY" };
                let figure = match figure {
                    Figure::Count => "count".to_owned(),
                    Figure::Net(euro) => format!("net('{}')", code(euro)),
                    Figure::Gross(euro) => format!("gross('{}')", code(euro)),
                    Figure::Channels => "channels".to_owned(),
                    Figure::Categories => "categories".to_owned(),
                };
                write!(formatter, "{some}.{figure} {operator} {number}")
            }
            Self::Returns(operator, number) => {
                write!(formatter, "orders.returns {operator} {number}")
            }
            Self::SinceFirst(operator, number) => {
                guarded(formatter, "orders.days_since_first", operator, number)
            }
            Self::SinceLast(operator, number) => {
                guarded(formatter, "orders.days_since_last", operator, number)
            }
            Self::UsualHour(operator, number) => {
                guarded(formatter, "orders.usual_hour", operator, number)
            }
            Self::UsualChannel(channel) => {
                write!(
                    formatter,
                    "orders.?usual_channel.orValue('') == '{channel}'"
                )
            }
            Self::Favourite(category) => {
                write!(
                    formatter,
                    "orders.?favourite_category.orValue('') == '{category}'"
                )
            }
            Self::Known(operator, number) => {
                write!(formatter, "customer.days_known {operator} {number}")
            }
            Self::Age(operator, number) => guarded(formatter, "customer.age", operator, number),
            Self::ToBirthday(operator, number) => {
                guarded(formatter, "customer.days_to_birthday", operator, number)
            }
            Self::Tagged(tag) => write!(formatter, "'{tag}' in customer.tags"),
            Self::Brand(brand) => write!(formatter, "customer.brand == '{brand}'"),
            Self::Not(inner) => write!(formatter, "!({inner})"),
            Self::All(parts) => write!(formatter, "({})", joined(parts, " && ")),
            Self::Any(parts) => write!(formatter, "({})", joined(parts, " || ")),
        }
    }
}

fn joined(parts: &[Condition], between: &str) -> String {
    let texts: Vec<String> = parts.iter().map(ToString::to_string).collect();
    texts.join(between)
}
