use events::OutboxError;

use crate::domain::{LedgerError, RedeemError, SaleError};
use crate::store::StoreError;

/// Why a use case was not carried out. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AppError {
    /// The customer is no member.
    #[error("the customer is no member")]
    MemberNotFound,
    /// There is no such program.
    #[error("there is no program {program_id}")]
    ProgramNotFound {
        /// What was asked for.
        program_id: String,
    },
    /// The member has no such redemption.
    #[error("the member has no such redemption")]
    RedemptionNotFound,
    /// The caller's time was over before it was the caller's turn.
    #[error("the deadline passed while others were served")]
    DeadlinePassed,
    /// The points are not spent.
    #[error(transparent)]
    Redeem(#[from] RedeemError),
    /// The return does not go with the sale.
    #[error(transparent)]
    Sale(#[from] SaleError),
    /// The ledger can't carry it out.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Rows could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It could not be announced.
    #[error("it could not be announced")]
    Outbox(#[from] OutboxError),
}

impl From<postgres::DatabaseError> for AppError {
    fn from(error: postgres::DatabaseError) -> Self {
        Self::Store(error.into())
    }
}

impl From<sqlx::Error> for AppError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}
