use contract::patron::loyalty::v1 as contract;
use events::NewEvent;
use idempotency::Claim;
use sqlx::{PgConnection, PgTransaction};
use tonic::{Response, Status};
use uuid::Uuid;

use super::offers::find;
use super::{RewardsError, limits, spend, tiers};
use crate::app::books::{Books, Need};
use crate::app::{AppError, Call, Loyalty, grants};
use crate::domain::grants::{CauseKind, GrantCause};
use crate::domain::ledger::Points;
use crate::domain::program::{Grant, Program, Reward, RewardKind};
use crate::domain::rewards::{
    Obstacle, Price, Quote, QuoteError, RewardOrder, RewardOrderState, Situation, Subject, offer,
};
use crate::store::reward_orders;
use crate::store::stocks::{self, StockId, StockKind};
use crate::wire;

const METHOD: &str = "patron.loyalty.v1.RewardService/OrderReward";

/// A reward to be ordered.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// Whose points.
    pub(crate) customer_id: Uuid,
    /// The reward.
    pub(crate) reward_id: String,
    /// A quote that was made for them.
    pub(crate) quote: Option<Quote>,
    /// Without a quote: how many pieces.
    pub(crate) quantity: i64,
    /// What for.
    pub(crate) reference: String,
    /// Reserve only, for so many seconds; 0: as the program says.
    pub(crate) hold: Option<u32>,
}

/// Orders a reward once for each request.
pub(crate) async fn order(
    loyalty: &Loyalty,
    call: &Call,
    request: contract::OrderRewardRequest,
    quote: Option<Quote>,
) -> Result<Response<contract::RewardOrder>, Status> {
    let wanted = wire::rewards::wanted(&request, quote)?;
    let turn = loyalty.crowd.enter(&wanted.reward_id, call.deadline).await;
    let _turn = turn.map_err(chassis::Refusal::from)?;
    let key = (METHOD, request.request_id.as_str());
    let mut claimed = match loyalty.claim(call, key, &request).await? {
        Claim::Replayed(answer) => return answer,
        Claim::Fresh(claimed) => claimed,
    };
    let tx = claimed.transaction();
    let outcome: Result<_, AppError> = place(loyalty, tx, &wanted).await;
    loyalty.finish(claimed, outcome).await
}

async fn place(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    wanted: &Wanted,
) -> Result<contract::RewardOrder, AppError> {
    let customer_id = wanted.customer_id;
    let mut books = Books::open(loyalty, tx, &[Need::of(customer_id)]).await?;
    let program = match &wanted.quote {
        Some(quote) => {
            quote.check(books.now()).map_err(RewardsError::from)?;
            let program_id = books.holder(customer_id)?.program.program_id.clone();
            loyalty
                .programs
                .version(tx, program_id.as_str(), quote.program_version)
                .await?
        }
        None => books.holder(customer_id)?.program.clone(),
    };
    let reward = find(&program, &wanted.reward_id)?;
    let price = match &wanted.quote {
        Some(quote) => quote.price,
        None if matches!(reward.kind, RewardKind::CashDeduction { .. }) => {
            return Err(RewardsError::Quote(QuoteError::Missing).into());
        }
        None => price(reward, wanted.quantity)?,
    };
    let points = Points::new(price.points);
    let need = Need::of(customer_id)
        .in_wallet(Some(reward.wallet_id))
        .spending(points);
    books.reach(loyalty, tx, &[need]).await?;
    check(tx, &books, &program, reward, customer_id, price).await?;
    take_stock(tx, &program, reward, price.quantity).await?;

    let mut order = new_order(&books, &program, reward, price, wanted);
    let available_after = spend::begin(&mut books, &mut order, wanted.hold)?;
    if order.state == RewardOrderState::Completed {
        hand_out(loyalty, tx, &mut books, &order, reward).await?;
    }
    if !reward_orders::insert(tx, &order).await? {
        return Err(RewardsError::Quote(QuoteError::Used).into());
    }
    let event = wire::rewards::ordered_event(&order);
    books.announce(NewEvent::about(customer_id, Some(customer_id), &event));
    books.write(tx).await?;
    let grant_ids = super::read::grant_ids(tx, &order).await?;
    Ok(wire::rewards::order(&order, grant_ids, available_after))
}

/// What so many pieces cost.
pub(super) fn price(reward: &Reward, quantity: i64) -> Result<Price, RewardsError> {
    let points = reward.points.get().checked_mul(quantity);
    Ok(Price {
        quantity,
        points: points.ok_or(RewardsError::TooMany)?,
        cash_minor: cash(reward, quantity)?,
        deduction_minor: 0,
    })
}

/// What is paid in money for so many pieces.
pub(super) fn cash(reward: &Reward, quantity: i64) -> Result<i64, RewardsError> {
    let piece = reward.cash.map_or(0, |cash| cash.minor);
    piece.checked_mul(quantity).ok_or(RewardsError::TooMany)
}

