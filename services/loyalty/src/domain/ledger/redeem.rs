use jiff::Timestamp;
use uuid::Uuid;

use super::draft::Draft;
use super::movement::pull;
use super::share::take;
use super::{
    Account, Cause, Kind, LedgerError, Lot, LotShare, Occasion, Points, Policies, Posting, State,
    Wallet,
};

/// Points to be spent.
#[derive(Clone, Copy, Debug)]
pub struct Redemption<'a> {
    /// How many.
    pub points: Points,
    /// The redemption.
    pub cause: Cause<'a>,
}

/// Points that were spent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redeemed {
    /// What to write.
    pub posting: Posting,
    /// The operation.
    pub operation_id: Uuid,
    /// What each lot gave, in the order of consumption.
    pub lots: Vec<LotShare>,
}

/// Why points are not spent, or not reserved. Nothing has changed then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedeemError {
    /// The membership is suspended or closed.
    #[error("the membership is not active")]
    NotActive,
    /// Fewer than may be spent at once.
    #[error("at least {minimum} points must be spent at once")]
    BelowMinimum {
        /// The fewest.
        minimum: Points,
    },
    /// Not a multiple of what may be spent.
    #[error("only multiples of {step} points can be spent")]
    NotInSteps {
        /// The step.
        step: Points,
    },
    /// More than may be spent at once.
    #[error("at most {maximum} points can be spent at once")]
    AboveMaximum {
        /// The most.
        maximum: Points,
    },
    /// More than the member may still spend of a pool.
    #[error("at most {allowance} points of the pool can be spent now")]
    AboveAllowance {
        /// What may still be spent.
        allowance: Points,
    },
    /// Fewer are there.
    #[error("{required} points are required and {available} available")]
    Insufficient {
        /// What could be spent.
        available: Points,
        /// What was asked for.
        required: Points,
    },
    /// The ledger can't carry it out.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Takes points out of lots in the order of consumption: all that are asked for, or none.
pub fn redeem(
    wallet: &Wallet,
    Redemption { points, cause }: Redemption<'_>,
    policies: &Policies,
    occasion: Occasion<'_>,
) -> Result<Redeemed, RedeemError> {
    policies.check_spending(points)?;
    let lots = spend(wallet, points, occasion.now)?;
    let mut draft = Draft::on(wallet, cause, occasion);
    let operation_id = draft.post(Kind::Redeem, &pull(Account::Available, &lots)?)?;
    Ok(Redeemed {
        posting: draft.finish(),
        operation_id,
        lots,
    })
}

/// What each lot has to give so that these points are together.
pub(super) fn spend(
    wallet: &Wallet,
    points: Points,
    now: Timestamp,
) -> Result<Vec<LotShare>, RedeemError> {
    if wallet.state() != State::Active {
        return Err(RedeemError::NotActive);
    }
    let taken = take(spendable(wallet, now), points)?;
    if taken.missing.is_positive() {
        return Err(RedeemError::Insufficient {
            available: points.minus(taken.missing)?,
            required: points,
        });
    }
    Ok(taken.shares)
}

/// All that can be spent, in the order of consumption.
pub(super) fn spendable(wallet: &Wallet, now: Timestamp) -> impl Iterator<Item = LotShare> {
    let share = |lot: &Lot| LotShare {
        lot_id: lot.lot_id,
        points: lot.parts.available,
    };
    wallet.lots().spendable(now).map(share)
}
