use uuid::Uuid;

use super::draft::{Draft, NewLot};
use super::movement::{Movement, pull};
use super::redeem::spendable;
use super::share::take;
use super::{
    Account, Cause, Kind, LedgerError, LotShare, LotTerms, Occasion, Points, Policies, Posting,
    Wallet,
};

/// A correction by hand.
#[derive(Clone, Debug)]
pub struct Adjustment<'a> {
    /// What to change.
    pub change: Change,
    /// The correction, which has its reason.
    pub cause: Cause<'a>,
}

/// What a correction changes.
#[derive(Clone, Debug)]
pub enum Change {
    /// Points are credited, under these rules.
    Credit(Points, LotTerms),
    /// Points are taken away.
    Debit(Points),
}

/// A correction that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adjusted {
    /// What to write.
    pub posting: Posting,
    /// The operation.
    pub operation_id: Uuid,
    /// What each lot got or gave, in the order of consumption.
    pub lots: Vec<LotShare>,
    /// Of a credit, what went to the debt at once.
    pub debt_repaid: Points,
    /// Of a debit, what is owed now.
    pub debt_added: Points,
}

/// Why a correction is not made. Nothing has changed then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AdjustError {
    /// No points are to be moved.
    #[error("{points} points can't be corrected")]
    NotPositive {
        /// What was asked for.
        points: Points,
    },
    /// More would be taken than is there and may be owed.
    #[error("{required} points are required and {available} can be taken")]
    Insufficient {
        /// What could be taken.
        available: Points,
        /// What was asked for.
        required: Points,
    },
    /// The ledger can't carry it out.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Corrects by hand: credits a new lot, which repays debt first; or takes out of lots in the order
/// of consumption, then into debt as far as the policy goes. All of it, or nothing.
pub fn adjust(
    wallet: &Wallet,
    Adjustment { change, cause }: Adjustment<'_>,
    policies: &Policies,
    occasion: Occasion<'_>,
) -> Result<Adjusted, AdjustError> {
    let draft = Draft::on(wallet, cause, occasion);
    match change {
        Change::Credit(points, _) | Change::Debit(points) if !points.is_positive() => {
            Err(AdjustError::NotPositive { points })
        }
        Change::Credit(points, terms) => Ok(credit(draft, points, terms, cause, occasion)?),
        Change::Debit(points) => debit(draft, points, wallet, policies, occasion),
    }
}

fn credit(
    mut draft: Draft<'_>,
    points: Points,
    terms: LotTerms,
    cause: Cause<'_>,
    occasion: Occasion<'_>,
) -> Result<Adjusted, LedgerError> {
    let account = if terms.is_active(occasion.now) {
        Account::Available
    } else {
        Account::Pending
    };
    let operation_id = draft.new_operation();
    let new = NewLot {
        reference: cause.reference,
        earned_at: cause.effective_at,
        terms,
        original: points,
        origin_id: None,
    };
    let lot_id = draft.open(operation_id, new);
    let put_in = [Movement::lot(account, lot_id, points)];
    draft.post_as(operation_id, Kind::Adjust, &put_in)?;
    let debt_repaid = draft.repay_debt()?;
    Ok(Adjusted {
        posting: draft.finish(),
        operation_id,
        lots: vec![LotShare { lot_id, points }],
        debt_repaid,
        debt_added: Points::ZERO,
    })
}

fn debit(
    mut draft: Draft<'_>,
    points: Points,
    wallet: &Wallet,
    policies: &Policies,
    occasion: Occasion<'_>,
) -> Result<Adjusted, AdjustError> {
    let taken = take(spendable(wallet, occasion.now), points)?;
    let owed = wallet.balances().owed()?;
    let debt_added = policies.debt.owing(taken.missing, owed)?;
    let not_taken = taken.missing.minus(debt_added)?;
    if not_taken.is_positive() {
        return Err(AdjustError::Insufficient {
            available: points.minus(not_taken)?,
            required: points,
        });
    }
    let mut movements = pull(Account::Available, &taken.shares)?;
    if debt_added.is_positive() {
        movements.push(Movement::debt(debt_added.negated()?));
    }
    let operation_id = draft.post(Kind::Adjust, &movements)?;
    Ok(Adjusted {
        posting: draft.finish(),
        operation_id,
        lots: taken.shares,
        debt_repaid: Points::ZERO,
        debt_added,
    })
}
