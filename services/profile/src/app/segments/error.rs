use chassis::Refusal;
use events::OutboxError;
use postgres::DatabaseError;
use rules::CompileError;

use crate::store::StoreError;

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SegmentError {
    #[error("there is no such segment")]
    NotFound,
    #[error("there is no such customer")]
    CustomerNotFound,
    #[error("there is, or was, a segment of this id")]
    AlreadyExists,
    #[error("the segment is archived")]
    Archived,
    #[error("there are as many segments as there can be")]
    TooMany,
    #[error("the segment was changed since its etag was read")]
    Changed,
    /// `field` is where the condition stands in the request.
    #[error("{source}")]
    Condition { field: String, source: CompileError },
    /// A condition in `field` reads what the caller may not use.
    #[error("the condition reads what conditions of the caller may not read")]
    NotExposed { field: String, names: Vec<String> },
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    /// Where days are counted can't be told.
    #[error("the contact policy can't be read")]
    Zone(Box<Refusal>),
}

impl SegmentError {
    /// True when it is about one person, and others can be decided on: a row that can't be read.
    pub(super) fn is_of_somebody(&self) -> bool {
        matches!(
            self,
            Self::Store(StoreError::Corrupt(_) | StoreError::Unreadable(_))
        )
    }
}

impl From<sqlx::Error> for SegmentError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<DatabaseError> for SegmentError {
    fn from(error: DatabaseError) -> Self {
        Self::Store(error.into())
    }
}
