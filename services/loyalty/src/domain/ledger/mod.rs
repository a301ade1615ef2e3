//! The points ledger: what points are, where they stand, and every decision that moves them. Pure:
//! no I/O, no clock, no randomness.
//!
//! The ledger is double entry. An [`Operation`] moves points between [`Account`]s, those of a
//! wallet and those of the program, and its entries add up to 0. Points of a wallet lie in [`Lot`]s,
//! one for each earning. What is fixed at a lot's opening, above all when its points lapse, never
//! changes: points that get another end move into a lot of their own, by entries like all else.
//!
//! A decision takes a [`Wallet`] as it stands and returns, beside what its caller wants to know, a
//! [`Posting`]: operations with balanced entries, lots that they open, and the wallet's figures
//! after them. [`Wallet::apply`] is the only thing that changes a wallet. So a refusal leaves
//! nothing behind, and many commands on one wallet are decided one after the other without a copy.
//!
//! | decision | moves | against |
//! |---|---|---|
//! | [`earn`] | into a new lot, available or pending | issuance |
//! | [`activate`] | of pending lots into available | – |
//! | [`redeem`] | out of lots, in the order of consumption | redemption |
//! | [`hold`] | from available to held, lot by lot | – |
//! | [`confirm`] | out of held, and beyond it out of available | redemption |
//! | [`release`], [`time_out`] | from held back into the same lots; what lapsed meanwhile | –; expiry |
//! | [`claw_back`] | out of the sale's own lots, then out of others, then into debt | issuance |
//! | [`restore`] | back into the lots that a spend took from | redemption |
//! | [`expire`], [`forfeit`] | out of lots that are past their end; out of all | expiry |
//! | [`transfer`], [`join`], [`leave`], [`gather`] | out of one wallet into another, lot by lot | transfer |
//! | [`merge`], [`unmerge`] | all of a wallet into another, debt included; and back | transfer |
//! | [`reopen`] | back into the lots that repaid debt, because a merge is undone | – |
//! | [`adjust`] | into a new lot; or out of lots, then into debt | adjustment |
//! | [`redate`] | from a lot into one with another end | – |
//!
//! Two things hold for all of them. What comes to be available repays debt first, so a wallet that
//! owes has nothing to spend. And "now" decides, not the jobs: points past their end are neither
//! spent nor given back, whether or not [`expire`] has come by.

mod account;
mod activate;
mod adjust;
mod apportion;
mod carry;
mod claw_back;
mod confirm;
mod draft;
mod earn;
mod error;
mod expire;
mod hold;
mod household;
mod lot;
mod lots;
mod merge;
mod movement;
mod operation;
mod points;
mod policies;
mod posting;
mod redate;
mod redeem;
mod release;
mod reopen;
mod restore;
mod share;
mod transfer;
mod wallet;
mod wallet_id;

#[cfg(test)]
mod tests;

pub use account::Account;
pub use activate::{Activated, Activation, Which, activate};
pub use adjust::{AdjustError, Adjusted, Adjustment, Change, adjust};
pub use apportion::{ApportionError, apportion};
pub use carry::Carried;
pub use claw_back::{ClawBack, ClawedBack, claw_back};
pub use confirm::{ConfirmError, Confirmation, Confirmed, confirm};
pub use earn::{EarnError, Earned, Earning, earn};
pub use error::LedgerError;
pub use expire::{Expired, expire, forfeit};
pub use hold::{Hold, HoldError, Placed, Placement, Resolution, hold};
pub use household::{Brought, HouseholdError, gather, join, leave};
pub use lot::{Lot, LotTerms, Parts};
pub use lots::Lots;
pub use merge::{Due, MergeError, Merged, merge, unmerge};
pub use operation::{Entry, Kind, Operation};
pub use points::Points;
pub use policies::{DebtPolicy, Policies, Repayment, SpendingLimits};
pub use posting::{Cause, Occasion, Posting};
pub use redate::{RedateError, Redated, Redating, redate};
pub use redeem::{RedeemError, Redeemed, Redemption, redeem};
pub use release::{ReleaseError, Released, release, time_out};
pub use reopen::{Repaid, reopen};
pub use restore::{Refund, Restoration, RestoreError, Restored, Spent, restore};
pub use share::LotShare;
pub use transfer::{Transfer, TransferError, Transferred, transfer};
pub use wallet::{Balances, Figures, State, Wallet};
pub use wallet_id::{WalletId, WalletIdError};
