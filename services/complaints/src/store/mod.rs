//! Cases and their logs in PostgreSQL. Rows never leave this module.

pub(crate) mod cases;
pub(crate) mod erasure;
pub(crate) mod in_clear;
pub(crate) mod log;
pub(crate) mod sealed;

use seal::store::KeyError;
use seal::{BacklogError, NotSealed, Unreadable};

/// Why the database could not be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// The database, or the way to it. Kept as a cause, by which consumers of events tell an
    /// outage from a fault of the event.
    #[error("the database could not do it")]
    Database(#[from] postgres::DatabaseError),
    /// A stored name that this release does not know; perhaps a newer one wrote it.
    #[error("{column} holds the unknown value {value:?}")]
    UnknownName { column: &'static str, value: String },
    /// The customer was erased: nothing is taken in about the person any more.
    #[error("the customer was erased")]
    Erased,
    /// There is no key to seal with.
    #[error(transparent)]
    Key(KeyError),
    /// Something can't be sealed.
    #[error(transparent)]
    NotSealed(#[from] NotSealed),
    /// Something does not open.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
}

impl From<StoreError> for BacklogError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Database(error) => Self::Database(error),
            error => Self::Rows(Box::new(error)),
        }
    }
}

impl From<KeyError> for StoreError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Database(error) => Self::Database(error),
            KeyError::Erased { .. } => Self::Erased,
            error => Self::Key(error),
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Reads a stored name.
fn named<T>(
    column: &'static str,
    value: String,
    from_name: impl FnOnce(&str) -> Option<T>,
) -> Result<T, StoreError> {
    from_name(&value).ok_or(StoreError::UnknownName { column, value })
}
