use std::collections::BTreeMap;

use super::{Month, Movement};
use crate::domain::{LedgerError, Points};

/// Ages, in months, that are told apart; older points count as of this age.
const OLDEST: usize = 600;

/// What became of the points of one month at one age.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    /// Came in, less what was taken back, moved away or used for debt.
    pub entered: Points,
    /// Spent, less what was given back.
    pub redeemed: Points,
    /// Lapsed.
    pub expired: Points,
}

impl Flow {
    /// What it adds to the points that are left.
    pub fn net(&self) -> Result<Points, LedgerError> {
        self.entered.minus(self.redeemed)?.minus(self.expired)
    }
}

/// What became of the points of each month, by their age in months.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flows {
    cohorts: BTreeMap<Month, BTreeMap<usize, Flow>>,
}

impl Flows {
    /// Counts a movement of points that were earned in the month `cohort`.
    pub fn post(
        &mut self,
        cohort: Month,
        at: Month,
        movement: Movement,
        amount: Points,
    ) -> Result<(), LedgerError> {
        let age = at.since(cohort).min(OLDEST);
        let flow = self.cohorts.entry(cohort).or_default();
        let flow = flow.entry(age).or_default();
        match movement {
            Movement::Inside => {}
            Movement::Redeemed | Movement::Restored => {
                flow.redeemed = flow.redeemed.minus(amount)?;
            }
            Movement::Expired => flow.expired = flow.expired.minus(amount)?,
            _ => flow.entered = flow.entered.plus(amount)?,
        }
        Ok(())
    }

    /// The cohorts with their flows by age, the oldest first.
    pub fn iter(&self) -> impl Iterator<Item = (Month, &BTreeMap<usize, Flow>)> {
        self.cohorts.iter().map(|(month, flows)| (*month, flows))
    }

    /// The month of the oldest points.
    pub fn first(&self) -> Option<Month> {
        self.cohorts.keys().next().copied()
    }
}
