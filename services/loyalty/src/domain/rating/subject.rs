use jiff::Timestamp;
use uuid::Uuid;

use crate::domain::Currency;
use crate::domain::program::ActivityType;

/// What is rated.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// A purchase, or what is left of one.
    Basket(&'a Basket),
    /// An act.
    Act {
        /// Its type.
        activity_type: &'a ActivityType,
        /// Where it was done.
        channel: &'a str,
        /// When it was done.
        occurred_at: Timestamp,
    },
}

/// A purchase with what is left of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Basket {
    /// Who bought.
    pub customer_id: Uuid,
    /// The order.
    pub order_id: String,
    /// Where it was bought, for example `online`.
    pub channel: String,
    /// The store; empty where there is none.
    pub store: String,
    /// When it was bought.
    pub ordered_at: Timestamp,
    /// The currency of all its amounts.
    pub currency: Currency,
    /// What was bought.
    pub lines: Vec<Line>,
}

/// A line of a purchase, as it is left with the customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The line.
    pub line_id: String,
    /// The article.
    pub product_id: String,
    /// What kind of article; empty where it is not known.
    pub category: String,
    /// Pieces that are left.
    pub quantity: i64,
    /// What was paid for the line less what was paid back, in minor units; not below 0.
    pub kept_minor: i64,
}

impl Subject<'_> {
    /// When it happened: the instant whose rules, campaigns and periods count.
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Basket(basket) => basket.ordered_at,
            Self::Act { occurred_at, .. } => *occurred_at,
        }
    }

    /// Where it happened.
    pub fn channel(&self) -> &str {
        match self {
            Self::Basket(basket) => &basket.channel,
            Self::Act { channel, .. } => channel,
        }
    }
}

impl Basket {
    /// True when nothing is left of it: then it earns nothing, whatever the rules say.
    pub fn is_empty(&self) -> bool {
        self.lines.iter().all(|line| line.quantity <= 0)
    }
}
