use uuid::Uuid;

use super::{Account, Kind, Points, WalletId};

/// A movement that the ledger can't carry out. Refusals that a member causes are not among these:
/// each of these is a defect, or an amount beyond what a ledger of 64 bits can count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// An amount or balance does not fit 64 bits, or an instant lies beyond the calendar.
    #[error("the amount exceeds what the ledger can count")]
    Overflow,
    /// An amount that counts how many is below 0.
    #[error("{amount} is no number of points")]
    Negative {
        /// The amount.
        amount: Points,
    },
    /// An account of the wallet would go beyond 0: below it, or above it for the debt.
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
    /// A movement names a lot that the wallet has not loaded.
    #[error("the lot {lot_id} is not among those of the wallet")]
    UnknownLot {
        /// The lot.
        lot_id: Uuid,
    },
    /// A movement on an account with lots names none; or an account of the program is moved by hand.
    #[error("the movement on the account {account:?} has no lot of this wallet")]
    NoLot {
        /// The account.
        account: Account,
    },
    /// An operation of this kind does not move points so.
    #[error("{kind:?} does not move {amount} on the account {account:?}")]
    Misplaced {
        /// The kind.
        kind: Kind,
        /// The account.
        account: Account,
        /// Points in, or out when negative.
        amount: Points,
    },
    /// Movements inside of a wallet do not add up to 0.
    #[error("the entries of the operation add up to {sum}")]
    Unbalanced {
        /// What they add up to.
        sum: Points,
    },
    /// A posting was decided on a wallet that stood otherwise.
    #[error("the posting follows entry {decided_after} of {wallet_id}, which is at {entry_count}")]
    Stale {
        /// The wallet.
        wallet_id: WalletId,
        /// Entries when it was decided.
        decided_after: i64,
        /// Entries now.
        entry_count: i64,
    },
}
