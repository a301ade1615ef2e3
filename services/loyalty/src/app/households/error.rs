use crate::domain::households::HouseholdRefusal;
use crate::domain::ledger::{HouseholdError, Points};

/// Why something is not done with a household. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HouseholdsError {
    /// There is no such household.
    #[error("there is no such household")]
    NotFound,
    /// The program has no households, or pools nothing.
    #[error("the program has no households")]
    NotOffered,
    /// The member is in another one.
    #[error("the member is in a household already")]
    InAnother,
    /// The member is of another program.
    #[error("the member is of another program")]
    OtherProgram,
    /// The membership has ended, or is suspended.
    #[error("the membership is not active")]
    NotActive,
    /// Points are held, of the member or for it.
    #[error("points are held")]
    Held,
    /// The pool owes points.
    #[error("the pool owes {owed} points")]
    PoolInDebt {
        /// How many.
        owed: Points,
    },
    /// It does not go with how the household is.
    #[error(transparent)]
    Refused(#[from] HouseholdRefusal),
    /// The ledger does not move the points.
    #[error(transparent)]
    Ledger(#[from] HouseholdError),
}
