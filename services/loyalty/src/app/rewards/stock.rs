use contract::patron::loyalty::v1 as contract;
use idempotency::Claim;
use sqlx::PgConnection;
use tonic::{Response, Status};

use super::RewardsError;
use super::offers::find;
use crate::app::{AppError, Call, Loyalty};
use crate::domain::rewards::RewardOrder;
use crate::domain::stock::Stock;
use crate::store::stocks::{self, StockId, StockKind};
use crate::wire;

const ADJUST: &str = "patron.loyalty.v1.RewardService/AdjustRewardStock";

/// The stock of a reward.
#[derive(Clone, Debug)]
pub(crate) struct StockRead {
    /// The program.
    pub(crate) program_id: String,
    /// The reward.
    pub(crate) reward_id: String,
    /// The stock.
    pub(crate) stock: Stock,
    /// Changes with each change of it.
    pub(crate) revision: i64,
}

/// Reads a stock.
pub(crate) async fn read_stock(
    loyalty: &Loyalty,
    program_id: &str,
    reward_id: &str,
) -> Result<StockRead, AppError> {
    let mut db = loyalty.db.pool().acquire().await?;
    let program = loyalty
        .programs
        .at(&mut db, program_id, loyalty.now())
        .await?;
    let reward = find(&program, reward_id)?;
    let found = stocks::read(&mut *db, program_id, StockKind::Reward, &[reward_id]).await?;
    let figures = found
        .into_iter()
        .map(|(_, figures)| figures)
        .next()
        .unwrap_or_default();
    Ok(StockRead {
        program_id: program_id.to_owned(),
        reward_id: reward_id.to_owned(),
        stock: figures.of(reward.stock),
        revision: figures.revision,
    })
}

/// Changes a stock once for each request.
pub(crate) async fn adjust_stock(
    loyalty: &Loyalty,
    call: &Call,
    request: contract::AdjustRewardStockRequest,
) -> Result<Response<contract::RewardStock>, Status> {
    let key = (ADJUST, request.request_id.as_str());
    let mut claimed = match loyalty.claim(call, key, &request).await? {
        Claim::Replayed(answer) => return answer,
        Claim::Fresh(claimed) => claimed,
    };
    let tx = claimed.transaction();
    let outcome: Result<_, AppError> = async {
        let program = loyalty
            .programs
            .at(tx, &request.program_id, loyalty.now())
            .await?;
        let planned = find(&program, &request.reward_id)?.stock;
        let id = reward_stock(&request.program_id, &request.reward_id);
        let figures = stocks::lock(tx, id).await?;
        if !request.etag.is_empty() && request.etag != wire::rewards::etag(figures.revision) {
            return Err(RewardsError::EtagMismatch.into());
        }
        let stock = figures
            .of(planned)
            .adjust(request.change)
            .map_err(RewardsError::from)?;
        stocks::write(tx, id, stock).await?;
        Ok(wire::rewards::stock(&StockRead {
            program_id: request.program_id.clone(),
            reward_id: request.reward_id.clone(),
            stock,
            revision: figures.revision + 1,
        }))
    }
    .await;
    loyalty.finish(claimed, outcome).await
}

/// Gives pieces of an order back to the stock that they were taken from.
pub(super) async fn give_back(
    db: &mut PgConnection,
    order: &RewardOrder,
    quantity: i64,
) -> Result<(), AppError> {
    if !order.counts_stock || quantity == 0 {
        return Ok(());
    }
    let id = reward_stock(&order.program_id, &order.reward_id);
    // What is planned does not matter for what comes back.
    let stock = stocks::lock(db, id).await?.of(None);
    stocks::write(db, id, stock.give_back(quantity)).await?;
    Ok(())
}

fn reward_stock<'a>(program_id: &'a str, reward_id: &'a str) -> StockId<'a> {
    StockId {
        program_id,
        kind: StockKind::Reward,
        item_id: reward_id,
    }
}
