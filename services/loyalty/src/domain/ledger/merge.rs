use uuid::Uuid;

use super::carry::{Carried, carry, shares_of};
use super::draft::Draft;
use super::movement::Movement;
use super::{
    Account, Cause, Kind, LedgerError, Lot, LotShare, Occasion, Parts, Points, Posting, Wallet,
    WalletId,
};

/// A wallet that went into another one, or came out of it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// What to write of the wallet that gives. Empty where there was nothing.
    pub out: Posting,
    /// What to write of the wallet that gets. Empty where there was nothing.
    pub into: Posting,
    /// What went from which lot into which.
    pub lots: Vec<Carried>,
    /// All points that went over.
    pub points: Points,
    /// Debt that went over with them.
    pub debt: Points,
    /// What repaid the debt of the wallet that gets.
    pub debt_repaid: Points,
}

/// Why wallets are not merged, or stay so. Nothing has changed then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// The wallets hold different points.
    #[error("{from} can't be moved into a wallet of {to}")]
    OtherCurrency {
        /// What would be given.
        from: WalletId,
        /// What the other wallet holds.
        to: WalletId,
    },
    /// Points are held, and a hold knows its lots.
    #[error("{held} points are held")]
    Held {
        /// How many.
        held: Points,
    },
    /// Others have spent what is due, and have nothing of their own to make up for it.
    #[error(
        "{due} points are due, {left} are left of them, and there are no others in their place"
    )]
    Spent {
        /// What is due.
        due: Points,
        /// What is left of the lots that are meant, lapsed points included.
        left: Points,
    },
    /// Of debt that came over, some is repaid, and not from points that could be put in again.
    #[error("of {brought} points of debt that came over, at most {owed} are owed")]
    Repaid {
        /// Debt that came over.
        brought: Points,
        /// What is owed now.
        owed: Points,
    },
    /// The ledger can't carry it out.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// What is to go back in one currency.
#[derive(Clone, Copy, Debug)]
pub struct Due<'a> {
    /// The merge.
    pub merge_id: Uuid,
    /// Earlier merges, into the membership that went in: their lots came along.
    pub within: &'a [Uuid],
    /// Points.
    pub points: Points,
    /// Debt.
    pub debt: Points,
}

/// What a wallet has too little of for what is due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Missing {
    pub(super) points: Points,
    pub(super) debt: Points,
}

impl Due<'_> {
    /// Whether a lot came over by the merge, or for the merged one since.
    pub(super) fn is_of(&self, lot: &Lot) -> bool {
        let mark = lot.terms.contributor;
        mark.is_some_and(|mark| mark == self.merge_id || self.within.contains(&mark))
    }

    /// With what has come since: it repays the debt first, and what has gone since was taken from the
    /// points first, as it would have been without a merge.
    pub fn since(self, gain: Points) -> Result<Self, LedgerError> {
        let (mut points, mut debt) = (self.points, self.debt);
        if gain.is_positive() {
            let repaid = debt.min(gain);
            debt = debt.minus(repaid)?;
            points = points.plus(gain.minus(repaid)?)?;
        } else {
            let lost = gain.negated()?;
            let taken = points.min(lost);
            points = points.minus(taken)?;
            debt = debt.plus(lost.minus(taken)?)?;
        }
        Ok(Self {
            points,
            debt,
            ..self
        })
    }
}

/// Moves all that a wallet has, its debt included, into another one, where each lot remembers the
/// merge that brought it: of several in a row the first, for that one is undone last. Both wallets
/// have all their live lots loaded.
pub fn merge(
    from: &Wallet,
    to: &Wallet,
    merge_id: Uuid,
    cause: Cause<'_>,
    occasion: Occasion<'_>,
) -> Result<Merged, MergeError> {
    check_currency(from, to)?;
    let held = from.balances().held;
    if held.is_positive() {
        return Err(MergeError::Held { held });
    }
    let lots = in_order(from, |_| true);
    let mut out = Draft::on(from, cause, occasion);
    let mut into = Draft::on(to, cause, occasion);
    let carried = carry(
        &mut out,
        &mut into,
        &shares_of(&lots, occasion),
        |earlier| earlier.or(Some(merge_id)),
    )?;
    let debt = from.balances().owed()?;
    if debt.is_positive() {
        out.post(Kind::Transfer, &[Movement::debt(debt)])?;
        into.post(Kind::Transfer, &[Movement::debt(debt.negated()?)])?;
    }
    let debt_repaid = into.repay_debt_with_all()?;
    Ok(Merged {
        out: out.finish(),
        into: into.finish(),
        points: total(&carried)?,
        lots: carried,
        debt,
        debt_repaid,
    })
}

