use jiff::Timestamp;
use uuid::Uuid;

use crate::domain::Currency;
use crate::domain::happened::{SaleChange, SaleFigures};
use crate::domain::rating::{Basket, Line};

/// A purchase, with what was given back of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sale {
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
    pub lines: Vec<SaleLine>,
}

/// A line of a purchase. Neither more pieces nor more money go back than were sold and paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaleLine {
    /// The line.
    pub line_id: String,
    /// The article.
    pub product_id: String,
    /// What kind of article; empty where it is not known.
    pub category: String,
    /// Pieces bought.
    pub quantity: i64,
    /// What was paid for them, in minor units.
    pub amount_minor: i64,
    /// Pieces given back.
    pub returned: i64,
    /// What was paid back, in minor units.
    pub refunded_minor: i64,
}

impl Sale {
    /// What is left of it. A line of which no piece is left is worth nothing, also where a part of
    /// its price was kept as a fee: no goods, no points.
    pub fn basket(&self) -> Basket {
        Basket {
            customer_id: self.customer_id,
            order_id: self.order_id.clone(),
            channel: self.channel.clone(),
            store: self.store.clone(),
            ordered_at: self.ordered_at,
            currency: self.currency,
            lines: self.lines.iter().map(SaleLine::left).collect(),
        }
    }

    /// Whether anything is left of it.
    pub fn counts(&self) -> bool {
        self.lines.iter().any(|line| line.quantity > line.returned)
    }

    /// What was paid for it in money, and what was paid back: of the price, or, where it cost no
    /// money, of the pieces.
    pub fn refund(&self) -> (i64, i64) {
        let sum = |of: fn(&SaleLine) -> i64| self.lines.iter().map(of).fold(0, i64::saturating_add);
        match sum(|line| line.amount_minor) {
            0 => (sum(|line| line.returned), sum(|line| line.quantity)),
            paid => (sum(|line| line.refunded_minor), paid),
        }
    }

    /// What it amounts to, with points of the main wallet.
    pub fn figures(&self, points: i64) -> SaleFigures {
        let left = self.lines.iter().map(|line| line.left().kept_minor);
        SaleFigures {
            net_minor: left.fold(0, i64::saturating_add),
            counts: self.counts(),
            points,
        }
    }

    /// What it was known as before, and what it is known as now.
    pub fn change(&self, before: SaleFigures, after: SaleFigures) -> SaleChange {
        SaleChange {
            customer_id: self.customer_id,
            order_id: self.order_id.clone(),
            ordered_at: self.ordered_at,
            channel: self.channel.clone(),
            store: self.store.clone(),
            currency: self.currency,
            before,
            after,
        }
    }
}

impl SaleLine {
    fn left(&self) -> Line {
        let quantity = self.quantity - self.returned;
        let kept = self.amount_minor - self.refunded_minor;
        Line {
            line_id: self.line_id.clone(),
            product_id: self.product_id.clone(),
            category: self.category.clone(),
            quantity,
            kept_minor: if quantity > 0 { kept } else { 0 },
        }
    }
}
