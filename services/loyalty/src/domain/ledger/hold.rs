use jiff::Timestamp;
use uuid::Uuid;

use super::draft::Draft;
use super::movement::shift;
use super::redeem::spend;
use super::share::{rest, total};
use super::{
    Account, Cause, Kind, LedgerError, LotShare, Occasion, Points, Policies, Posting, RedeemError,
    Wallet,
};

/// Points that are reserved, and what became of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The hold.
    pub hold_id: Uuid,
    /// When it times out.
    pub expires_at: Timestamp,
    /// What each lot gave, in the order of consumption.
    pub lots: Vec<LotShare>,
    /// Of the points, what was spent: the first ones, in the order of the lots.
    pub confirmed: Points,
    /// How it ended; `None` while it is open. It ends once.
    pub resolution: Option<Resolution>,
}

/// How a hold ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// By its last confirmation.
    Confirmed,
    /// By a release.
    Released,
    /// By its time.
    TimedOut,
}

/// Points to be reserved.
#[derive(Clone, Copy, Debug)]
pub struct Placement<'a> {
    /// The hold.
    pub hold_id: Uuid,
    /// How many points.
    pub points: Points,
    /// When it times out.
    pub expires_at: Timestamp,
    /// What asks for it.
    pub cause: Cause<'a>,
}

/// Points that were reserved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// What to write.
    pub posting: Posting,
    /// The operation.
    pub operation_id: Uuid,
    /// The hold.
    pub hold: Hold,
}

/// Why points are not reserved. Nothing has changed then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HoldError {
    /// They could not be spent either.
    #[error(transparent)]
    Redeem(#[from] RedeemError),
    /// It would be over before it begins.
    #[error("the hold would have timed out at {expires_at}")]
    AlreadyOver {
        /// When it was to time out.
        expires_at: Timestamp,
    },
    /// The ledger can't carry it out.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Reserves points, lot by lot in the order of consumption: all that are asked for, or none. What
/// is held can be spent even when its lot lapses meanwhile.
pub fn hold(
    wallet: &Wallet,
    placement: Placement<'_>,
    policies: &Policies,
    occasion: Occasion<'_>,
) -> Result<Placed, HoldError> {
    let Placement {
        hold_id,
        points,
        expires_at,
        cause,
    } = placement;
    if expires_at <= occasion.now {
        return Err(HoldError::AlreadyOver { expires_at });
    }
    policies.check_spending(points)?;
    let lots = spend(wallet, points, occasion.now)?;
    let mut draft = Draft::on(wallet, cause, occasion);
    let movements = shift(Account::Available, Account::Held, &lots)?;
    let operation_id = draft.post(Kind::Hold, &movements)?;
    let hold = Hold {
        hold_id,
        expires_at,
        lots,
        confirmed: Points::ZERO,
        resolution: None,
    };
    Ok(Placed {
        posting: draft.finish(),
        operation_id,
        hold,
    })
}

impl Hold {
    /// What was reserved in the beginning.
    pub fn points(&self) -> Result<Points, LedgerError> {
        total(&self.lots)
    }

    /// What is still held, by lot in the order of consumption.
    pub fn open_lots(&self) -> Result<Vec<LotShare>, LedgerError> {
        match self.resolution {
            Some(_) => Ok(Vec::new()),
            None => rest(self.lots.iter().copied(), self.confirmed),
        }
    }

    /// How much is still held.
    pub fn open(&self) -> Result<Points, LedgerError> {
        total(&self.open_lots()?)
    }
}
