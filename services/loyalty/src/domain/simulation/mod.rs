//! What would have been under another program, beside what was.
//!
//! A member's [`Past`] is decided anew by the functions that decide the present ([`replay`]); then
//! the two outcomes, each a [`Side`], are compared. A [`Comparison`] takes one [`Member`] after the other and keeps
//! sums, so its size does not depend on how many there are.

mod affected;
mod comparison;
mod past;
mod replay;
mod side;
mod timeline;

pub use affected::{Affected, TierMove};
pub use comparison::{Comparison, Outcome, RuleKey, RuleSums, TierKey, WalletSums};
pub use past::{Past, PastDeed, What};
pub use replay::{Replayed, Unrated, replay};
pub use side::{Earned, Member, RulePoints, Side};
pub use timeline::Timeline;

use crate::domain::{LedgerError, Points};

/// A pair of figures: how it would have been, and how it was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// In the simulation.
    pub simulated: i64,
    /// Really.
    pub actual: i64,
}

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    Simulated,
    Actual,
}

impl Compared {
    /// True when it would have been as it was.
    pub const fn is_same(self) -> bool {
        self.simulated == self.actual
    }

    /// By how much it would have been another, regardless of the direction.
    pub const fn difference(self) -> u64 {
        self.simulated.abs_diff(self.actual)
    }

    fn add(&mut self, which: Which, points: Points) -> Result<(), LedgerError> {
        let sum = match which {
            Which::Simulated => &mut self.simulated,
            Which::Actual => &mut self.actual,
        };
        *sum = sum.checked_add(points.get()).ok_or(LedgerError::Overflow)?;
        Ok(())
    }

    fn count(&mut self, which: Which) -> Result<(), LedgerError> {
        self.add(which, Points::new(1))
    }
}

#[cfg(test)]
mod tests;
