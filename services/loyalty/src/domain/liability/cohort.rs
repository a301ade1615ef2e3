use super::{Month, RollForward};

/// Points that were earned in one month, on one account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cohort {
    /// The month of their earning, in the program's zone.
    pub month: Month,
    /// Who pays for them; `None` is the program.
    pub funding_partner: Option<String>,
}

/// A cohort and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The cohort.
    pub cohort: Cohort,
    /// What became of it.
    pub movements: RollForward,
    /// What the closing points cost, in minor units of money: each lot rounded down, lots without a
    /// cost left out.
    pub closing_cost_minor: i64,
}
