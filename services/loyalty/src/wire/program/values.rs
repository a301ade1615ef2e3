//! What the sections have in common.

use ::contract::checks::At;
use ::contract::patron::r#type::v1::Money as WireMoney;
use calendar::{Period, RoundUp};
use contract::patron::loyalty::v1 as contract;
use jiff::Timestamp;

use super::names::told;
use super::reader::Perhaps;
use super::{Fault, Reader};
use crate::domain::program::{
    ActivityType, Condition, LadderId, Limit, Ratio, TierGate, TierId, TimeWindow, Vocabulary,
    WalletId,
};
use crate::domain::{Currency, Money, Points};

/// A number within the bounds of the contract; 0 for one that its rules have refused.
pub(super) fn whole<T: TryFrom<i64> + Default>(number: impl Into<i64>) -> T {
    T::try_from(number.into()).unwrap_or_default()
}

/// A limit, where 0 stands for none.
pub(super) fn limit<T: TryFrom<i64> + Default + PartialEq>(number: impl Into<i64>) -> Option<T> {
    Some(whole(number)).filter(|number| *number != T::default())
}

/// A limit in points, where 0 stands for none.
pub(super) fn point_limit(points: i64) -> Option<Points> {
    limit::<i64>(points).map(Points::new)
}

/// A number, where 0 stands for another one.
pub(super) fn or<T: TryFrom<i64> + Default + PartialEq>(number: impl Into<i64>, default: T) -> T {
    limit(number).unwrap_or(default)
}

/// A text, where the empty one stands for none.
pub(super) fn text(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.is_empty())
}

/// So many times in each period; 0 is no limit.
pub(super) fn times(times: i32, of: contract::Period) -> Option<Limit> {
    let times = limit(times)?;
    let period = period(of);
    Some(Limit { times, period })
}

/// A ratio; a denominator of 0 is 1.
pub(super) fn ratio(ratio: contract::Ratio) -> Ratio {
    Ratio {
        numerator: ratio.numerator,
        denominator: or(ratio.denominator, 1),
    }
}

/// A period of the contract.
pub(super) fn period(period: contract::Period) -> Period {
    match period {
        contract::Period::Unspecified => Period::Lifetime,
        contract::Period::Day => Period::Day,
        contract::Period::Week => Period::Week,
        contract::Period::Month => Period::Month,
        contract::Period::Quarter => Period::Quarter,
        contract::Period::Year => Period::Year,
    }
}

/// A unit to whose end a date is moved.
pub(super) fn round_up(round_up: contract::RoundUp) -> RoundUp {
    match round_up {
        contract::RoundUp::Unspecified => RoundUp::None,
        contract::RoundUp::Month => RoundUp::Month,
        contract::RoundUp::Quarter => RoundUp::Quarter,
        contract::RoundUp::HalfYear => RoundUp::HalfYear,
        contract::RoundUp::Year => RoundUp::Year,
    }
}

impl<'d> Reader<'d> {
    /// A point currency of the document; the first where none is named.
    pub(super) fn wallet_id(&mut self, at: &At<'_>, name: &str) -> Option<WalletId> {
        if name.is_empty() {
            return self.main_wallet;
        }
        if !self.names.wallets.contains(name) {
            let known = told(&self.names.wallets);
            self.unknown(at, "wallet", name, known);
            return None;
        }
        WalletId::parse(name).ok()
    }

    pub(super) fn unknown(
        &mut self,
        at: &At<'_>,
        what: &'static str,
        name: &str,
        known: Vec<String>,
    ) {
        let name = name.to_owned();
        self.problems.add(at, Fault::Unknown { what, name, known });
    }

    /// Money of at least `least` minor units.
    pub(super) fn money(&mut self, at: &At<'_>, money: &WireMoney, least: i64) -> Option<Money> {
        let minor = money.amount_minor;
        if minor < least {
            let fault = Fault::OutOfRange {
                least,
                most: i64::MAX,
                found: minor,
            };
            self.problems.add(&at.field("amount_minor"), fault);
            return None;
        }
        let currency = self.currency(&at.field("currency_code"), &money.currency_code)?;
        Some(Money { currency, minor })
    }

    /// Money that may be absent; the outer `None` when something is wrong with it.
    pub(super) fn optional_money(
        &mut self,
        at: &At<'_>,
        field: &str,
        money: Option<&WireMoney>,
        least: i64,
    ) -> Option<Perhaps<Money>> {
        match money {
            Some(money) => self.money(&at.field(field), money, least).map(Some),
            None => Some(None),
        }
    }

    pub(super) fn currency(&mut self, at: &At<'_>, code: &str) -> Option<Currency> {
        Currency::parse(code)
            .map_err(|error| self.problems.add(at, Fault::Money(error)))
            .ok()
    }

