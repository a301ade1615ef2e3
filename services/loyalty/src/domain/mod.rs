//! What the service decides, and by what. Pure: no I/O, no clock, no randomness.
//!
//! [`ledger`] holds the points and every decision that moves them; [`chain`] makes its past provable.
//! A [`program`] says what is earned, [`sales`] keeps what was bought, and [`rating`] applies the one
//! to the other.

pub mod adjustments;
pub mod audit;
pub mod benefits;
pub mod chain;
pub mod challenges;
pub mod coupons;
pub mod draws;
pub mod end_of_day;
pub mod grants;
pub mod happened;
pub mod households;
pub mod ledger;
pub mod liability;
pub mod membership;
mod money;
pub mod packages;
pub mod program;
pub mod rating;
pub mod referrals;
pub mod rewards;
pub mod sales;
pub mod simulation;
pub mod stock;
pub mod tiers;

pub use happened::{Act, Happened, SaleChange, SaleFigures};
pub use ledger::{
    Account, Balances, Cause, ClawBack, ClawedBack, EarnError, Earned, Earning, Entry, Figures,
    Kind, LedgerError, Lot, LotShare, LotTerms, Lots, Occasion, Operation, Parts, Points, Policies,
    Posting, RedeemError, Redeemed, Redemption, SpendingLimits, State, Wallet, WalletId, claw_back,
    earn, redeem,
};
pub use money::{Currency, Money, MoneyError};
