use uuid::Uuid;

use super::draft::{Draft, NewLot};
use super::movement::Movement;
use super::{Account, Kind, LedgerError, Lot, LotShare, LotTerms, Occasion, Points};

/// Points out of a lot of one wallet in a lot of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Carried {
    /// The lot that they came from.
    pub from_lot: Uuid,
    /// The lot that was opened for them.
    pub to_lot: Uuid,
    /// How many.
    pub points: Points,
}

/// Carries points from one wallet to another, each share in a lot of its own that keeps order of
/// consumption, end, cost and origin; `mark` says by whom it is brought, from whom it was before. The
/// same cause stands on both sides.
pub(super) fn carry(
    out: &mut Draft<'_>,
    into: &mut Draft<'_>,
    shares: &[(Account, LotShare)],
    mark: impl Fn(Option<Uuid>) -> Option<Uuid>,
) -> Result<Vec<Carried>, LedgerError> {
    if shares.is_empty() {
        return Ok(Vec::new());
    }
    let operation_id = into.new_operation();
    let (mut gone, mut come) = (Vec::new(), Vec::new());
    let mut lots = Vec::new();
    for &(account, LotShare { lot_id, points }) in shares {
        let lot = out.lot(lot_id)?;
        let new = NewLot {
            reference: &lot.reference,
            earned_at: lot.earned_at,
            terms: LotTerms {
                cost_basis: lot.cost_of(points),
                contributor: mark(lot.terms.contributor),
                ..lot.terms.clone()
            },
            original: points,
            origin_id: Some(lot.origin_id),
        };
        let to_lot = into.open(operation_id, new);
        gone.push(Movement::lot(account, lot_id, points.negated()?));
        come.push(Movement::lot(account, to_lot, points));
        lots.push(Carried {
            from_lot: lot_id,
            to_lot,
            points,
        });
    }
    out.post(Kind::Transfer, &gone)?;
    into.post_as(operation_id, Kind::Transfer, &come)?;
    Ok(lots)
}

/// What can be moved of lots: all that is not held. What is past its end stays, for expiry.
pub(super) fn shares_of(lots: &[&Lot], occasion: Occasion<'_>) -> Vec<(Account, LotShare)> {
    let live = lots.iter().filter(|lot| !lot.is_over(occasion.now));
    let of_lot = |lot: &&Lot| {
        let (lot_id, parts) = (lot.lot_id, lot.parts);
        [
            (Account::Available, parts.available),
            (Account::Pending, parts.pending),
        ]
        .map(|(account, points)| (account, LotShare { lot_id, points }))
    };
    let shares = live.flat_map(of_lot);
    shares
        .filter(|(_, share)| share.points.is_positive())
        .collect()
}
