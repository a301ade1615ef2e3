use jiff::Timestamp;
use uuid::Uuid;

use super::Price;
use crate::domain::program::RewardKind;
use crate::domain::{Currency, Money, Points};

/// Something that a member has ordered for points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RewardOrder {
    /// The order.
    pub reward_order_id: Uuid,
    /// Whose.
    pub customer_id: Uuid,
    /// The program.
    pub program_id: String,
    /// The version by which it was ordered.
    pub program_version: i64,
    /// What.
    pub reward_id: String,
    /// Its name at that time.
    pub display_name: String,
    /// What it is.
    pub kind: Subject,
    /// What it cost.
    pub price: Price,
    /// The point currency.
    pub wallet: String,
    /// Currency of what is paid besides.
    pub cash_currency: Option<Currency>,
    /// Currency of what is taken off.
    pub deduction_currency: Option<Currency>,
    /// Whether its pieces are counted in a stock.
    pub counts_stock: bool,
    /// What for, in the caller's words.
    pub reference: String,
    /// What has become of it.
    pub state: RewardOrderState,
    /// The quote that it was ordered by.
    pub quote_id: Option<Uuid>,
    /// The redemption that spent the points.
    pub redemption_id: Option<Uuid>,
    /// The hold that reserves them.
    pub hold_id: Option<Uuid>,
    /// When an order that is held lapses.
    pub hold_expires_at: Option<Timestamp>,
    /// Pieces that came back.
    pub returned_quantity: i64,
    /// Of what was taken off, what came back.
    pub returned_minor: i64,
    /// Points that were given back.
    pub restored: Points,
    /// When it was ordered.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// What was ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Goods.
    Goods,
    /// Money off.
    CashDeduction,
    /// A service.
    Service,
    /// Tickets.
    DrawTicket,
    /// A coupon.
    Coupon,
}

/// What has become of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RewardOrderState {
    /// Points and stock are reserved.
    Held,
    /// The points are spent.
    Completed,
    /// Given up before it was confirmed.
    Canceled,
    /// Not confirmed in time.
    Lapsed,
    /// A part came back.
    PartlyReturned,
    /// All came back.
    Returned,
}

/// How much of an order comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// All that has not come back yet.
    Rest,
    /// So many pieces.
    Pieces(i64),
    /// Of a cash deduction, so much of what was taken off.
    Deduction(Money),
}

/// What came back of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Took {
    /// Pieces.
    pub quantity: i64,
    /// Of what was taken off, in minor units.
    pub minor: i64,
    /// How much of the whole has come back by now: in pieces, or in minor units of what was taken
    /// off. Points are restored in this proportion, so that parts add up.
    pub back: i64,
    /// The whole.
    pub whole: i64,
}

/// The order is in a state in which that can't be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the order is {}", .state.name())]
pub struct StateForbids {
    /// The state.
    pub state: RewardOrderState,
}

/// Why a part of an order does not come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PartError {
    /// It is in a state in which nothing can.
    #[error(transparent)]
    State(#[from] StateForbids),
    /// More than is left of it.
    #[error("of the order, {left} is left")]
    Exceeds {
        /// What is left: pieces or minor units.
        left: i64,
    },
    /// Pieces of a cash deduction, money of anything else, or money of another currency.
    #[error("the order does not come back by that measure")]
    Measure,
}

impl RewardOrderState {
    /// Its name in the contract.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Held => "HELD",
            Self::Completed => "COMPLETED",
            Self::Canceled => "CANCELED",
            Self::Lapsed => "LAPSED",
            Self::PartlyReturned => "PARTLY_RETURNED",
            Self::Returned => "RETURNED",
        }
    }
}

impl From<&RewardKind> for Subject {
    fn from(kind: &RewardKind) -> Self {
        match kind {
            RewardKind::Goods => Self::Goods,
            RewardKind::CashDeduction { .. } => Self::CashDeduction,
            RewardKind::Service => Self::Service,
            RewardKind::DrawTicket { .. } => Self::DrawTicket,
            RewardKind::Coupon(_) => Self::Coupon,
        }
    }
}

impl RewardOrder {
    /// Whether it can be confirmed or canceled now. One whose time is over counts as lapsed, whether
    /// or not somebody has written that down.
    pub fn check_held(&self, now: Timestamp) -> Result<(), StateForbids> {
        let state = match self.state {
            RewardOrderState::Held if self.is_overdue(now) => RewardOrderState::Lapsed,
            RewardOrderState::Held => return Ok(()),
            state => state,
        };
        Err(StateForbids { state })
    }

    /// Whether it is held beyond its time.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.state == RewardOrderState::Held
            && self.hold_expires_at.is_some_and(|until| until <= now)
    }

    /// What comes back, when this part does.
    pub fn take_back(&self, part: Part) -> Result<Took, PartError> {
        let state = self.state;
        if !matches!(
            state,
            RewardOrderState::Completed | RewardOrderState::PartlyReturned
        ) {
            return Err(PartError::State(StateForbids { state }));
        }
        if self.kind == Subject::CashDeduction {
            self.take_money_back(part)
        } else {
            self.take_pieces_back(part)
        }
    }

    fn take_pieces_back(&self, part: Part) -> Result<Took, PartError> {
        let left = self.price.quantity - self.returned_quantity;
        let quantity = match part {
            Part::Rest => left,
            Part::Pieces(pieces) => pieces,
            Part::Deduction(_) => return Err(PartError::Measure),
        };
        if quantity > left || quantity < 1 {
            return Err(PartError::Exceeds { left });
        }
        Ok(Took {
            quantity,
            minor: 0,
            back: self.returned_quantity + quantity,
            whole: self.price.quantity,
        })
    }

    fn take_money_back(&self, part: Part) -> Result<Took, PartError> {
        let left = self.price.deduction_minor - self.returned_minor;
        let minor = match part {
            Part::Rest => left,
            Part::Deduction(money) if Some(money.currency) == self.deduction_currency => {
                money.minor
            }
            Part::Deduction(_) | Part::Pieces(_) => return Err(PartError::Measure),
        };
        if minor > left || minor < 1 {
            return Err(PartError::Exceeds { left });
        }
        let back = self.returned_minor + minor;
        let whole = self.price.deduction_minor;
        // Steps come back to stock and limit only with the last of the money.
        let quantity = if back == whole {
            self.price.quantity
        } else {
            0
        };
        Ok(Took {
            quantity,
            minor,
            back,
            whole,
        })
    }

    /// The order after a part came back for which so many points were given back.
    #[must_use]
    pub fn after(mut self, took: Took, restored: Points, now: Timestamp) -> Self {
        self.returned_quantity += took.quantity;
        self.returned_minor += took.minor;
        self.restored = Points::new(self.restored.get().saturating_add(restored.get()));
        self.state = if took.back == took.whole {
            RewardOrderState::Returned
        } else {
            RewardOrderState::PartlyReturned
        };
        self.updated_at = now;
        self
    }
}