/// Whether the member may have it. Points and stock are left to those who take them.
async fn check(
    db: &mut PgConnection,
    books: &Books,
    program: &Program,
    reward: &Reward,
    customer_id: Uuid,
    price: Price,
) -> Result<(), AppError> {
    let now = books.now();
    let had = limits::had(db, program, customer_id, &[reward], now).await?;
    let limit_left = limits::left(reward, &had);
    let situation = Situation {
        now,
        tiers: &tiers::standing(db, customer_id).await?,
        is_active: true,
        available: Points::new(price.points),
        price: Points::new(price.points),
        quantity: price.quantity,
        stock_left: None,
        limit_left,
    };
    let Some(obstacle) = offer(reward, &situation).obstacles.into_iter().next() else {
        return Ok(());
    };
    Err(match obstacle {
        Obstacle::NotStarted => RewardsError::NotStarted {
            start: reward.window.start,
        },
        Obstacle::Ended => RewardsError::Ended {
            end: reward.window.end,
        },
        Obstacle::Limit => RewardsError::Limit {
            limit: reward.per_member_limit.map_or(0, |limit| limit.times),
            left: limit_left.unwrap_or_default(),
        },
        Obstacle::Tier | Obstacle::OutOfStock | Obstacle::Points | Obstacle::Membership => {
            RewardsError::NotEligible
        }
    }
    .into())
}

async fn take_stock(
    db: &mut PgConnection,
    program: &Program,
    reward: &Reward,
    quantity: i64,
) -> Result<(), AppError> {
    if reward.stock.is_none() {
        return Ok(());
    }
    let id = StockId {
        program_id: program.program_id.as_str(),
        kind: StockKind::Reward,
        item_id: reward.reward_id.as_str(),
    };
    let stock = stocks::lock(db, id).await?.of(reward.stock);
    stocks::write(db, id, stock.take(quantity).map_err(RewardsError::from)?).await?;
    Ok(())
}

fn new_order(
    books: &Books,
    program: &Program,
    reward: &Reward,
    price: Price,
    wanted: &Wanted,
) -> RewardOrder {
    let deduction_currency = match &reward.kind {
        RewardKind::CashDeduction { deduction, .. } => Some(deduction.currency),
        _ => None,
    };
    let reference = if wanted.reference.is_empty() {
        wanted.reward_id.clone()
    } else {
        wanted.reference.clone()
    };
    RewardOrder {
        reward_order_id: books.new_id(),
        customer_id: wanted.customer_id,
        program_id: program.program_id.to_string(),
        program_version: program.version,
        reward_id: wanted.reward_id.clone(),
        display_name: reward.display_name.clone(),
        kind: Subject::from(&reward.kind),
        price,
        wallet: reward.wallet_id.to_string(),
        cash_currency: reward.cash.map(|cash| cash.currency),
        deduction_currency,
        counts_stock: reward.stock.is_some(),
        reference,
        state: RewardOrderState::Completed,
        quote_id: wanted.quote.as_ref().map(|quote| quote.quote_id),
        redemption_id: None,
        hold_id: None,
        hold_expires_at: None,
        returned_quantity: 0,
        returned_minor: 0,
        restored: Points::ZERO,
        created_at: books.now(),
        updated_at: books.now(),
    }
}

/// Gives what the reward hands out, all of it or nothing is ordered.
pub(super) async fn hand_out(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    books: &mut Books,
    order: &RewardOrder,
    reward: &Reward,
) -> Result<(), AppError> {
    let pieces = usize::try_from(order.price.quantity).unwrap_or_default();
    let handed_out: Vec<Grant> = match &reward.kind {
        RewardKind::Coupon(template_id) => vec![Grant::Coupon(template_id.clone()); pieces],
        RewardKind::DrawTicket { draw_id, count } => {
            let pieces = u32::try_from(order.price.quantity).unwrap_or(u32::MAX);
            vec![Grant::Tickets {
                draw_id: draw_id.clone(),
                count: count.checked_mul(pieces).ok_or(RewardsError::TooMany)?,
            }]
        }
        RewardKind::Goods | RewardKind::Service | RewardKind::CashDeduction { .. } => Vec::new(),
    };
    let now = books.now();
    let cause = cause(order);
    let given = grants::give(
        loyalty,
        tx,
        books,
        order.customer_id,
        &handed_out,
        &cause,
        now,
    );
    if given.await?.len() == handed_out.len() {
        Ok(())
    } else {
        Err(RewardsError::NothingToHandOut.into())
    }
}

/// The cause of what an order hands out.
pub(super) fn cause(order: &RewardOrder) -> GrantCause {
    GrantCause::new(CauseKind::RewardOrder, order.reward_order_id.to_string())
}
