use uuid::Uuid;

use super::carry::{Carried, carry, shares_of};
use super::draft::Draft;
use super::{Cause, LedgerError, Lot, Occasion, Points, Posting, Wallet, WalletId};

/// Points that were brought into a pool, or taken home from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brought {
    /// What to write of the wallet that they leave. Empty where there was nothing.
    pub out: Posting,
    /// What to write of the wallet that they enter. Empty where there was nothing.
    pub into: Posting,
    /// What went from which lot into which.
    pub lots: Vec<Carried>,
    /// Of the points, what repaid the debt of the wallet that they enter.
    pub debt_repaid: Points,
    /// Points that stay behind because they are held. Once more, when the holds have ended, fetches
    /// them.
    pub still_held: Points,
}

/// Why a pool is not joined or left. Nothing has changed then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HouseholdError {
    /// The wallets hold different points.
    #[error("{from} can't be moved into a wallet of {to}")]
    OtherCurrency {
        /// What would be given.
        from: WalletId,
        /// What the other wallet holds.
        to: WalletId,
    },
    /// Who owes points repays them before joining: in the pool nothing would, for what is earned
    /// from then on is earned there.
    #[error("{owed} points are owed")]
    InDebt {
        /// How many.
        owed: Points,
    },
    /// The ledger can't carry it out.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Brings what a member has, available and pending, into a pool; each lot remembers who brought it.
pub fn join(
    own: &Wallet,
    pool: &Wallet,
    contributor: Uuid,
    cause: Cause<'_>,
    occasion: Occasion<'_>,
) -> Result<Brought, HouseholdError> {
    let owed = own.balances().owed()?;
    if owed.is_positive() {
        return Err(HouseholdError::InDebt { owed });
    }
    let lots = in_order(own, |_| true);
    bring((own, pool), &lots, Some(contributor), cause, occasion)
}

/// Brings what a wallet has, available and pending, into the one in which its holder's points lie now;
/// `contributor`: where that is a pool, whose they are.
pub fn gather(
    own: &Wallet,
    home: &Wallet,
    contributor: Option<Uuid>,
    cause: Cause<'_>,
    occasion: Occasion<'_>,
) -> Result<Brought, HouseholdError> {
    bring(
        (own, home),
        &in_order(own, |_| true),
        contributor,
        cause,
        occasion,
    )
}

/// Takes home what is left of the lots that a member brought or earned into a pool.
pub fn leave(
    pool: &Wallet,
    own: &Wallet,
    contributor: Uuid,
    cause: Cause<'_>,
    occasion: Occasion<'_>,
) -> Result<Brought, HouseholdError> {
    let lots = in_order(pool, |lot| lot.terms.contributor == Some(contributor));
    bring((pool, own), &lots, None, cause, occasion)
}

fn in_order(wallet: &Wallet, is_meant: impl Fn(&Lot) -> bool) -> Vec<&Lot> {
    let mut lots: Vec<&Lot> = wallet.lots().iter().filter(|lot| is_meant(lot)).collect();
    lots.sort_unstable_by_key(|lot| lot.spending_order());
    lots
}

fn bring(
    (from, to): (&Wallet, &Wallet),
    lots: &[&Lot],
    contributor: Option<Uuid>,
    cause: Cause<'_>,
    occasion: Occasion<'_>,
) -> Result<Brought, HouseholdError> {
    if from.wallet_id() != to.wallet_id() {
        return Err(HouseholdError::OtherCurrency {
            from: from.wallet_id(),
            to: to.wallet_id(),
        });
    }
    let mut held = lots.iter().map(|lot| lot.parts.held);
    let still_held = held.try_fold(Points::ZERO, Points::plus)?;
    let mut out = Draft::on(from, cause, occasion);
    let mut into = Draft::on(to, cause, occasion);
    let lots = carry(&mut out, &mut into, &shares_of(lots, occasion), |_| {
        contributor
    })?;
    let debt_repaid = into.repay_debt()?;
    Ok(Brought {
        out: out.finish(),
        into: into.finish(),
        lots,
        debt_repaid,
        still_held,
    })
}
