//! Why a batch was not taken in.

use chassis::Refusal;
use events::OutboxError;
use tonic::Code;

use crate::domain::imports::NotNow;
use crate::refusals;
use crate::store::StoreError;

/// Nothing of the batch is done.
#[derive(Debug, thiserror::Error)]
pub(super) enum BatchError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    #[error(transparent)]
    NotNow(#[from] NotNow),
    #[error("there is no such import")]
    NoImport,
    /// Somebody else took an identifier, or joined or parted customers, meanwhile.
    #[error("others were in the way")]
    Race,
    #[error("what was joined can't be parted: {}", .0.reason())]
    Parting(Refusal),
}

impl BatchError {
    /// True when the same may succeed at once.
    pub(super) fn is_race(&self) -> bool {
        match self {
            Self::Race | Self::Store(StoreError::Regrouped) => true,
            Self::Store(StoreError::Database(error))
            | Self::Outbox(OutboxError::Database(error)) => error.is_serialization_or_deadlock(),
            Self::Store(
                StoreError::Corrupt(_) | StoreError::Unreadable(_) | StoreError::Seal(_),
            )
            | Self::Outbox(OutboxError::TooLarge { .. })
            | Self::NotNow(_)
            | Self::NoImport => false,
            Self::Parting(refusal) => matches!(refusal.code(), Code::Aborted | Code::Unavailable),
        }
    }
}

impl From<postgres::DatabaseError> for BatchError {
    fn from(error: postgres::DatabaseError) -> Self {
        Self::Store(error.into())
    }
}

impl From<sqlx::Error> for BatchError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<BatchError> for Refusal {
    #[track_caller]
    fn from(error: BatchError) -> Self {
        match error {
            BatchError::Store(error) => error.into(),
            BatchError::Outbox(error) => refusals::outbox(error),
            BatchError::NotNow(error) => error.into(),
            BatchError::NoImport => refusals::imports::not_found(),
            BatchError::Race => refusals::unavailable(),
            BatchError::Parting(refusal) => refusal,
        }
    }
}
