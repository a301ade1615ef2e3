use contract::patron::loyalty::v1 as contract;
use idempotency::Claim;
use jiff::civil::Date;
use sqlx::PgTransaction;
use tonic::{Response, Status};
use uuid::Uuid;

use super::news::News;
use super::{TiersError, settle};
use crate::app::books::{Books, Need};
use crate::app::{AppError, Call, Loyalty};
use crate::domain::ledger::State;
use crate::domain::tiers::Gift;
use crate::store::tiers::gifts::{self, GiftRow, Withdrawal};
use crate::wire;

const GIVE: &str = "patron.loyalty.v1.TierService/GiveTier";
const WITHDRAW: &str = "patron.loyalty.v1.TierService/WithdrawTierGift";

/// A tier to be given by hand.
#[derive(Clone, Debug)]
pub(crate) struct Giving {
    pub(crate) customer_id: Uuid,
    pub(crate) ladder_id: String,
    pub(crate) tier_id: String,
    pub(crate) until: Option<Date>,
    pub(crate) reason: String,
}

/// Gives a tier, from today on.
pub(crate) async fn give(
    loyalty: &Loyalty,
    call: &Call,
    request: contract::GiveTierRequest,
    giving: Giving,
) -> Result<Response<contract::TierGift>, Status> {
    let key = (GIVE, request.request_id.as_str());
    let mut claimed = match loyalty.claim(call, key, &request).await? {
        Claim::Replayed(answer) => return answer,
        Claim::Fresh(claimed) => claimed,
    };
    let outcome = hand_over(loyalty, claimed.transaction(), call, &giving).await;
    loyalty.finish(claimed, outcome).await
}

async fn hand_over(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    call: &Call,
    giving: &Giving,
) -> Result<contract::TierGift, AppError> {
    let customer_id = giving.customer_id;
    let books = Books::open(loyalty, tx, &[Need::of(customer_id)]).await?;
    let row = decide(&books, call, giving)?;
    gifts::insert(&mut **tx, customer_id, &row).await?;
    follow(loyalty, tx, books, customer_id, &row).await?;
    Ok(wire::tiers::gift(customer_id, &row))
}

/// Settles where the member stands with a gift that is new, or newly withdrawn.
async fn follow(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    mut books: Books,
    customer_id: Uuid,
    row: &GiftRow,
) -> Result<(), AppError> {
    let mut news = News::default();
    news.given(customer_id, row.ladder_id.clone(), &row.gift);
    settle(loyalty, tx, &mut books, &news).await?;
    books.write(tx).await
}

fn decide(books: &Books, call: &Call, giving: &Giving) -> Result<GiftRow, AppError> {
    let holder = books.holder(giving.customer_id)?;
    if holder.state == State::Closed {
        return Err(TiersError::Closed.into());
    }
    let document = &holder.program.document;
    let ladder_id = giving.ladder_id.as_str();
    let ladder = document
        .ladder(ladder_id)
        .ok_or_else(|| TiersError::LadderNotFound {
            ladder_id: ladder_id.to_owned(),
        })?;
    let tier = ladder
        .tier(&giving.tier_id)
        .ok_or_else(|| TiersError::TierNotFound {
            ladder_id: ladder_id.to_owned(),
            tier_id: giving.tier_id.clone(),
        })?;
    let today = document.zone.date_of(books.now());
    if let Some(until) = giving.until.filter(|until| *until < today) {
        return Err(TiersError::OverAlready { until, today }.into());
    }
    Ok(GiftRow {
        ladder_id: ladder.ladder_id.clone(),
        gift: Gift {
            gift_id: books.new_id(),
            tier_id: tier.1.tier_id.clone(),
            from: today,
            until: giving.until,
            withdrawn_on: None,
        },
        reason: giving.reason.clone(),
        given_by: call.caller.clone(),
        given_at: books.now(),
        withdrawal: None,
    })
}

/// Ends a given tier today.
pub(crate) async fn withdraw(
    loyalty: &Loyalty,
    call: &Call,
    request: contract::WithdrawTierGiftRequest,
    of: (Uuid, Uuid),
) -> Result<Response<contract::TierGift>, Status> {
    let key = (WITHDRAW, request.request_id.as_str());
    let mut claimed = match loyalty.claim(call, key, &request).await? {
        Claim::Replayed(answer) => return answer,
        Claim::Fresh(claimed) => claimed,
    };
    let outcome = take_back(loyalty, claimed.transaction(), call, &request.reason, of).await;
    loyalty.finish(claimed, outcome).await
}

async fn take_back(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    call: &Call,
    reason: &str,
    (customer_id, gift_id): (Uuid, Uuid),
) -> Result<contract::TierGift, AppError> {
    let books = Books::open(loyalty, tx, &[Need::of(customer_id)]).await?;
    let zone = &books.holder(customer_id)?.program.document.zone;
    let today = zone.date_of(books.now());
    let found = gifts::find(&mut **tx, customer_id, gift_id).await?;
    let mut row = found.ok_or(TiersError::GiftNotFound { gift_id })?;
    let is_over = row.gift.until.is_some_and(|until| until < today);
    if is_over || row.withdrawal.is_some() {
        return Err(TiersError::GiftEnded { gift_id }.into());
    }
    let withdrawal = Withdrawal {
        reason: reason.to_owned(),
        withdrawn_by: call.caller.clone(),
        withdrawn_at: books.now(),
    };
    gifts::withdraw(&mut **tx, customer_id, gift_id, today, &withdrawal).await?;
    row.gift.withdrawn_on = Some(today);
    row.withdrawal = Some(withdrawal);
    follow(loyalty, tx, books, customer_id, &row).await?;
    Ok(wire::tiers::gift(customer_id, &row))
}
