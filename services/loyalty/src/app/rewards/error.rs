use jiff::Timestamp;

use crate::domain::rewards::{DeductionError, PartError, QuoteError, StateForbids};
use crate::domain::stock::StockError;

/// Why something is not done with rewards. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RewardsError {
    /// The program has no such reward.
    #[error("the program has no reward {reward_id}")]
    NotFound {
        /// What was asked for.
        reward_id: String,
    },
    /// It is not on offer yet.
    #[error("the reward is not on offer yet")]
    NotStarted {
        /// From when on it is.
        start: Option<Timestamp>,
    },
    /// It is not on offer any more.
    #[error("the reward is not on offer any more")]
    Ended {
        /// Since when.
        end: Option<Timestamp>,
    },
    /// It is for others.
    #[error("the reward is for members of other tiers")]
    NotEligible,
    /// One member may not have that many.
    #[error("of the reward, the member may have {left} more")]
    Limit {
        /// How many one member may have in a period.
        limit: u32,
        /// How many are left.
        left: i64,
    },
    /// Too few are left, or the stock can't be adjusted.
    #[error(transparent)]
    Stock(#[from] StockError),
    /// There is no such order.
    #[error("the member has no such order")]
    OrderNotFound,
    /// The order is in another state.
    #[error(transparent)]
    State(#[from] StateForbids),
    /// That part does not come back.
    #[error(transparent)]
    Part(#[from] PartError),
    /// The quote is not good.
    #[error(transparent)]
    Quote(#[from] QuoteError),
    /// Nothing can be taken off the basket.
    #[error(transparent)]
    Deduction(#[from] DeductionError),
    /// A cash deduction is asked for without a basket.
    #[error("a cash deduction needs the basket")]
    BasketMissing,
    /// All pieces together cost more than can be counted.
    #[error("so many pieces cost more than can be counted")]
    TooMany,
    /// What the reward hands out can't be handed out: its coupons are used up.
    #[error("what the reward hands out is used up")]
    NothingToHandOut,
    /// What was handed out was used.
    #[error("what the order handed out was used")]
    HandedOutUsed,
    /// The stock has changed since it was read.
    #[error("the stock has changed")]
    EtagMismatch,
}
