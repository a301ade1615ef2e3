//! What conditions are asked of: the names of the vocabulary, over what is rated and the member as
//! it was then.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use calendar::Zone;
use jiff::Timestamp;
use jiff::civil::DateTime;
use rules::{AsFact, Fact, FactRead, Record};

use crate::domain::happened::Act;
use crate::domain::program::{Condition, LadderId, SegmentId, TierId};

use super::{Basket, ConditionError, Judge, Line};

/// A member as it was when it bought or did something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberThen {
    /// Since when it is one.
    pub joined_at: Timestamp,
    /// What was kept of it.
    pub snapshot: Snapshot,
    /// What it had bought before.
    pub orders: Orders,
}

/// What is kept of a member with each purchase and act, since it changes for other reasons than
/// these: whenever the purchase is rated, it is rated by this.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Where it stood on each ladder; one on whose tiers it did not stand is not there.
    pub tiers: BTreeMap<LadderId, TierId>,
    /// The segments that it belonged to.
    pub segments: Vec<SegmentId>,
    /// Whether it was its birthday.
    pub is_birthday: bool,
    /// Whether it was the month of its birthday.
    pub is_birthday_month: bool,
}

/// Purchases before another one, without those of which nothing is left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Orders {
    /// How many.
    pub count: i64,
    /// When the last of them was.
    pub last_at: Option<Timestamp>,
}

/// What is asked about.
#[derive(Clone, Copy, Debug)]
pub enum Matter<'a> {
    /// A purchase, or what is left of it.
    Basket(&'a Basket),
    /// An act.
    Act(&'a Act),
}

/// Answers the conditions about a purchase or an act.
#[derive(Debug)]
pub struct Witness<'a> {
    matter: Matter<'a>,
    member: &'a MemberThen,
    at: Timestamp,
    zone: &'a Zone,
    order: OnceCell<OrderFacts<'a>>,
    about_member: OnceCell<MemberFacts<'a>>,
    time: OnceCell<TimeFacts>,
}

impl<'a> Witness<'a> {
    /// About a purchase or an act of a member, in the program's zone.
    pub fn new(matter: Matter<'a>, member: &'a MemberThen, zone: &'a Zone) -> Self {
        Self {
            matter,
            member,
            at: match matter {
                Matter::Basket(basket) => basket.ordered_at,
                Matter::Act(act) => act.occurred_at,
            },
            zone,
            order: OnceCell::new(),
            about_member: OnceCell::new(),
            time: OnceCell::new(),
        }
    }

    /// The facts that a condition reads, to explain it.
    pub fn read_by(&self, condition: &Condition) -> Vec<FactRead> {
        let explanation = condition.rule().explain(&self.about(None));
        let mut parts = vec![explanation];
        let mut reads = Vec::new();
        while let Some(part) = parts.pop() {
            reads.extend(part.reads);
            parts.extend(part.parts);
        }
        reads
    }

    fn about(&self, line: Option<&'a Line>) -> Facts<'_, 'a> {
        Facts {
            witness: self,
            line,
        }
    }

    fn line(&self, place: usize) -> Option<&'a Line> {
        match self.matter {
            Matter::Basket(basket) => basket.lines.get(place),
            Matter::Act(_) => None,
        }
    }
}

impl Judge for Witness<'_> {
    fn holds(&self, condition: &Condition, line: Option<usize>) -> Result<bool, ConditionError> {
        let line = line.and_then(|place| self.line(place));
        let held = condition.holds(&self.about(line));
        held.map_err(|error| ConditionError(error.to_string()))
    }

    fn is_in_segment(&self, segment_id: &SegmentId) -> bool {
        self.member.snapshot.segments.contains(segment_id)
    }
}

/// All names, about the whole or about a line.
struct Facts<'w, 'a> {
    witness: &'w Witness<'a>,
    line: Option<&'a Line>,
}

impl Record for Facts<'_, '_> {
    fn get(&self, name: &str) -> Option<Fact<'_>> {
        let witness = self.witness;
        let (channel, store) = match witness.matter {
            Matter::Basket(basket) => (&*basket.channel, &*basket.store),
            Matter::Act(act) => (&*act.channel, ""),
        };
        match (name, witness.matter) {
            ("order", Matter::Basket(basket)) => {
                let facts = witness.order.get_or_init(|| OrderFacts::of(basket));
                Some(Fact::Record(facts))
            }
            ("activity", Matter::Act(act)) => Some(Fact::Record(act)),
            ("line", _) => self.line.map(|line| Fact::Record(line)),
            ("member", _) => {
                let facts = witness
                    .about_member
                    .get_or_init(|| MemberFacts::of(witness));
                Some(Fact::Record(facts))
            }
            ("time", _) => {
                let local = || TimeFacts::of(witness.zone.local(witness.at));
                Some(Fact::Record(witness.time.get_or_init(local)))
            }
            ("channel", _) => Some(Fact::Text(channel)),
            ("store", _) => Some(Fact::Text(store)),
            _ => None,
        }
    }
}

