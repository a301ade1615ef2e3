//! Points: what they are, and every decision about them. Pure: no I/O, no clock, no randomness.
//!
//! The ledger is double entry. An [`Operation`] moves points between [`Account`]s, those of a
//! member and those of the program, and its entries add up to 0. What a member can spend lies in
//! [`Lot`]s, one for each earning. A decision takes a [`Wallet`], the member as it stands, and
//! returns a [`Posting`]: the operations to write and the wallet after them.
//!
//! | decision | moves | against |
//! |---|---|---|
//! | [`earn`] | into a new lot; from there to the debt, as far as there is one | issuance |
//! | [`redeem`] | out of lots, in the order of consumption | redemption |
//! | [`claw_back`] | out of the sale's own lot, then out of others, then into debt | issuance |
//!
//! [`audit`] does the reverse: it recomputes what is recorded from the entries alone.

mod account;
pub mod audit;
mod claw_back;
mod earn;
mod error;
mod lot;
mod money;
mod operation;
mod points;
mod posting;
mod program;
mod redeem;
mod sale;
mod wallet;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use account::Account;
pub use claw_back::{ClawBack, ClawedBack, claw_back};
pub use earn::{Earned, Earning, earn};
pub use error::LedgerError;
pub use lot::Lot;
pub use money::{Currency, Money, MoneyError};
pub use operation::{Entry, Kind, Operation};
pub use points::Points;
pub use posting::{Cause, Occasion, Posting};
pub use program::{Program, Rounding};
pub use redeem::{RedeemError, Redeemed, Redemption, redeem};
pub use sale::{Purchase, Return, Sale, SaleError};
pub use wallet::{Balances, Movement, State, Wallet};
