use uuid::Uuid;

use super::wallet::take;
use super::{Cause, Kind, LedgerError, Movement, Occasion, Points, Posting, Wallet};

/// Earned points to be taken back.
#[derive(Clone, Copy, Debug)]
pub struct ClawBack<'a> {
    /// How many: at most what the sale has earned and nobody took back yet.
    pub points: Points,
    /// The lot of the sale, which gives first.
    pub own_lot: Option<Uuid>,
    /// The return.
    pub cause: Cause<'a>,
}

/// Points that were taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClawedBack {
    /// What to write.
    pub posting: Posting,
    /// The operation.
    pub operation_id: Uuid,
    /// Of the points, what had been spent already and is owed now.
    pub debt_added: Points,
}

/// Takes points back: out of the sale's own lot, then out of other lots in the order of
/// consumption; what is missing then is owed. `None` for no points.
pub fn claw_back(
    wallet: Wallet,
    claw: ClawBack<'_>,
    occasion: Occasion<'_>,
) -> Result<Option<ClawedBack>, LedgerError> {
    if claw.points <= Points::ZERO {
        return Ok(None);
    }
    let own = claw.own_lot.and_then(|lot_id| wallet.lots.get(&lot_id));
    let others = wallet.spendable(occasion.now).into_iter();
    let others = others.filter(|lot| Some(lot.lot_id) != claw.own_lot);
    let (mut movements, debt_added) = take(own.into_iter().chain(others), claw.points)?;
    if debt_added > Points::ZERO {
        movements.push(Movement::debt(debt_added.negated()?));
    }

    let operation_id = (occasion.new_id)();
    let mut posting = Posting::on(wallet);
    posting.post(
        operation_id,
        Kind::ClawBack,
        claw.cause,
        &movements,
        occasion,
    )?;
    Ok(Some(ClawedBack {
        posting,
        operation_id,
        debt_added,
    }))
}
