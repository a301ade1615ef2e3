use uuid::Uuid;

use super::draft::Draft;
use super::movement::Movement;
use super::{Account, Cause, Kind, LedgerError, Lot, LotShare, Occasion, Points, Posting, Wallet};

/// Points that lapsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expired {
    /// What to write.
    pub posting: Posting,
    /// The operation.
    pub operation_id: Uuid,
    /// What each lot lost, in the order of consumption.
    pub lots: Vec<LotShare>,
    /// All of it.
    pub points: Points,
}

/// Takes what is left out of lots that are past their end, short of what is held. `None` when there
/// is nothing, so once more does no harm.
pub fn expire(
    wallet: &Wallet,
    cause: Cause<'_>,
    occasion: Occasion<'_>,
) -> Result<Option<Expired>, LedgerError> {
    let over = wallet.lots().iter();
    let over = over.filter(|lot| lot.is_over(occasion.now)).collect();
    lapse(wallet, over, cause, occasion)
}

/// As [`expire`], for all lots, whatever their end: what becomes of points when a membership ends.
pub fn forfeit(
    wallet: &Wallet,
    cause: Cause<'_>,
    occasion: Occasion<'_>,
) -> Result<Option<Expired>, LedgerError> {
    lapse(wallet, wallet.lots().iter().collect(), cause, occasion)
}

fn lapse(
    wallet: &Wallet,
    mut lots: Vec<&Lot>,
    cause: Cause<'_>,
    occasion: Occasion<'_>,
) -> Result<Option<Expired>, LedgerError> {
    lots.sort_unstable_by_key(|lot| lot.spending_order());
    let (mut movements, mut shares, mut points) = (Vec::new(), Vec::new(), Points::ZERO);
    for lot in lots {
        let mut lost = Points::ZERO;
        for account in [Account::Available, Account::Pending] {
            let part = lot.parts.on(account).unwrap_or_default();
            if part.is_positive() {
                movements.push(Movement::lot(account, lot.lot_id, part.negated()?));
                lost = lost.plus(part)?;
            }
        }
        if lost.is_positive() {
            points = points.plus(lost)?;
            shares.push(LotShare {
                lot_id: lot.lot_id,
                points: lost,
            });
        }
    }
    if movements.is_empty() {
        return Ok(None);
    }
    let mut draft = Draft::on(wallet, cause, occasion);
    let operation_id = draft.post(Kind::Expire, &movements)?;
    Ok(Some(Expired {
        posting: draft.finish(),
        operation_id,
        lots: shares,
        points,
    }))
}
