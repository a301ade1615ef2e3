//! What members hold, how it came to that, and how much of it will never be spent.
//!
//! A [`Book`] folds the entries of all holders, one holder after the other, into a [`RollForward`]
//! for each [`Cohort`] of points: opening + movements = closing, exact from the entries, and compared
//! with what lots and balances say. It keeps sums by cohort only, so its size does not depend on that
//! of the ledger.
//!
//! On the way it collects [`Flows`]: what was spent and what lapsed of the points of each month, by
//! their age. From these [`estimate`] says how much of what is outstanding will lapse, and
//! [`back_tests`] what it would have said in earlier months. That part is statistics: it uses
//! floating point, and nothing that is added up depends on it.

mod book;
mod breakage;
mod cohort;
mod flows;
mod hazards;
mod month;
mod roll_forward;

pub use book::{Book, Difference, EntryFacts, HolderBook, LotFacts, Period, Report};
pub use breakage::{BackTest, Estimate, Interval, back_tests, estimate};
pub use cohort::{Cohort, Line};
pub use flows::{Flow, Flows};
pub use month::Month;
pub use roll_forward::{Movement, RollForward};

use crate::domain::LedgerError;

/// Why a report can't be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LiabilityError {
    /// A sum does not fit 64 bits.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// More pairs of month and funding partner than a report holds.
    #[error("more than {most} cohorts of points")]
    TooManyCohorts {
        /// The most that a report holds.
        most: usize,
    },
}

#[cfg(test)]
mod tests;
