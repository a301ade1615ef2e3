use uuid::Uuid;

use super::draft::{Draft, NewLot};
use super::movement::Movement;
use super::{
    Account, Cause, Kind, LedgerError, LotShare, LotTerms, Occasion, Points, Posting, Wallet,
};

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

/// Both sides of what was carried.
pub(super) struct Moved {
    pub(super) out: Posting,
    pub(super) into: Posting,
    pub(super) lots: Vec<Carried>,
    pub(super) debt_repaid: Points,
}

/// Carries points from one wallet to another, each share in a lot of its own that keeps order of
/// consumption, end, cost and origin. The same cause stands on both sides.
pub(super) fn carry(
    (from, to): (&Wallet, &Wallet),
    shares: &[(Account, LotShare)],
    contributor: Option<Uuid>,
    cause: Cause<'_>,
    occasion: Occasion<'_>,
) -> Result<Moved, LedgerError> {
    let mut out = Draft::on(from, cause, occasion);
    let mut into = Draft::on(to, cause, occasion);
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
                contributor,
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
    if !shares.is_empty() {
        out.post(Kind::Transfer, &gone)?;
        into.post_as(operation_id, Kind::Transfer, &come)?;
    }
    let debt_repaid = into.repay_debt()?;
    Ok(Moved {
        out: out.finish(),
        into: into.finish(),
        lots,
        debt_repaid,
    })
}
