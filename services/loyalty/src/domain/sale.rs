use jiff::Timestamp;
use uuid::Uuid;

use super::{LedgerError, Money, MoneyError, Points, Program};

/// A purchase, as it is announced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purchase {
    /// Who bought.
    pub customer_id: Uuid,
    /// The order.
    pub order_id: String,
    /// When it was bought.
    pub ordered_at: Timestamp,
    /// What was paid.
    pub total: Money,
}

/// A return, as it is announced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Return {
    /// Whose order it takes back from.
    pub customer_id: Uuid,
    /// The return.
    pub return_id: String,
    /// The order.
    pub order_id: String,
    /// When it was returned.
    pub returned_at: Timestamp,
    /// What was paid back for its lines.
    pub refund: Money,
    /// Whether nothing of the order is left with the customer.
    pub leaves_nothing: bool,
}

/// What loyalty keeps of a purchase: what it was worth, and by which rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sale {
    /// The order.
    pub order_id: String,
    /// When it was bought.
    pub ordered_at: Timestamp,
    /// Version of the program that it earned by.
    pub program_version: i64,
    /// What was paid.
    pub total: Money,
    /// What was paid back since, in minor units.
    pub refunded_minor: i64,
    /// Whether everything was returned.
    pub wholly_returned: bool,
    /// Points earned.
    pub earned: Points,
    /// Of these, what returns took back.
    pub clawed_back: Points,
    /// The lot with the points; none when the sale earned none.
    pub lot_id: Option<Uuid>,
}

/// A return that can't belong to the sale.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SaleError {
    /// The amounts do not go together.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// The points can't be counted.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl Sale {
    /// The sale of a purchase by the rules of `program`, before it has a lot.
    pub fn of(purchase: &Purchase, program: &Program) -> Result<Self, LedgerError> {
        Ok(Self {
            order_id: purchase.order_id.clone(),
            ordered_at: purchase.ordered_at,
            program_version: program.version,
            total: purchase.total,
            refunded_minor: 0,
            wholly_returned: false,
            earned: program.points_for(purchase.total)?,
            clawed_back: Points::ZERO,
            lot_id: None,
        })
    }

    /// What is left of the basket: what was paid less what was paid back. Once everything was
    /// returned that is nothing, also where a fee was kept: no goods, no points.
    pub fn remaining_value(&self) -> Money {
        let left = if self.wholly_returned {
            0
        } else {
            self.total.minor.saturating_sub(self.refunded_minor).max(0)
        };
        Money {
            minor: left,
            ..self.total
        }
    }

    /// What returns have to have taken back by now: the points that the remaining basket, by the
    /// rules of the sale, would not have earned. Never more than was earned.
    pub fn due_back(&self, program: &Program) -> Result<Points, LedgerError> {
        self.earned
            .minus(program.points_for(self.remaining_value())?.min(self.earned))
    }

    /// The sale after a return; the difference of `clawed_back` is what to take back now.
    ///
    /// Because each time the whole remaining basket is computed anew, rounding can't pile up: any
    /// sequence of partial returns takes back what one full return would.
    pub fn after(&self, back: &Return, program: &Program) -> Result<Self, SaleError> {
        let earlier = Money {
            minor: self.refunded_minor,
            ..self.total
        };
        let refunded = Money::sum(self.total.currency, [earlier, back.refund])?;
        let mut after = Self {
            refunded_minor: refunded.minor,
            wholly_returned: self.wholly_returned || back.leaves_nothing,
            ..self.clone()
        };
        after.clawed_back = after.due_back(program)?.max(self.clawed_back);
        Ok(after)
    }
}
