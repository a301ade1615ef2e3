use jiff::Timestamp;
use uuid::Uuid;

use crate::domain::happened::Act;
use crate::domain::rating::{Basket, Line, Snapshot, Source};
use crate::domain::sales::Sale;

/// What a member did, as far as a program looks at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// Who.
    pub customer_id: Uuid,
    /// When the customer became a member.
    pub joined_at: Timestamp,
    /// Purchases and acts in the order of time.
    pub deeds: Vec<PastDeed>,
}

/// A purchase or an act, and the member as it was then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastDeed {
    /// What was done.
    pub what: What,
    /// What was kept of the member. Its tiers do not count: the simulation has its own.
    pub snapshot: Snapshot,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A purchase with what was given back of it, and when the last of that was.
    Bought(Sale, Option<Timestamp>),
    /// An act.
    Did(Act),
}

impl PastDeed {
    /// When it was done.
    pub fn at(&self) -> Timestamp {
        match &self.what {
            What::Bought(sale, _) => sale.ordered_at,
            What::Did(act) => act.occurred_at,
        }
    }

    /// What it is, among all that the member did.
    pub fn source(&self) -> Source {
        match &self.what {
            What::Bought(sale, _) => Source::Order(sale.order_id.clone()),
            What::Did(act) => Source::Act(act.activity_type.clone(), act.activity_id.clone()),
        }
    }

    /// What it is known by: the order's id, or the act's.
    pub fn reference(&self) -> &str {
        match &self.what {
            What::Bought(sale, _) => &sale.order_id,
            What::Did(act) => &act.activity_id,
        }
    }
}

/// A purchase before anything was given back of it.
pub(super) fn as_bought(sale: &Sale) -> Basket {
    let lines = sale.lines.iter().map(|line| Line {
        line_id: line.line_id.clone(),
        product_id: line.product_id.clone(),
        category: line.category.clone(),
        quantity: line.quantity,
        kept_minor: line.amount_minor,
    });
    Basket {
        lines: lines.collect(),
        ..sale.basket()
    }
}
