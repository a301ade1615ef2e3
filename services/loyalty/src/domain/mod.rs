//! What the service decides, and by what. Pure: no I/O, no clock, no randomness.
//!
//! [`ledger`] holds the points and every decision that moves them. A [`Sale`] is what loyalty keeps
//! of a purchase, a [`Program`] says what a basket is worth. [`chain`] makes the past provable.

pub mod audit;
pub mod chain;
pub mod ledger;
mod money;
mod program;
mod sale;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use ledger::{
    Account, Balances, Cause, ClawBack, ClawedBack, EarnError, Earned, Earning, Entry, Figures,
    Kind, LedgerError, Lot, LotShare, LotTerms, Lots, Occasion, Operation, Parts, Points, Policies,
    Posting, RedeemError, Redeemed, Redemption, SpendingLimits, State, Wallet, WalletId, claw_back,
    earn, redeem,
};
pub use money::{Currency, Money, MoneyError};
pub use program::{Program, Rounding};
pub use sale::{Purchase, Return, Sale, SaleError};
