//! The points of an order: spent, held, given back. The commands are those of redemptions and holds,
//! so an order's points stand in the ledger as any others.

use contract::operation_details::Details;
use contract::patron::loyalty::v1 as contract;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::RewardsError;
use crate::app::AppError;
use crate::app::books::{Books, Posted};
use crate::app::holds::{Confirm, Place, Release};
use crate::app::redeem::Redeem;
use crate::app::writer::Command as _;
use crate::domain::ledger::{
    Cause, Kind, LotShare, Points, Refund, Restoration, Spent, WalletId, restore,
};
use crate::domain::rewards::{RewardOrder, RewardOrderState, Took};

/// Spends the points of a new order, or holds them. Tells what is available afterwards.
pub(super) fn begin(
    books: &mut Books,
    order: &mut RewardOrder,
    hold_seconds: Option<u32>,
) -> Result<Points, AppError> {
    let wallet_id = WalletId::parse(&order.wallet)?;
    let points = Points::new(order.price.points);
    let Some(seconds) = hold_seconds else {
        let redeem = Redeem {
            customer_id: order.customer_id,
            wallet_id: Some(wallet_id),
            points,
            reference: order.reference.clone(),
            reward_id: order.reward_id.clone(),
        };
        let redemption = redeem.decide(books)?.enter(books, "")?;
        order.redemption_id = Some(redemption.redemption_id.parse()?);
        return Ok(Points::new(redemption.available_after));
    };
    let until = hold_until(books, order.customer_id, wallet_id, seconds)?;
    let place = Place {
        customer_id: order.customer_id,
        wallet_id: Some(wallet_id),
        points,
        reference: order.reference.clone(),
        expires_at: Some(until),
    };
    let hold = place.decide(books)?.enter(books, "")?;
    order.state = RewardOrderState::Held;
    order.hold_id = Some(hold.hold_id.parse()?);
    order.hold_expires_at = Some(until);
    Ok(Points::new(hold.available_after))
}

/// Spends what an order holds.
pub(super) fn confirm(books: &mut Books, order: &mut RewardOrder) -> Result<Points, AppError> {
    let confirm = Confirm {
        customer_id: order.customer_id,
        hold_id: order.hold_id.ok_or(RewardsError::OrderNotFound)?,
        points: None,
        is_final: true,
        reward_id: order.reward_id.clone(),
    };
    let hold = confirm.decide(books)?.enter(books, "")?;
    let redemption = hold
        .redemption_ids
        .last()
        .ok_or(RewardsError::OrderNotFound)?;
    order.redemption_id = Some(redemption.parse()?);
    order.state = RewardOrderState::Completed;
    Ok(Points::new(hold.available_after))
}

/// Gives back what an order holds, unless the hold has ended by itself.
pub(super) fn release(books: &mut Books, order: &RewardOrder) -> Result<Points, AppError> {
    let customer_id = order.customer_id;
    let hold_id = order.hold_id.ok_or(RewardsError::OrderNotFound)?;
    let row = books.hold(customer_id, hold_id)?;
    if row.hold.resolution.is_none() {
        let hold = Release {
            customer_id,
            hold_id,
        }
        .decide(books)?
        .enter(books, "")?;
        return Ok(Points::new(hold.available_after));
    }
    let wallet_id = row.wallet_id;
    Ok(books
        .wallet(customer_id, Some(wallet_id))?
        .balances()
        .available)
}

/// Gives points back for a part of an order, to the lots that they came from. Tells how many, and
/// what is available afterwards.
pub(super) fn give_back(
    books: &mut Books,
    order: &RewardOrder,
    lots: Vec<LotShare>,
    took: Took,
) -> Result<(Points, Points), AppError> {
    let customer_id = order.customer_id;
    let wallet_id = WalletId::parse(&order.wallet)?;
    let redemption_id = order.redemption_id.ok_or(RewardsError::OrderNotFound)?;
    let holder_id = match lots.first() {
        Some(lot) => books.holder_of_lot(customer_id, wallet_id, lot.lot_id)?,
        None => customer_id,
    };
    let wallet = books.own_wallet(holder_id, wallet_id)?;
    let policies = books.policies(customer_id, wallet_id)?;
    let spent = Spent {
        lots,
        restored: order.restored,
    };
    let restoration = Restoration {
        spent: &spent,
        refund: Refund {
            refunded: took.back,
            paid: took.whole,
        },
        cause: Cause {
            reference: &order.reference,
            effective_at: books.now(),
        },
    };
    let restored = books.decide(|occasion| restore(wallet, restoration, &policies, occasion))?;
    let Some(restored) = restored else {
        return Ok((Points::ZERO, wallet.balances().available));
    };
    let points = restored.points;
    let available_after = restored.posting.figures().balances.available;
    let details = contract::OperationDetails {
        program_version: books.holder(customer_id)?.program.version,
        details: Some(Details::Restore(contract::RestoreDetails {
            redemption_id: redemption_id.to_string(),
            redeemed: order.price.points,
            restored_before: order.restored.get(),
            refunded_minor: took.back,
            total_minor: took.whole,
            expired: restored.lapsed.get(),
        })),
    };
    let posted = Posted::new(customer_id, restored.posting).at(holder_id);
    books.post(
        posted
            .about(redemption_id)
            .explained(Kind::Restore, details),
    )?;
    books.gather(holder_id, wallet_id)?;
    Ok((points, available_after))
}

fn hold_until(
    books: &Books,
    customer_id: Uuid,
    wallet_id: WalletId,
    seconds: u32,
) -> Result<Timestamp, AppError> {
    let program = &books.holder(customer_id)?.program;
    let policy = program.document.wallet(wallet_id);
    let seconds = match (seconds, policy) {
        (0, Some(policy)) => policy.redemption.hold_seconds,
        (seconds, _) => seconds,
    };
    let term = SignedDuration::from_secs(i64::from(seconds));
    books
        .now()
        .checked_add(term)
        .map_err(|_| AppError::HoldTerm)
}
