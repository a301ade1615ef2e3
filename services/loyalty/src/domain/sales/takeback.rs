use jiff::Timestamp;
use uuid::Uuid;

use super::Sale;
use crate::domain::Currency;

/// Goods given back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Return {
    /// Whose purchase it takes back from.
    pub customer_id: Uuid,
    /// The return.
    pub return_id: String,
    /// The order.
    pub order_id: String,
    /// When it was returned.
    pub returned_at: Timestamp,
    /// The currency of its amounts.
    pub currency: Currency,
    /// What was returned.
    pub lines: Vec<ReturnLine>,
}

/// A line of which something was given back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnLine {
    /// The line.
    pub line_id: String,
    /// Pieces.
    pub quantity: i64,
    /// What was paid back for them, in minor units.
    pub refund_minor: i64,
}

/// Something in a return that does not go with its purchase. It is left out: a return is told after
/// the goods are back, and refusing it would help nobody.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// The purchase has no such line.
    #[error("the order has no line {line_id}")]
    NoSuchLine {
        /// The line.
        line_id: String,
    },
    /// More pieces, or more money, would go back than were sold and paid.
    #[error("more of the line {line_id} would go back than was sold")]
    TooMuch {
        /// The line.
        line_id: String,
    },
    /// The amounts are in another currency.
    #[error("refunds in {found} for a purchase in {expected}")]
    Currency {
        /// The currency of the purchase.
        expected: Currency,
        /// That of the return.
        found: Currency,
    },
}

impl Sale {
    /// Takes a return into account, and tells what of it did not fit.
    pub fn take_back(&mut self, back: &Return) -> Vec<Misfit> {
        if back.currency != self.currency {
            return vec![Misfit::Currency {
                expected: self.currency,
                found: back.currency,
            }];
        }
        let mut misfits = Vec::new();
        for returned in &back.lines {
            misfits.extend(self.take_line(returned));
        }
        misfits
    }

    fn take_line(&mut self, back: &ReturnLine) -> Option<Misfit> {
        let line_id = || back.line_id.clone();
        let mut lines = self.lines.iter_mut();
        let Some(line) = lines.find(|line| line.line_id == back.line_id) else {
            return Some(Misfit::NoSuchLine { line_id: line_id() });
        };
        let (pieces, money) = (
            line.quantity - line.returned,
            line.amount_minor - line.refunded_minor,
        );
        line.returned += back.quantity.clamp(0, pieces);
        line.refunded_minor += back.refund_minor.clamp(0, money);
        let fits = back.quantity <= pieces && back.refund_minor <= money;
        (!fits).then(|| Misfit::TooMuch { line_id: line_id() })
    }
}
