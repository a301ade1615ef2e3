use crate::domain::ledger::{Points, TransferError};

/// Why points are not sent. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TransfersError {
    /// Sender and recipient are one.
    #[error("nobody sends points to oneself")]
    ToOneself,
    /// The program does not let members send points.
    #[error("the program does not let members send points")]
    NotOffered,
    /// They are members of different programs.
    #[error("the recipient is a member of another program")]
    OtherProgram,
    /// They share their points.
    #[error("the recipient shares the same pool")]
    SameHousehold,
    /// More than the member may send in the month.
    #[error("{remaining} more points can be sent this month")]
    AboveLimit {
        /// What may be sent in a month.
        limit: Points,
        /// What may still be sent in this one.
        remaining: Points,
    },
    /// There is no such transfer.
    #[error("the member has no such transfer")]
    NotFound,
    /// The ledger does not move them.
    #[error(transparent)]
    Transfer(#[from] TransferError),
}
