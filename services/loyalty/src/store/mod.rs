//! SQL and rows. What leaves here are domain types.

pub(crate) mod adjustments;
pub(crate) mod audit;
pub(crate) mod benefits;
pub(crate) mod challenges;
pub(crate) mod coupons;
pub(crate) mod draws;
pub(crate) mod end_of_day;
pub(crate) mod erasure;
pub(crate) mod grants;
pub(crate) mod households;
pub(crate) mod ledger;
pub(crate) mod liability;
pub(crate) mod membership;
pub(crate) mod numbers;
pub(crate) mod packages;
pub(crate) mod program;
pub(crate) mod rating;
pub(crate) mod referrals;
pub(crate) mod reward_orders;
pub(crate) mod runs;
pub(crate) mod stocks;
pub(crate) mod tiers;
pub(crate) mod transfers;
pub(crate) mod verifications;

use jiff::{RoundMode, Timestamp, TimestampRound, Unit};
use postgres::DatabaseError;

use crate::domain::MoneyError;
use crate::domain::chain::UnreadableEntries;
use crate::domain::coupons::CodeError;
use crate::domain::ledger::{LedgerError, WalletIdError};

/// Why rows could not be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// The database says no, or nothing. Kept as the source, where the consumer of events looks for
    /// outages, which pass.
    #[error("the database could not do it")]
    Database(#[from] DatabaseError),
    /// A number that stands for a name stands for none: written by a newer release, or by hand.
    #[error("{number} is no {what}")]
    Unknown {
        /// What it should be.
        what: &'static str,
        /// What is stored.
        number: i16,
    },
    /// A hash is stored that is none.
    #[error("a stored digest does not have 32 bytes")]
    Digest,
    /// A code that is no point currency's.
    #[error(transparent)]
    WalletId(#[from] WalletIdError),
    /// Packed entries can't be read.
    #[error(transparent)]
    Entries(#[from] UnreadableEntries),
    /// Packed shares of lots can't be read.
    #[error("packed shares of lots can't be read")]
    Shares,
    /// Amounts can't be added up.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A list that is kept as JSON can't be read, or written.
    #[error("a stored document can't be read")]
    Document,
    /// Rows that were read under their lock are not there to be changed.
    #[error("rows that were to be changed are missing")]
    RowsMissing,
    /// An amount of money is stored in a currency that is none.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// A coupon is stored under a code that is none.
    #[error("a stored code can't be read")]
    Code(#[from] CodeError),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// The instant as the database keeps it, cut to microseconds. Decisions are made with such
/// instants, so that what is read back later is equal to what was answered.
pub(crate) fn kept(instant: Timestamp) -> Timestamp {
    let cut = TimestampRound::new()
        .smallest(Unit::Microsecond)
        .mode(RoundMode::Trunc);
    instant.round(cut).unwrap_or(instant)
}