/// Moves what is due back: out of the lots that came over by the merge, or for the merged one since.
/// Of points that others have spent of them, as many come out of other lots, those first that nobody
/// brought; where more are left than are due, others have paid for what the merged one spent, and keep
/// the first of them. So the sums are right whoever's lots were spent, in whatever order merges beside
/// each other are undone. As much has to be owed as is due as debt: what was repaid counts for the debt
/// that there was before.
///
/// The wallet that gives has its live lots and those of the merge loaded; the one that gets has its
/// live ones: they repay the debt that comes back.
pub fn unmerge(
    from: &Wallet,
    to: &Wallet,
    due: Due<'_>,
    cause: Cause<'_>,
    occasion: Occasion<'_>,
) -> Result<Merged, MergeError> {
    check_currency(from, to)?;
    let Due { within, debt, .. } = due;
    let shares = shares_due(from, due, occasion)?;
    let owed = from.balances().owed()?;
    if owed < debt {
        return Err(MergeError::Repaid {
            brought: debt,
            owed,
        });
    }
    let mut out = Draft::on(from, cause, occasion);
    let mut into = Draft::on(to, cause, occasion);
    let carried = carry(&mut out, &mut into, &shares, |mark| {
        mark.filter(|mark| within.contains(mark))
    })?;
    if debt.is_positive() {
        out.post(Kind::Transfer, &[Movement::debt(debt)])?;
        into.post(Kind::Transfer, &[Movement::debt(debt.negated()?)])?;
    }
    let debt_repaid = into.repay_debt_with_all()?;
    Ok(Merged {
        out: out.finish(),
        into: into.finish(),
        points: total(&carried)?,
        lots: carried,
        debt,
        debt_repaid,
    })
}

/// What goes back of which lots.
fn shares_due(
    from: &Wallet,
    due: Due<'_>,
    occasion: Occasion<'_>,
) -> Result<Vec<(Account, LotShare)>, MergeError> {
    let theirs = in_order(from, |lot| due.is_of(lot));
    let left = left_of(&theirs)?;
    let mut shares = shares_of(&theirs, occasion);
    if left >= due.points {
        return Ok(beyond(left.minus(due.points)?, shares)?);
    }
    let missing = due.points.minus(left)?;
    let instead = first(missing, shares_of(&others(from, due), occasion))?;
    let instead = instead.ok_or(MergeError::Spent {
        due: due.points,
        left,
    })?;
    shares.extend(instead);
    Ok(shares)
}

/// What there is too little of to undo the merge.
pub(super) fn missing(
    from: &Wallet,
    due: Due<'_>,
    occasion: Occasion<'_>,
) -> Result<Missing, MergeError> {
    let left = left_of(&in_order(from, |lot| due.is_of(lot)))?;
    let instead = shares_of(&others(from, due), occasion);
    let mut instead = instead.iter();
    let there = instead.try_fold(left, |sum, (_, share)| sum.plus(share.points))?;
    let beyond = |due: Points, there: Points| due.minus(there.min(due));
    Ok(Missing {
        points: beyond(due.points, there)?,
        debt: beyond(due.debt, from.balances().owed()?)?,
    })
}

/// The lots that stand in for those that are due: first those that nobody brought.
fn others<'a>(from: &'a Wallet, due: Due<'_>) -> Vec<&'a Lot> {
    let mut others = in_order(from, |lot| !due.is_of(lot));
    others.sort_by_key(|lot| lot.terms.contributor.is_some());
    others
}

/// What is left of lots, lapsed points included. None of it may be held.
fn left_of(lots: &[&Lot]) -> Result<Points, MergeError> {
    let mut left = Points::ZERO;
    for Parts {
        available,
        pending,
        held,
        lapsed,
    } in lots.iter().map(|lot| lot.parts)
    {
        if held.is_positive() {
            return Err(MergeError::Held { held });
        }
        left = left.plus(available)?.plus(pending)?.plus(lapsed)?;
    }
    Ok(left)
}

/// The shares without the first so many points.
fn beyond(
    mut points: Points,
    shares: Vec<(Account, LotShare)>,
) -> Result<Vec<(Account, LotShare)>, LedgerError> {
    let mut rest = Vec::with_capacity(shares.len());
    for (account, mut share) in shares {
        let left_out = share.points.min(points);
        points = points.minus(left_out)?;
        share.points = share.points.minus(left_out)?;
        if share.points.is_positive() {
            rest.push((account, share));
        }
    }
    Ok(rest)
}

/// The first so many points of the shares; `None` where there are fewer.
fn first(
    mut points: Points,
    shares: Vec<(Account, LotShare)>,
) -> Result<Option<Vec<(Account, LotShare)>>, LedgerError> {
    let mut taken = Vec::new();
    for (account, mut share) in shares {
        if points.is_zero() {
            break;
        }
        share.points = share.points.min(points);
        points = points.minus(share.points)?;
        taken.push((account, share));
    }
    Ok(points.is_zero().then_some(taken))
}

fn in_order(wallet: &Wallet, is_meant: impl Fn(&Lot) -> bool) -> Vec<&Lot> {
    let mut lots: Vec<&Lot> = wallet.lots().iter().filter(|lot| is_meant(lot)).collect();
    lots.sort_unstable_by_key(|lot| lot.spending_order());
    lots
}

fn check_currency(from: &Wallet, to: &Wallet) -> Result<(), MergeError> {
    let (from, to) = (from.wallet_id(), to.wallet_id());
    if from == to {
        Ok(())
    } else {
        Err(MergeError::OtherCurrency { from, to })
    }
}

fn total(lots: &[Carried]) -> Result<Points, LedgerError> {
    let mut lots = lots.iter();
    lots.try_fold(Points::ZERO, |sum, lot| sum.plus(lot.points))
}
