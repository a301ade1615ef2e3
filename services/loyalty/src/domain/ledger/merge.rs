use uuid::Uuid;

use super::carry::{Carried, carry, shares_of};
use super::draft::Draft;
use super::movement::Movement;
use super::{Cause, Kind, LedgerError, Lot, Occasion, Parts, Points, Posting, Wallet, WalletId};

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
    /// Not all of what came over is there any more.
    #[error("of {brought} points that came over, {left} are left")]
    Spent {
        /// What came over.
        brought: Points,
        /// What is left of it, lapsed points included.
        left: Points,
    },
    /// Of debt that came over, some is repaid.
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

/// What a merge has moved in one currency.
#[derive(Clone, Copy, Debug)]
pub struct CameOver<'a> {
    /// The merge.
    pub merge_id: Uuid,
    /// Earlier merges, into the membership that went in: their lots came along.
    pub within: &'a [Uuid],
    /// Points.
    pub points: Points,
    /// Debt.
    pub debt: Points,
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
    let mut lots: Vec<&Lot> = from.lots().iter().collect();
    lots.sort_unstable_by_key(|lot| lot.spending_order());
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

/// Moves what came over by a merge back, as long as all of it is there, spendable or lapsed, and as
/// much is owed as came over as debt: what was repaid counts for the debt that there was before. The
/// wallet that gets has all its live lots loaded: they repay the debt that comes back.
pub fn unmerge(
    from: &Wallet,
    to: &Wallet,
    came_over: CameOver<'_>,
    cause: Cause<'_>,
    occasion: Occasion<'_>,
) -> Result<Merged, MergeError> {
    check_currency(from, to)?;
    let CameOver {
        merge_id,
        within,
        points,
        debt,
    } = came_over;
    let is_mark = |mark: Uuid| mark == merge_id || within.contains(&mark);
    let is_theirs = |lot: &&Lot| lot.terms.contributor.is_some_and(is_mark);
    let mut lots: Vec<&Lot> = from.lots().iter().filter(is_theirs).collect();
    lots.sort_unstable_by_key(|lot| lot.spending_order());
    check_untouched(&lots, points)?;
    let owed = from.balances().owed()?;
    if owed < debt {
        return Err(MergeError::Repaid {
            brought: debt,
            owed,
        });
    }
    let mut out = Draft::on(from, cause, occasion);
    let mut into = Draft::on(to, cause, occasion);
    let carried = carry(&mut out, &mut into, &shares_of(&lots, occasion), |mark| {
        mark.filter(|mark| *mark != merge_id)
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

/// Whether all of what came over is left in its lots, and none of it held.
fn check_untouched(lots: &[&Lot], brought: Points) -> Result<(), MergeError> {
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
    if left != brought {
        return Err(MergeError::Spent { brought, left });
    }
    Ok(())
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
