use uuid::Uuid;

use super::{LedgerError, Points};

/// So many points of a lot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LotShare {
    /// The lot.
    pub lot_id: Uuid,
    /// How many; above 0.
    pub points: Points,
}

/// What was found when points were wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Taken {
    /// What each lot gives, in the order in which they were asked.
    pub(super) shares: Vec<LotShare>,
    /// What is still wanted after the last.
    pub(super) missing: Points,
}

/// Takes from each of these in turn until `wanted` points are together.
pub(super) fn take(
    offers: impl IntoIterator<Item = LotShare>,
    wanted: Points,
) -> Result<Taken, LedgerError> {
    let mut taken = Taken {
        shares: Vec::new(),
        missing: wanted,
    };
    for offer in offers {
        if !taken.missing.is_positive() {
            break;
        }
        let points = offer.points.min(taken.missing);
        if points.is_positive() {
            push(&mut taken.shares, LotShare { points, ..offer })?;
            taken.missing = taken.missing.minus(points)?;
        }
    }
    Ok(taken)
}

/// Adds a share, to the last one where that is of the same lot.
fn push(shares: &mut Vec<LotShare>, share: LotShare) -> Result<(), LedgerError> {
    match shares.last_mut() {
        Some(last) if last.lot_id == share.lot_id => {
            last.points = last.points.plus(share.points)?;
        }
        _ => shares.push(share),
    }
    Ok(())
}

/// What remains of these after the first `gone` points.
pub(super) fn rest(
    shares: impl IntoIterator<Item = LotShare>,
    gone: Points,
) -> Result<Vec<LotShare>, LedgerError> {
    let mut gone = gone;
    let mut left = Vec::new();
    for share in shares {
        let skipped = share.points.min(gone);
        gone = gone.minus(skipped)?;
        let points = share.points.minus(skipped)?;
        if points.is_positive() {
            left.push(LotShare { points, ..share });
        }
    }
    Ok(left)
}

/// All of them together.
pub(super) fn total(shares: &[LotShare]) -> Result<Points, LedgerError> {
    let mut shares = shares.iter();
    shares.try_fold(Points::ZERO, |sum, share| sum.plus(share.points))
}
