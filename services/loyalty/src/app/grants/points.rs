use events::NewEvent;
use jiff::Timestamp;
use sqlx::PgTransaction;
use uuid::Uuid;

use crate::app::books::{Books, Need, Posted};
use crate::app::{AppError, Loyalty};
use crate::domain::grants::Given;
use crate::domain::ledger::{
    Cause, ClawBack, EarnError, Earning, Kind, LotTerms, Points, WalletId, claw_back, earn,
};
use crate::domain::program::Program;
use crate::wire;

/// Puts points that are given into a lot. `None`: the membership has ended, or the program has no
/// such point currency any more.
pub(super) async fn give(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    books: &mut Books,
    given: &Given,
    wallet_id: WalletId,
    points: i64,
) -> Result<Option<Uuid>, AppError> {
    let customer_id = given.customer_id;
    let need = Need::of(customer_id).in_wallet(Some(wallet_id));
    books.reach(loyalty, tx, &[need]).await?;
    let Ok(wallet) = books.wallet(customer_id, Some(wallet_id)) else {
        return Ok(None);
    };
    let policies = books.policies(customer_id, wallet_id)?;
    let program = &books.holder(customer_id)?.program;
    let reference = wire::grants::reference(given);
    let earning = Earning {
        points: Points::new(points),
        terms: terms(program, wallet_id, points, given.given_at),
        cause: Cause {
            reference: &reference,
            effective_at: given.given_at,
        },
    };
    let earned = match books.decide(|occasion| earn(wallet, earning, &policies, occasion)) {
        Ok(Some(earned)) => earned,
        Ok(None) | Err(EarnError::Closed) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let event = wire::grants::points_given(given, wallet_id, points, &earned);
    let details = wire::grants::grant_details(program.version, given);
    let lot_id = earned.lot_id;
    books.post(Posted::new(customer_id, earned.posting).explained(Kind::Earn, details))?;
    books.announce(NewEvent::about(customer_id, Some(customer_id), &event));
    Ok(Some(lot_id))
}

/// Takes points back that were given, and tells how many could not be taken.
pub(super) async fn take_back(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    books: &mut Books,
    given: &Given,
    (wallet_id, points): (WalletId, Points),
    now: Timestamp,
) -> Result<Points, AppError> {
    let customer_id = given.customer_id;
    let own_lots: Vec<Uuid> = given.result_id.into_iter().collect();
    let mut need = Need::of(customer_id)
        .in_wallet(Some(wallet_id))
        .spending(points);
    for lot_id in &own_lots {
        need = need.lots_from(*lot_id);
    }
    books.reach(loyalty, tx, &[need]).await?;
    let Ok(wallet) = books.wallet(customer_id, Some(wallet_id)) else {
        return Ok(points);
    };
    let policies = books.policies(customer_id, wallet_id)?;
    let reference = wire::grants::reference(given);
    let claw = ClawBack {
        points,
        own_lots: &own_lots,
        cause: Cause {
            reference: &reference,
            effective_at: now,
        },
    };
    let taken = books.decide(|occasion| claw_back(wallet, claw, &policies, occasion))?;
    let Some(taken) = taken else {
        return Ok(Points::ZERO);
    };
    let not_taken = taken.not_taken;
    if taken.operation_id.is_some() {
        let version = books.holder(customer_id)?.program.version;
        let event = wire::grants::points_taken_back(given, points, &taken);
        let details = wire::grants::claw_back_details(version, points, &taken);
        books.post(Posted::new(customer_id, taken.posting).explained(Kind::ClawBack, details))?;
        books.announce(NewEvent::about(customer_id, Some(customer_id), &event));
    }
    Ok(not_taken)
}

/// Points that are given can be used at once, and lapse as all points of their currency do.
pub(in crate::app) fn terms(
    program: &Program,
    wallet_id: WalletId,
    points: i64,
    now: Timestamp,
) -> LotTerms {
    let policy = program.document.wallet(wallet_id);
    let expiry = policy.and_then(|policy| policy.expiry.as_ref());
    let zone = &program.document.zone;
    LotTerms {
        active_at: Some(now),
        expires_at: expiry.map(|expiry| expiry.expires_at(now, zone)),
        cost_basis: policy
            .and_then(|policy| policy.value)
            .and_then(|value| value.of(points)),
        ..LotTerms::default()
    }
}
