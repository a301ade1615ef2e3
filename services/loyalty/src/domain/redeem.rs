use jiff::Timestamp;
use uuid::Uuid;

use super::wallet::take;
use super::{
    Cause, Kind, LedgerError, Movement, Occasion, Points, Posting, Program, State, Wallet,
};

/// Points to be spent.
#[derive(Clone, Copy, Debug)]
pub struct Redemption {
    /// The redemption.
    pub redemption_id: Uuid,
    /// How many points.
    pub points: Points,
}

/// Points that were spent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redeemed {
    /// What to write.
    pub posting: Posting,
    /// The operation.
    pub operation_id: Uuid,
    /// What each lot gave, in the order in which they were used.
    pub lots: Vec<(Uuid, Points)>,
}

/// Why points are not spent. Nothing has changed then.
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
    wallet: Wallet,
    program: &Program,
    redemption: Redemption,
    occasion: Occasion<'_>,
) -> Result<Redeemed, RedeemError> {
    if wallet.state != State::Active {
        return Err(RedeemError::NotActive);
    }
    if redemption.points < program.minimum_redemption {
        return Err(RedeemError::BelowMinimum {
            minimum: program.minimum_redemption,
        });
    }
    let movements = shares(&wallet, redemption.points, occasion.now)?;
    let lots = given(&movements)?;

    let operation_id = (occasion.new_id)();
    let reference = redemption.redemption_id.to_string();
    let cause = Cause {
        reference: &reference,
        effective_at: occasion.now,
    };
    let mut posting = Posting::on(wallet);
    posting.post(operation_id, Kind::Redeem, cause, &movements, occasion)?;
    Ok(Redeemed {
        posting,
        operation_id,
        lots,
    })
}

fn shares(wallet: &Wallet, points: Points, now: Timestamp) -> Result<Vec<Movement>, RedeemError> {
    let (movements, missing) = take(wallet.spendable(now), points)?;
    if missing > Points::ZERO {
        let available = points.minus(missing)?;
        return Err(RedeemError::Insufficient {
            available,
            required: points,
        });
    }
    Ok(movements)
}

fn given(movements: &[Movement]) -> Result<Vec<(Uuid, Points)>, LedgerError> {
    movements
        .iter()
        .filter_map(|movement| movement.lot_id.map(|lot_id| (lot_id, movement.amount)))
        .map(|(lot_id, amount)| Ok((lot_id, amount.negated()?)))
        .collect()
}
