use jiff::Timestamp;

use super::draft::Draft;
use super::movement::{Movement, pull};
use super::share::total;
use super::{
    Account, Cause, Hold, Kind, LedgerError, LotShare, Occasion, Points, Policies, Posting,
    Resolution, Wallet,
};

/// Held points that were given back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Released {
    /// What to write.
    pub posting: Posting,
    /// The hold after it.
    pub hold: Hold,
    /// What went back into lots; of it, debt may have been repaid.
    pub points: Points,
    /// What should have gone back, but had lapsed.
    pub lapsed: Points,
}

/// Why held points are not given back. Nothing has changed then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReleaseError {
    /// It ended before.
    #[error("the hold has ended: {resolution:?}")]
    Resolved {
        /// How.
        resolution: Resolution,
    },
    /// It is to time out, but not yet.
    #[error("the hold times out at {expires_at}")]
    NotDue {
        /// When.
        expires_at: Timestamp,
    },
    /// The ledger can't carry it out.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Gives back what is still held, to the lots that it came from. What lapsed meanwhile goes to
/// expiry; or, where the program grants mercy, into a lot of its own with a later end.
pub fn release(
    wallet: &Wallet,
    hold: &Hold,
    cause: Cause<'_>,
    policies: &Policies,
    occasion: Occasion<'_>,
) -> Result<Released, ReleaseError> {
    resolve(
        wallet,
        hold,
        (Resolution::Released, cause),
        policies,
        occasion,
    )
}

/// As [`release`], for a hold whose time is over.
pub fn time_out(
    wallet: &Wallet,
    hold: &Hold,
    cause: Cause<'_>,
    policies: &Policies,
    occasion: Occasion<'_>,
) -> Result<Released, ReleaseError> {
    let expires_at = hold.expires_at;
    if hold.resolution.is_none() && occasion.now < expires_at {
        return Err(ReleaseError::NotDue { expires_at });
    }
    resolve(
        wallet,
        hold,
        (Resolution::TimedOut, cause),
        policies,
        occasion,
    )
}

fn resolve(
    wallet: &Wallet,
    hold: &Hold,
    (how, cause): (Resolution, Cause<'_>),
    policies: &Policies,
    occasion: Occasion<'_>,
) -> Result<Released, ReleaseError> {
    if let Some(resolution) = hold.resolution {
        return Err(ReleaseError::Resolved { resolution });
    }
    let mut draft = Draft::on(wallet, cause, occasion);
    let (points, lapsed) = put_back(&mut draft, &hold.open_lots()?, policies, occasion.now)?;
    let hold = Hold {
        resolution: Some(how),
        ..hold.clone()
    };
    Ok(Released {
        posting: draft.finish(),
        hold,
        points,
        lapsed,
    })
}

/// Puts held points back, and tells how many, and how many more had lapsed.
pub(super) fn put_back(
    draft: &mut Draft<'_>,
    held: &[LotShare],
    policies: &Policies,
    now: Timestamp,
) -> Result<(Points, Points), LedgerError> {
    let mercy = policies.mercy_until.filter(|end| *end > now);
    let (mut back, mut lapsed) = (Vec::new(), Vec::new());
    for share in held {
        let is_over = draft.lot(share.lot_id)?.is_over(now);
        let side = if is_over && mercy.is_none() {
            &mut lapsed
        } else {
            &mut back
        };
        side.push(*share);
    }
    if !back.is_empty() {
        let operation_id = draft.new_operation();
        let mut movements = pull(Account::Held, &back)?;
        for share in &back {
            let lot_id = if draft.lot(share.lot_id)?.is_over(now) {
                draft.open_offshoot(operation_id, *share, mercy)?
            } else {
                share.lot_id
            };
            movements.push(Movement::lot(Account::Available, lot_id, share.points));
        }
        draft.post_as(operation_id, Kind::Release, &movements)?;
    }
    if !lapsed.is_empty() {
        draft.post(Kind::Expire, &pull(Account::Held, &lapsed)?)?;
    }
    draft.repay_debt()?;
    Ok((total(&back)?, total(&lapsed)?))
}
