//! Recomputes what is recorded, and tells what differs.
//!
//! [`HolderAudit`] takes all that is recorded of one holder and its operations one by one: each
//! operation's hash, its entries among themselves, and what they add up to in wallets, lots and
//! holds. [`ChainAudit`] takes the links of all chains with the hashes of their operations. Between
//! them nothing that is recorded can change, go missing or be added without a [`Difference`]:
//!
//! | what | is proven by |
//! |---|---|
//! | operations, and what is fixed of lots | their hashes |
//! | the hashes, and that no operation is missing or too many | the links of their chain |
//! | the links, and that none is missing at the end | the chain's head, and heads that were reported before |
//! | wallets, what moves of lots, holds | the entries |
//!
//! No more is held in memory than one holder's lots and holds; of a holder with very many lots only
//! a [`Share`] of them at a time.

mod chains;
mod difference;
mod entries;
mod holder;
mod holds;
mod lots;
mod records;
#[cfg(test)]
mod tests;
mod wallets;

pub use chains::{ChainAudit, Head, LinkRecord};
pub use difference::{Difference, Findings, Quantity, Subject, Table};
pub use holder::{HolderAudit, Share};
pub use records::{HoldNote, HoldRecord, LotRecord, OperationRecord, WalletRecord};
pub use wallets::Totals;
