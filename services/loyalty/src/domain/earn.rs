use uuid::Uuid;

use super::{Account, Cause, Kind, LedgerError, Lot, Movement, Occasion, Points, Posting, Wallet};

/// Points to be earned.
#[derive(Clone, Copy, Debug)]
pub struct Earning<'a> {
    /// How many; not below 0.
    pub points: Points,
    /// What they are earned with.
    pub cause: Cause<'a>,
}

/// Points that were earned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earned {
    /// What to write.
    pub posting: Posting,
    /// The operation that earns.
    pub operation_id: Uuid,
    /// The new lot.
    pub lot_id: Uuid,
    /// Of the points, what went to the debt at once.
    pub debt_repaid: Points,
}

/// Puts points into a new lot, and from it repays what the member owes. `None` for no points.
///
/// The lot's original amount is what was earned, debt or not: so a return of the sale finds how
/// much it may take back.
pub fn earn(
    wallet: Wallet,
    earning: Earning<'_>,
    occasion: Occasion<'_>,
) -> Result<Option<Earned>, LedgerError> {
    let Earning { points, cause } = earning;
    if points <= Points::ZERO {
        return Ok(None);
    }
    let debt_repaid = wallet.balances.owed()?.min(points);
    let (operation_id, lot_id) = ((occasion.new_id)(), (occasion.new_id)());

    let mut posting = Posting::on(wallet);
    posting.open(new_lot(lot_id, operation_id, earning));
    let put_in = [Movement::lot(Account::Available, lot_id, points)];
    posting.post(operation_id, Kind::Earn, cause, &put_in, occasion)?;
    if debt_repaid > Points::ZERO {
        let repay = [
            Movement::lot(Account::Available, lot_id, debt_repaid.negated()?),
            Movement::debt(debt_repaid),
        ];
        let repayment_id = (occasion.new_id)();
        posting.post(repayment_id, Kind::RepayDebt, cause, &repay, occasion)?;
    }
    Ok(Some(Earned {
        posting,
        operation_id,
        lot_id,
        debt_repaid,
    }))
}

fn new_lot(lot_id: Uuid, operation_id: Uuid, Earning { points, cause }: Earning<'_>) -> Lot {
    Lot {
        lot_id,
        reference: cause.reference.to_owned(),
        operation_id,
        priority: 0,
        earned_at: cause.effective_at,
        active_at: cause.effective_at,
        expires_at: None,
        original: points,
        available: Points::ZERO,
        pending: Points::ZERO,
        held: Points::ZERO,
    }
}
