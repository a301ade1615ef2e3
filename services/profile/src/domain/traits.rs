//! Figures over a customer's orders and the returns that took effect.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::average;
use super::money::Currency;
use super::order::Order;
use super::returns::Refunds;

/// What a customer's activity adds up to. Sums, counts, least and latest times: each is the same in
/// whatever order the facts arrive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Traits {
    pub(crate) order_count: i64,
    pub(crate) return_count: i64,
    pub(crate) first_order_time: Option<Timestamp>,
    pub(crate) last_order_time: Option<Timestamp>,
    pub(crate) last_activity_time: Option<Timestamp>,
    pub(crate) spend: BTreeMap<Currency, Spend>,
}

/// Spending in one currency, in minor units. `refunded` is never more than `gross`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spend {
    pub(crate) order_count: i64,
    pub(crate) gross: i64,
    pub(crate) refunded: i64,
}

/// A customer's orders would add up to more than can be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the customer's orders in this currency would add up to more than can be counted")]
pub(crate) struct SpendTooLarge;

impl Spend {
    /// What the customer spent and did not get back.
    pub(crate) fn net(self) -> i64 {
        self.gross.saturating_sub(self.refunded)
    }

    /// What an order comes to on average, rounded half to even.
    pub(crate) fn average_basket(self) -> i64 {
        average::half_to_even(self.gross, self.order_count)
    }
}

impl Traits {
    /// The figures of a person whose activity stands under several ids.
    pub(crate) fn of_all(parts: impl IntoIterator<Item = Self>) -> Self {
        parts.into_iter().fold(Self::default(), Self::with)
    }

    /// Sums stop at the most that can be counted; only those of one id are refused beyond it.
    fn with(mut self, other: Self) -> Self {
        self.order_count = self.order_count.saturating_add(other.order_count);
        self.return_count = self.return_count.saturating_add(other.return_count);
        let firsts = [self.first_order_time, other.first_order_time];
        self.first_order_time = firsts.into_iter().flatten().min();
        self.last_order_time = self.last_order_time.max(other.last_order_time);
        self.last_activity_time = self.last_activity_time.max(other.last_activity_time);
        for (currency, theirs) in other.spend {
            let spend = self.spend.entry(currency).or_default();
            spend.order_count = spend.order_count.saturating_add(theirs.order_count);
            spend.gross = spend.gross.saturating_add(theirs.gross);
            spend.refunded = spend.refunded.saturating_add(theirs.refunded);
        }
        self
    }

    /// Counts an order; changes nothing when it can't be counted.
    pub(crate) fn add_order(&mut self, order: &Order) -> Result<(), SpendTooLarge> {
        let spend = self.spend.get(&order.currency).copied().unwrap_or_default();
        let gross = spend.gross.checked_add(order.total).ok_or(SpendTooLarge)?;
        let order_count = spend.order_count.saturating_add(1);
        self.spend.insert(
            order.currency,
            Spend {
                order_count,
                gross,
                ..spend
            },
        );
        self.order_count = self.order_count.saturating_add(1);
        let first = self
            .first_order_time
            .map_or(order.time, |first| first.min(order.time));
        self.first_order_time = Some(first);
        self.last_order_time = self.last_order_time.max(Some(order.time));
        self.last_activity_time = self.last_activity_time.max(Some(order.time));
        Ok(())
    }

    /// Counts a return that took effect. Its order is counted already, and refunds stay within what
    /// was paid, so the sum can't overflow.
    pub(crate) fn add_return(&mut self, time: Timestamp, refunds: &Refunds) {
        let spend = self.spend.entry(refunds.currency).or_default();
        spend.refunded = spend.refunded.saturating_add(refunds.total());
        self.return_count = self.return_count.saturating_add(1);
        self.last_activity_time = self.last_activity_time.max(Some(time));
    }
}