    /// Notes an amount that is in another currency than `expected`, the amount of the field `other`.
    pub(super) fn same_currency(
        &mut self,
        at: &At<'_>,
        money: Option<Money>,
        (other, expected): (&'static str, Option<Money>),
    ) {
        let (Some(money), Some(expected)) = (money, expected) else {
            return;
        };
        if money.currency != expected.currency {
            let fault = Fault::CurrenciesMixed {
                expected: expected.currency.to_string(),
                other,
                found: money.currency.to_string(),
            };
            self.problems.add(at, fault);
        }
    }

    /// An instant that may be absent; the outer `None` when it is none.
    pub(super) fn instant(
        &mut self,
        at: &At<'_>,
        field: &str,
        time: Option<&prost_types::Timestamp>,
    ) -> Option<Perhaps<Timestamp>> {
        let Some(time) = time else {
            return Some(None);
        };
        let instant = ::contract::time::instant(time);
        if instant.is_none() {
            self.problems.add(&at.field(field), Fault::Instant);
        }
        instant.map(Some)
    }

    /// `start_time` to `end_time`.
    pub(super) fn window(
        &mut self,
        at: &At<'_>,
        start: Option<&prost_types::Timestamp>,
        end: Option<&prost_types::Timestamp>,
    ) -> Option<TimeWindow> {
        let start = self.instant(at, "start_time", start);
        let end = self.instant(at, "end_time", end);
        let (start, end) = (start?, end?);
        if let (Some(start), Some(end)) = (start, end)
            && end <= start
        {
            let start = start.to_string();
            let fault = Fault::WindowReversed { start };
            self.problems.add(&at.field("end_time"), fault);
            return None;
        }
        Some(TimeWindow { start, end })
    }

    /// The gates in the field `gates`, or another one of the same kind.
    pub(super) fn gates(
        &mut self,
        at: &At<'_>,
        field: &str,
        gates: &'d [contract::TierGate],
    ) -> Option<Vec<TierGate>> {
        let ladders = gates.iter().map(|gate| gate.ladder_id.as_str());
        self.unique(&at.field(field), "ladder_id", ladders);
        self.list(at, field, gates, Self::gate)
    }

    fn gate(&mut self, at: &At<'_>, gate: &'d contract::TierGate) -> Option<TierGate> {
        let ladder = gate.ladder_id.as_str();
        let Some(tiers) = self.names.ladders.get(ladder).cloned() else {
            let known = told(self.names.ladders.keys());
            self.unknown(&at.field("ladder_id"), "ladder", ladder, known);
            return None;
        };
        let tier_ids = self.list(at, "tier_ids", &gate.tier_ids, |reader, at, tier| {
            if !tiers.contains(tier.as_str()) {
                reader.unknown(at, "tier", tier, told(&tiers));
                return None;
            }
            Some(TierId::new(tier))
        });
        Some(TierGate {
            ladder_id: LadderId::new(ladder),
            tier_ids: tier_ids?,
        })
    }

    /// A condition; the empty one is none, the outer `None` one that is not sound.
    pub(super) fn condition(
        &mut self,
        at: &At<'_>,
        field: &str,
        (source, vocabulary): (&str, Vocabulary),
    ) -> Option<Perhaps<Condition>> {
        if source.is_empty() {
            return Some(None);
        }
        let compiled = Condition::compile(source, vocabulary);
        let at = &at.field(field);
        compiled
            .map(Some)
            .map_err(|error| {
                for problem in error.problems {
                    self.problems.add(at, Fault::Condition(problem));
                }
            })
            .ok()
    }

    /// A type of act in a field whose contract leaves it open because it may be empty.
    pub(super) fn activity_type(&mut self, at: &At<'_>, name: &str) -> Option<ActivityType> {
        let is_sound = name.len() <= 32
            && name.starts_with(|first: char| first.is_ascii_lowercase())
            && name
                .bytes()
                .all(|letter| matches!(letter, b'a'..=b'z' | b'0'..=b'9' | b'_'));
        if !is_sound {
            self.problems.add(at, Fault::ActivityType);
            return None;
        }
        Some(ActivityType::new(name))
    }

    /// Notes each number that is not above the one before it.
    pub(super) fn ascending(
        &mut self,
        at: &At<'_>,
        field: &str,
        numbers: impl Iterator<Item = i64>,
    ) {
        let mut previous = None;
        for (index, found) in numbers.enumerate() {
            if let Some(previous) = previous.filter(|previous| found <= *previous) {
                let at = &at.index(index);
                let fault = Fault::NotAscending { found, previous };
                self.problems.add(&at.field(field), fault);
            }
            previous = Some(found);
        }
    }

    /// Notes a part that says nothing here.
    pub(super) fn only_with(
        &mut self,
        is_given: bool,
        at: &At<'_>,
        field: &str,
        what: &'static str,
    ) {
        if is_given {
            self.problems.add(&at.field(field), Fault::OnlyWith(what));
        }
    }

    /// Notes a part that must be there; always `None`.
    pub(super) fn missing<T>(&mut self, at: &At<'_>, field: &str) -> Option<T> {
        self.problems.add(&at.field(field), Fault::Missing);
        None
    }
}
