//! Rewards: who can have one, what a basket is worth in points, and what becomes of an order.

mod deduction;
mod limit;
mod offer;
mod order;
mod quote;

pub use deduction::{Deduction, DeductionError, Purse, best_deduction};
pub use limit::left_of_limit;
pub use offer::{Obstacle, Offer, Situation, offer, passes};
pub use order::{Part, PartError, RewardOrder, RewardOrderState, StateForbids, Subject, Took};
pub use quote::{Price, Quote, QuoteError};

#[cfg(test)]
mod tests;
