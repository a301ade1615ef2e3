//! SQL and rows. What leaves here are domain types.

pub(crate) mod audit;
pub(crate) mod ledger;
pub(crate) mod lots;
pub(crate) mod members;
mod numbers;
pub(crate) mod programs;
pub(crate) mod redemptions;
pub(crate) mod sales;
pub(crate) mod statement;

use jiff::{RoundMode, Timestamp, TimestampRound, Unit};
use postgres::DatabaseError;

use crate::domain::MoneyError;

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
    /// An amount of money is stored in a currency that is none.
    #[error(transparent)]
    Money(#[from] MoneyError),
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
