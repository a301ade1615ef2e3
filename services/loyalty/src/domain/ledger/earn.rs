use uuid::Uuid;

use super::draft::{Draft, NewLot};
use super::movement::Movement;
use super::{
    Account, Cause, Kind, LedgerError, LotTerms, Occasion, Points, Policies, Posting, Repayment,
    State, Wallet,
};

/// Points to be earned.
#[derive(Clone, Debug)]
pub struct Earning<'a> {
    /// How many.
    pub points: Points,
    /// The rules for them.
    pub terms: LotTerms,
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

/// Why points are not earned. Nothing has changed then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EarnError {
    /// The membership has ended.
    #[error("the membership has ended")]
    Closed,
    /// The ledger can't carry it out.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Puts points into a new lot, pending until their time has come, and repays from it what is owed.
/// `None` for no points.
///
/// The lot's original amount is what was earned, debt or not: so a return of the sale finds how
/// much it may take back.
pub fn earn(
    wallet: &Wallet,
    earning: Earning<'_>,
    policies: &Policies,
    occasion: Occasion<'_>,
) -> Result<Option<Earned>, EarnError> {
    let Earning {
        points,
        terms,
        cause,
    } = earning;
    if wallet.state() == State::Closed {
        return Err(EarnError::Closed);
    }
    if points < Points::ZERO {
        return Err(LedgerError::Negative { amount: points }.into());
    }
    if points.is_zero() {
        return Ok(None);
    }
    let account = if terms.is_active(occasion.now) {
        Account::Available
    } else {
        Account::Pending
    };
    let is_over = terms.is_over(occasion.now);

    let mut draft = Draft::on(wallet, cause, occasion);
    let operation_id = draft.new_operation();
    let new = NewLot {
        reference: cause.reference,
        earned_at: cause.effective_at,
        terms,
        original: points,
        origin_id: None,
    };
    let lot_id = draft.open(operation_id, new);
    let put_in = Movement::lot(account, lot_id, points);
    draft.post_as(operation_id, Kind::Earn, &[put_in])?;
    let debt_repaid = match (account, policies.repayment) {
        (Account::Pending, Repayment::WhenActive) => Points::ZERO,
        (Account::Pending, Repayment::AtEarning) if is_over => Points::ZERO,
        (Account::Pending, Repayment::AtEarning) => repay_pending(&mut draft, wallet, put_in)?,
        _ => draft.repay_debt()?,
    };
    Ok(Some(Earned {
        posting: draft.finish(),
        operation_id,
        lot_id,
        debt_repaid,
    }))
}

fn repay_pending(
    draft: &mut Draft<'_>,
    wallet: &Wallet,
    put_in: Movement,
) -> Result<Points, LedgerError> {
    let repaid = wallet.balances().owed()?.min(put_in.amount);
    if repaid.is_positive() {
        let out = Movement {
            amount: repaid.negated()?,
            ..put_in
        };
        draft.post(Kind::RepayDebt, &[out, Movement::debt(repaid)])?;
    }
    Ok(repaid)
}
