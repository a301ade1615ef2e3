use super::carry::{Carried, carry};
use super::draft::Draft;
use super::redeem::spend;
use super::{
    Account, Cause, LedgerError, Occasion, Points, Policies, Posting, RedeemError, State, Wallet,
    WalletId,
};

/// Points to be moved to another wallet.
#[derive(Clone, Copy, Debug)]
pub struct Transfer<'a> {
    /// How many.
    pub points: Points,
    /// The transfer.
    pub cause: Cause<'a>,
}

/// Points that were moved to another wallet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transferred {
    /// What to write of the wallet that gives.
    pub out: Posting,
    /// What to write of the wallet that gets.
    pub into: Posting,
    /// What went from which lot into which, in the order of consumption.
    pub lots: Vec<Carried>,
    /// Of the points, what repaid the debt of the wallet that gets.
    pub debt_repaid: Points,
}

/// Why points are not moved. Nothing has changed then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransferError {
    /// The wallets hold different points.
    #[error("{from} can't be moved into a wallet of {to}")]
    OtherCurrency {
        /// What would be given.
        from: WalletId,
        /// What the other wallet holds.
        to: WalletId,
    },
    /// The membership that would get them has ended.
    #[error("the membership that would get the points has ended")]
    RecipientClosed,
    /// No points are to be moved.
    #[error("{points} points can't be moved")]
    NotPositive {
        /// What was asked for.
        points: Points,
    },
    /// They could not be spent either.
    #[error(transparent)]
    Redeem(#[from] RedeemError),
    /// The ledger can't carry it out.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Moves points to another wallet, lot by lot in the order of consumption: all that are asked for,
/// or none. They keep their end, so moving them to and fro gains no time.
pub fn transfer(
    from: &Wallet,
    to: &Wallet,
    Transfer { points, cause }: Transfer<'_>,
    policies: &Policies,
    occasion: Occasion<'_>,
) -> Result<Transferred, TransferError> {
    if from.wallet_id() != to.wallet_id() {
        return Err(TransferError::OtherCurrency {
            from: from.wallet_id(),
            to: to.wallet_id(),
        });
    }
    if to.state() == State::Closed {
        return Err(TransferError::RecipientClosed);
    }
    if !points.is_positive() {
        return Err(TransferError::NotPositive { points });
    }
    policies.check_spender(points)?;
    let shares = spend(from, points, occasion.now)?.into_iter();
    let shares: Vec<_> = shares.map(|share| (Account::Available, share)).collect();
    let mut out = Draft::on(from, cause, occasion);
    let mut into = Draft::on(to, cause, occasion);
    let lots = carry(&mut out, &mut into, &shares, |_| None)?;
    let debt_repaid = into.repay_debt()?;
    Ok(Transferred {
        out: out.finish(),
        into: into.finish(),
        lots,
        debt_repaid,
    })
}
