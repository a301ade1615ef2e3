use jiff::Timestamp;
use uuid::Uuid;

use super::carry::Carried;
use super::draft::Draft;
use super::movement::Movement;
use super::{Account, Cause, Kind, LedgerError, LotShare, Occasion, Posting, Wallet};

/// Points that are to get another end.
#[derive(Clone, Copy, Debug)]
pub struct Redating<'a> {
    /// The lots.
    pub lots: &'a [Uuid],
    /// When they are to lapse; `None` is never.
    pub expires_at: Option<Timestamp>,
    /// What asks for it.
    pub cause: Cause<'a>,
}

/// Points that got another end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redated {
    /// What to write.
    pub posting: Posting,
    /// The operation.
    pub operation_id: Uuid,
    /// What went from which lot into which.
    pub lots: Vec<Carried>,
}

/// Why points keep their end. Nothing has changed then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedateError {
    /// They would lapse at once.
    #[error("the new end {expires_at} is past")]
    InThePast {
        /// The new end.
        expires_at: Timestamp,
    },
    /// They have lapsed.
    #[error("the lot {lot_id} is past its end")]
    Over {
        /// The lot.
        lot_id: Uuid,
    },
    /// The ledger can't carry it out.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Gives the points of lots another end: they move into lots of their own that differ in nothing
/// else, and so the ledger tells when and why. What is held stays, for its hold knows its lots.
/// `None` when all have that end already.
pub fn redate(
    wallet: &Wallet,
    redating: Redating<'_>,
    occasion: Occasion<'_>,
) -> Result<Option<Redated>, RedateError> {
    let Redating {
        lots,
        expires_at,
        cause,
    } = redating;
    if let Some(expires_at) = expires_at.filter(|end| *end <= occasion.now) {
        return Err(RedateError::InThePast { expires_at });
    }
    let mut draft = Draft::on(wallet, cause, occasion);
    let operation_id = draft.new_operation();
    let (mut movements, mut moved) = (Vec::new(), Vec::new());
    for share in shares(&draft, lots, expires_at, occasion)? {
        let (account, share) = share;
        let to_lot = draft.open_offshoot(operation_id, share, expires_at)?;
        movements.push(Movement::lot(
            account,
            share.lot_id,
            share.points.negated()?,
        ));
        movements.push(Movement::lot(account, to_lot, share.points));
        moved.push(Carried {
            from_lot: share.lot_id,
            to_lot,
            points: share.points,
        });
    }
    if movements.is_empty() {
        return Ok(None);
    }
    draft.post_as(operation_id, Kind::Redate, &movements)?;
    Ok(Some(Redated {
        posting: draft.finish(),
        operation_id,
        lots: moved,
    }))
}

/// What is to move: all that is not held, of lots that have another end.
fn shares(
    draft: &Draft<'_>,
    lots: &[Uuid],
    expires_at: Option<Timestamp>,
    occasion: Occasion<'_>,
) -> Result<Vec<(Account, LotShare)>, RedateError> {
    let mut shares = Vec::new();
    for &lot_id in lots {
        let lot = draft.lot(lot_id)?;
        if lot.is_over(occasion.now) {
            return Err(RedateError::Over { lot_id });
        }
        if lot.terms.expires_at == expires_at {
            continue;
        }
        for account in [Account::Available, Account::Pending] {
            let points = lot.parts.on(account).unwrap_or_default();
            if points.is_positive() {
                shares.push((account, LotShare { lot_id, points }));
            }
        }
    }
    Ok(shares)
}