#[derive(Debug)]
struct OrderFacts<'a> {
    basket: &'a Basket,
    currency: String,
    total_minor: i64,
    line_count: i64,
    quantity: i64,
}

impl<'a> OrderFacts<'a> {
    fn of(basket: &'a Basket) -> Self {
        let left = || basket.lines.iter().filter(|line| line.quantity > 0);
        let sum = |of: fn(&Line) -> i64| left().map(of).fold(0, i64::saturating_add);
        Self {
            basket,
            currency: basket.currency.to_string(),
            total_minor: sum(|line| line.kept_minor),
            line_count: sum(|_| 1),
            quantity: sum(|line| line.quantity),
        }
    }
}

impl Record for OrderFacts<'_> {
    fn get(&self, name: &str) -> Option<Fact<'_>> {
        match name {
            "order_id" => Some(self.basket.order_id.as_fact()),
            "channel" => Some(self.basket.channel.as_fact()),
            "store" => Some(self.basket.store.as_fact()),
            "currency" => Some(self.currency.as_fact()),
            "total_minor" => Some(self.total_minor.as_fact()),
            "line_count" => Some(self.line_count.as_fact()),
            "quantity" => Some(self.quantity.as_fact()),
            _ => None,
        }
    }
}

impl Record for Line {
    fn get(&self, name: &str) -> Option<Fact<'_>> {
        match name {
            "line_id" => Some(self.line_id.as_fact()),
            "product_id" => Some(self.product_id.as_fact()),
            "category" => Some(self.category.as_fact()),
            "quantity" => Some(self.quantity.as_fact()),
            "amount_minor" => Some(self.kept_minor.as_fact()),
            _ => None,
        }
    }
}

impl Record for Act {
    fn get(&self, name: &str) -> Option<Fact<'_>> {
        match name {
            "activity_type" => Some(self.activity_type.as_fact()),
            "channel" => Some(self.channel.as_fact()),
            "attributes" => Some(Fact::Record(&self.attributes)),
            _ => None,
        }
    }
}

#[derive(Debug)]
struct MemberFacts<'a> {
    snapshot: &'a Snapshot,
    tiers: Tiers<'a>,
    tenure_days: i64,
    order_count: i64,
    days_since_last_order: Option<i64>,
}

impl<'a> MemberFacts<'a> {
    fn of(witness: &Witness<'a>) -> Self {
        let Witness { member, zone, .. } = *witness;
        let days_since = |earlier| {
            let days = zone
                .date_of(witness.at)
                .duration_since(zone.date_of(earlier));
            days.as_hours().div_euclid(24)
        };
        Self {
            snapshot: &member.snapshot,
            tiers: Tiers(&member.snapshot.tiers),
            tenure_days: days_since(member.joined_at).max(0),
            order_count: member.orders.count,
            days_since_last_order: member.orders.last_at.map(days_since),
        }
    }
}

impl Record for MemberFacts<'_> {
    fn get(&self, name: &str) -> Option<Fact<'_>> {
        match name {
            "tenure_days" => Some(self.tenure_days.as_fact()),
            "tiers" => Some(Fact::Record(&self.tiers)),
            "segments" => Some(self.snapshot.segments.as_fact()),
            "order_count" => Some(self.order_count.as_fact()),
            "days_since_last_order" => self.days_since_last_order.as_ref().map(AsFact::as_fact),
            "is_first_order" => Some(Fact::Bool(self.order_count == 0)),
            "is_birthday" => Some(self.snapshot.is_birthday.as_fact()),
            "is_birthday_month" => Some(self.snapshot.is_birthday_month.as_fact()),
            _ => None,
        }
    }
}

#[derive(Debug)]
struct Tiers<'a>(&'a BTreeMap<LadderId, TierId>);

impl Record for Tiers<'_> {
    fn get(&self, name: &str) -> Option<Fact<'_>> {
        self.0.get(name).map(|tier| Fact::Text(tier.as_str()))
    }
}

impl AsFact for SegmentId {
    fn as_fact(&self) -> Fact<'_> {
        Fact::Text(self.as_str())
    }
}

#[derive(Debug)]
struct TimeFacts {
    local: DateTime,
    date: String,
}

impl TimeFacts {
    fn of(local: DateTime) -> Self {
        let date = local.date().to_string();
        Self { local, date }
    }
}

impl Record for TimeFacts {
    fn get(&self, name: &str) -> Option<Fact<'_>> {
        let number = match name {
            "year" => i64::from(self.local.year()),
            "month" => i64::from(self.local.month()),
            "day" => i64::from(self.local.day()),
            "day_of_week" => i64::from(self.local.weekday().to_monday_one_offset()),
            "hour" => i64::from(self.local.hour()),
            "date" => return Some(self.date.as_fact()),
            _ => return None,
        };
        Some(Fact::Int(number))
    }
}
