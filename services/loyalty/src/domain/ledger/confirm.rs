use jiff::Timestamp;
use uuid::Uuid;

use super::draft::Draft;
use super::movement::pull;
use super::redeem::spend;
use super::release::put_back;
use super::share::{take, total};
use super::{
    Account, Cause, Hold, Kind, LedgerError, LotShare, Occasion, Points, Policies, Posting,
    RedeemError, Resolution, Wallet,
};

/// Held points to be spent.
#[derive(Clone, Copy, Debug)]
pub struct Confirmation<'a> {
    /// How many.
    pub points: Points,
    /// Whether it is the last: then the remainder goes back to its lots.
    pub is_final: bool,
    /// The redemption.
    pub cause: Cause<'a>,
}

/// Held points that were spent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmed {
    /// What to write.
    pub posting: Posting,
    /// The operation that spends.
    pub operation_id: Uuid,
    /// The hold after it.
    pub hold: Hold,
    /// What each lot gave: held points first, then those beyond the hold. A lot may stand here
    /// twice.
    pub lots: Vec<LotShare>,
    /// Of the points, what was not held before.
    pub beyond_hold: Points,
    /// What went back into lots.
    pub released: Points,
    /// What should have gone back, but had lapsed.
    pub lapsed: Points,
}

/// Why held points are not spent. Nothing has changed then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfirmError {
    /// It ended before.
    #[error("the hold has ended: {resolution:?}")]
    Resolved {
        /// How.
        resolution: Resolution,
    },
    /// Its time is over, though it was not yet given back.
    #[error("the hold timed out at {expires_at}")]
    TimedOut {
        /// When.
        expires_at: Timestamp,
    },
    /// No points are to be spent.
    #[error("{points} points can't be confirmed")]
    NotPositive {
        /// What was asked for.
        points: Points,
    },
    /// More than is held, and the program does not allow it.
    #[error("{required} points are to be confirmed and {held} are held")]
    AboveHold {
        /// What is held.
        held: Points,
        /// What was asked for.
        required: Points,
    },
    /// What is asked for beyond the hold can't be spent.
    #[error(transparent)]
    Redeem(#[from] RedeemError),
    /// The ledger can't carry it out.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Spends held points, in the order in which their lots gave them. A hold may be confirmed in
/// several parts; it ends with the final one, or with its last point.
pub fn confirm(
    wallet: &Wallet,
    hold: &Hold,
    confirmation: Confirmation<'_>,
    policies: &Policies,
    occasion: Occasion<'_>,
) -> Result<Confirmed, ConfirmError> {
    let Confirmation { points, cause, .. } = confirmation;
    check(hold, points, occasion.now)?;
    let reserved = take(hold.open_lots()?, points)?;
    let beyond = beyond(
        wallet,
        hold,
        (points, reserved.missing),
        policies,
        occasion.now,
    )?;

    let mut draft = Draft::on(wallet, cause, occasion);
    let mut movements = pull(Account::Held, &reserved.shares)?;
    movements.append(&mut pull(Account::Available, &beyond)?);
    let operation_id = draft.post(Kind::Redeem, &movements)?;
    let mut after = hold.clone();
    after.confirmed = hold.confirmed.plus(total(&reserved.shares)?)?;
    let left = after.open_lots()?;
    let (mut released, mut lapsed) = (Points::ZERO, Points::ZERO);
    if confirmation.is_final || left.is_empty() {
        after.resolution = Some(Resolution::Confirmed);
        (released, lapsed) = put_back(&mut draft, &left, policies, occasion.now)?;
    }
    Ok(Confirmed {
        posting: draft.finish(),
        operation_id,
        hold: after,
        lots: reserved.shares.into_iter().chain(beyond).collect(),
        beyond_hold: reserved.missing,
        released,
        lapsed,
    })
}

fn check(hold: &Hold, points: Points, now: Timestamp) -> Result<(), ConfirmError> {
    if let Some(resolution) = hold.resolution {
        return Err(ConfirmError::Resolved { resolution });
    }
    if hold.expires_at <= now {
        return Err(ConfirmError::TimedOut {
            expires_at: hold.expires_at,
        });
    }
    if points <= Points::ZERO {
        return Err(ConfirmError::NotPositive { points });
    }
    Ok(())
}

/// What lots have to give beyond the hold.
fn beyond(
    wallet: &Wallet,
    hold: &Hold,
    (required, missing): (Points, Points),
    policies: &Policies,
    now: Timestamp,
) -> Result<Vec<LotShare>, ConfirmError> {
    if missing.is_zero() {
        return Ok(Vec::new());
    }
    if !policies.confirms_above_hold {
        return Err(ConfirmError::AboveHold {
            held: hold.open()?,
            required,
        });
    }
    policies.check_spender(missing)?;
    Ok(spend(wallet, missing, now)?)
}
