use uuid::Uuid;

use super::{Account, Points};

/// A movement that the ledger can't carry out. Refusals that a member causes are not among these:
/// each of these is a defect, or an amount beyond what a ledger of 64 bits can count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// An amount or balance does not fit 64 bits.
    #[error("the amount exceeds what the ledger can count")]
    Overflow,
    /// An account of the member would go beyond 0: below it, or above it for the debt.
    #[error("the account {account:?} would stand at {balance}")]
    Overdrawn {
        /// The account.
        account: Account,
        /// The balance that it would have.
        balance: Points,
    },
    /// A lot would hold fewer than no points.
    #[error("the lot {lot_id} would hold {balance}")]
    LotOverdrawn {
        /// The lot.
        lot_id: Uuid,
        /// What it would hold.
        balance: Points,
    },
    /// A movement names a lot that the wallet does not hold, or needs one and names none.
    #[error("the movement on the account {account:?} has no lot of this wallet")]
    NoLot {
        /// The account.
        account: Account,
    },
    /// Movements inside of a wallet do not add up to 0.
    #[error("the entries of the operation add up to {sum}")]
    Unbalanced {
        /// What they add up to.
        sum: Points,
    },
}
