//! Debt that is owed again, because a merge is undone.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use uuid::Uuid;

use super::draft::Draft;
use super::merge::{MergeError, missing};
use super::movement::{Movement, pull};
use super::share::{take, total};
use super::{
    Account, Cause, Due, Kind, LedgerError, Lot, LotShare, Occasion, Points, Posting, Wallet,
};

/// What debt was repaid from since a merge, and may be put in again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repaid {
    lots: BTreeMap<Uuid, OfLot>,
    seen: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct OfLot {
    points: Points,
    /// The place of the latest repayment among all.
    latest: usize,
    /// Whether that one took points that could not be spent yet.
    were_pending: bool,
}

impl Repaid {
    /// Adds an entry of a repayment, the earliest first: points out of a lot (negative), or into it again.
    /// More than went out since the merge is what went out before it, and does not count.
    pub fn add(
        &mut self,
        lot_id: Uuid,
        account: Account,
        amount: Points,
    ) -> Result<(), LedgerError> {
        self.seen += 1;
        let of_lot = self.lots.entry(lot_id).or_default();
        of_lot.points = of_lot.points.minus(amount)?.max(Points::ZERO);
        if amount < Points::ZERO {
            of_lot.latest = self.seen;
            of_lot.were_pending = account == Account::Pending;
        }
        Ok(())
    }

    /// The lots, to be loaded for [`reopen`].
    pub fn lot_ids(&self) -> impl Iterator<Item = Uuid> {
        self.lots.keys().copied()
    }

    /// The points, those of the latest repayment first; those of the lots that are meant before all others.
    fn shares(&self, is_meant: impl Fn(Uuid) -> bool) -> Vec<LotShare> {
        let mut lots: Vec<_> = self.lots.iter().collect();
        lots.sort_unstable_by_key(|(lot_id, of_lot)| (!is_meant(**lot_id), Reverse(of_lot.latest)));
        let share = |(lot_id, of_lot): (&Uuid, &OfLot)| LotShare {
            lot_id: *lot_id,
            points: of_lot.points,
        };
        lots.into_iter().map(share).collect()
    }

    /// Where points of a lot go: back to the pending ones, while their time has not come.
    fn account(&self, lot: &Lot, occasion: Occasion<'_>) -> Account {
        let were_pending = self.lots.get(&lot.lot_id).is_some_and(|of| of.were_pending);
        // Of those that wait for an event only others in the lot tell that it has not happened.
        let still_wait = lot.terms.active_at.is_some() || lot.parts.pending.is_positive();
        let is_active = lot.terms.is_active(occasion.now) || lot.is_over(occasion.now);
        if were_pending && still_wait && !is_active {
            Account::Pending
        } else {
            Account::Available
        }
    }
}

/// Takes repayments since a merge back, as far as it can't be undone otherwise: debt that came over was
/// repaid from points of those who stay, or debt of theirs from points that came over. As much is owed
/// again, and the points lie in the lots that they came from: lapsed ones go to expiry. Empty where
/// nothing is missing.
///
/// The wallet has its live lots, those of the merge, and those that repaid.
pub fn reopen(
    wallet: &Wallet,
    due: Due<'_>,
    repaid: &Repaid,
    cause: Cause<'_>,
    occasion: Occasion<'_>,
) -> Result<Posting, MergeError> {
    let missing = missing(wallet, due, occasion)?;
    // Whoever's points are missing, theirs come back first.
    let theirs = missing.points > missing.debt;
    let is_meant = |lot_id| {
        let lot = wallet.lots().get(lot_id);
        lot.is_some_and(|lot| due.is_of(lot) == theirs)
    };
    let shares = repaid.shares(is_meant);
    let shares = take(shares, missing.points.max(missing.debt))?.shares;
    let mut draft = Draft::on(wallet, cause, occasion);
    put_in_again(&mut draft, repaid, &shares, occasion)?;
    Ok(draft.finish())
}

fn put_in_again(
    draft: &mut Draft<'_>,
    repaid: &Repaid,
    shares: &[LotShare],
    occasion: Occasion<'_>,
) -> Result<(), LedgerError> {
    if shares.is_empty() {
        return Ok(());
    }
    let (mut movements, mut lapsed) = (Vec::new(), Vec::new());
    for share in shares {
        let lot = draft.lot(share.lot_id)?;
        let account = repaid.account(lot, occasion);
        movements.push(Movement::lot(account, share.lot_id, share.points));
        if lot.is_over(occasion.now) {
            lapsed.push(*share);
        }
    }
    movements.push(Movement::debt(total(shares)?.negated()?));
    draft.post(Kind::RepayDebt, &movements)?;
    if !lapsed.is_empty() {
        draft.post(Kind::Expire, &pull(Account::Available, &lapsed)?)?;
    }
    Ok(())
}
