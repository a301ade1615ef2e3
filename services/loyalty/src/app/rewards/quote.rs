use uuid::Uuid;

use super::offers::{find, shopper};
use super::{RewardsError, order};
use crate::app::{AppError, Loyalty};
use crate::domain::program::{Reward, RewardKind};
use crate::domain::rewards::{DeductionError, Price, Purse, Quote, best_deduction};
use crate::domain::{Money, Points};

/// What a price is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    /// The member.
    pub(crate) customer_id: Uuid,
    /// The reward.
    pub(crate) reward_id: String,
    /// How many pieces.
    pub(crate) quantity: i64,
    /// For a cash deduction: the basket.
    pub(crate) basket: Option<Money>,
    /// The most points that the member wants to spend.
    pub(crate) at_most: Option<Points>,
}

/// A quote with what it is for.
#[derive(Clone, Debug)]
pub(crate) struct Priced {
    /// The quote.
    pub(crate) quote: Quote,
    /// The reward.
    pub(crate) reward: Reward,
}

/// The price of a reward now. It reserves nothing, and so asks for neither stock nor limit.
pub(crate) async fn quote(loyalty: &Loyalty, ask: &Ask) -> Result<Priced, AppError> {
    let mut db = loyalty.snapshot().await?;
    let shopper = shopper(loyalty, &mut db, ask.customer_id).await?;
    let reward = find(&shopper.program, &ask.reward_id)?;
    let price = match reward.kind {
        RewardKind::CashDeduction { .. } => {
            let policy = shopper.program.document.wallet(reward.wallet_id);
            let policy = policy.ok_or(RewardsError::Deduction(DeductionError::NotADeduction))?;
            let purse = Purse {
                available: shopper.available(reward.wallet_id),
                at_most: ask.at_most,
            };
            let basket = ask.basket.ok_or(RewardsError::BasketMissing)?;
            let best = best_deduction(reward, &policy.redemption, basket, purse);
            let best = best.map_err(RewardsError::from)?;
            Price {
                quantity: best.steps,
                points: best.points.get(),
                cash_minor: order::cash(reward, best.steps)?,
                deduction_minor: best.money.minor,
            }
        }
        _ => order::price(reward, ask.quantity)?,
    };
    let quote_id = loyalty.clock.new_id();
    Ok(Priced {
        quote: Quote::new(quote_id, shopper.program.version, price, shopper.now),
        reward: reward.clone(),
    })
}
