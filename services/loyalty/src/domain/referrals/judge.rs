use jiff::Timestamp;

use crate::domain::{Currency, Money};

/// A purchase of the one who came, as it is known now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoughtOrder {
    /// The order.
    pub order_id: String,
    /// When it was bought.
    pub ordered_at: Timestamp,
    /// The currency of the amount.
    pub currency: Currency,
    /// Paid less paid back.
    pub net_minor: i64,
    /// Whether anything of it is left.
    pub counts: bool,
}

/// What the purchases make of a referral.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// None counts.
    Awaiting,
    /// This one does.
    Qualified {
        /// The order.
        order_id: String,
        /// When it was bought.
        ordered_at: Timestamp,
    },
    /// The member had bought before the code was named, so nobody has brought it.
    BoughtBefore {
        /// The order.
        order_id: String,
    },
}

/// Judges the purchases of the one who came: the first that qualifies counts. Orders of one instant
/// go by their ids.
pub fn judge(
    claimed_at: Timestamp,
    until: Timestamp,
    minimum: Option<Money>,
    orders: &[BoughtOrder],
) -> Verdict {
    let qualifying = orders.iter().filter(|order| order.qualifies(minimum));
    let first = qualifying.min_by_key(|order| (order.ordered_at, &order.order_id));
    match first {
        Some(order) if order.ordered_at < claimed_at => Verdict::BoughtBefore {
            order_id: order.order_id.clone(),
        },
        Some(order) if order.ordered_at < until => Verdict::Qualified {
            order_id: order.order_id.clone(),
            ordered_at: order.ordered_at,
        },
        _ => Verdict::Awaiting,
    }
}

impl BoughtOrder {
    /// Whether it is worth enough. A minimum is a minimum in its own currency.
    pub fn qualifies(&self, minimum: Option<Money>) -> bool {
        let is_enough = minimum.is_none_or(|minimum| {
            self.currency == minimum.currency && self.net_minor >= minimum.minor
        });
        self.counts && is_enough
    }
}
