//! Rewards as one member sees them. Nothing is locked: what is told may be over when it is ordered.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{RewardsError, limits, tiers};
use crate::app::read::{self, Page};
use crate::app::{AppError, Loyalty};
use crate::domain::ledger::{Points, State, WalletId};
use crate::domain::program::{LadderId, Program, Reward, TierId};
use crate::domain::rewards::{Offer, Situation, offer};
use crate::store::stocks::{self, StockKind};

/// A reward as one member sees it.
#[derive(Clone, Debug)]
pub(crate) struct Offered {
    /// The reward.
    pub(crate) reward: Reward,
    /// Pieces left; `None`: without a limit.
    pub(crate) stock_left: Option<i64>,
    /// How many the member may still have; `None`: without a limit.
    pub(crate) limit_left: Option<i64>,
    /// Whether and why not.
    pub(crate) offer: Offer,
}

/// A member before the rewards of its program.
pub(super) struct Shopper {
    pub(super) customer_id: Uuid,
    pub(super) program: Arc<Program>,
    pub(super) tiers: BTreeMap<LadderId, TierId>,
    pub(super) state: State,
    pub(super) available: HashMap<WalletId, Points>,
    pub(super) now: Timestamp,
}

/// A page of the rewards of a member's program, from the place of that number on.
pub(crate) async fn list(
    loyalty: &Loyalty,
    customer_id: Uuid,
    from: usize,
    size: u16,
) -> Result<Page<Offered>, AppError> {
    let mut db = loyalty.snapshot().await?;
    let shopper = shopper(loyalty, &mut db, customer_id).await?;
    let rewards = &shopper.program.document.rewards;
    let page: Vec<&Reward> = rewards
        .iter()
        .skip(from)
        .take(usize::from(size) + 1)
        .collect();
    let rows = shopper.look_at(&mut db, &page).await?;
    Ok(Page::cut(rows, size))
}

/// One reward.
pub(crate) async fn offered(
    loyalty: &Loyalty,
    customer_id: Uuid,
    reward_id: &str,
) -> Result<Offered, AppError> {
    let mut db = loyalty.snapshot().await?;
    let shopper = shopper(loyalty, &mut db, customer_id).await?;
    let reward = find(&shopper.program, reward_id)?;
    let mut offers = shopper.look_at(&mut db, &[reward]).await?;
    offers.pop().ok_or_else(|| not_found(reward_id).into())
}

/// A reward of a program.
pub(super) fn find<'a>(program: &'a Program, reward_id: &str) -> Result<&'a Reward, RewardsError> {
    program
        .document
        .reward(reward_id)
        .ok_or_else(|| not_found(reward_id))
}

fn not_found(reward_id: &str) -> RewardsError {
    RewardsError::NotFound {
        reward_id: reward_id.to_owned(),
    }
}

/// Reads what is known of a member.
pub(super) async fn shopper(
    loyalty: &Loyalty,
    db: &mut PgConnection,
    customer_id: Uuid,
) -> Result<Shopper, AppError> {
    let now = loyalty.now();
    let member = read::purse(db, customer_id).await?;
    let program = loyalty.programs.at(db, &member.program_id, now).await?;
    Ok(Shopper {
        customer_id,
        program,
        tiers: tiers::standing(db, customer_id).await?,
        state: member.state,
        available: member.available,
        now,
    })
}

impl Shopper {
    pub(super) fn available(&self, wallet_id: WalletId) -> Points {
        self.available.get(&wallet_id).copied().unwrap_or_default()
    }

    async fn look_at(
        &self,
        db: &mut PgConnection,
        rewards: &[&Reward],
    ) -> Result<Vec<Offered>, AppError> {
        let ids = rewards.iter().filter(|reward| reward.stock.is_some());
        let ids: Vec<&str> = ids.map(|reward| reward.reward_id.as_str()).collect();
        let program_id = self.program.program_id.as_str();
        let stocks = stocks::read(&mut *db, program_id, StockKind::Reward, &ids).await?;
        let stocks: HashMap<_, _> = stocks.into_iter().collect();
        let had = limits::had(db, &self.program, self.customer_id, rewards, self.now).await?;
        let offers = rewards.iter().map(|reward| {
            let stock = stocks
                .get(reward.reward_id.as_str())
                .copied()
                .unwrap_or_default();
            let stock_left = stock.of(reward.stock).left();
            let limit_left = limits::left(reward, &had);
            let situation = Situation {
                now: self.now,
                tiers: &self.tiers,
                is_active: self.state == State::Active,
                available: self.available(reward.wallet_id),
                price: reward.points,
                quantity: 1,
                stock_left,
                limit_left,
            };
            Offered {
                offer: offer(reward, &situation),
                reward: (*reward).clone(),
                stock_left,
                limit_left,
            }
        });
        Ok(offers.collect())
    }
}
