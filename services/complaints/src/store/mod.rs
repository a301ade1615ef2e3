//! Cases and their logs in PostgreSQL. Rows never leave this module.

pub(crate) mod cases;
pub(crate) mod erasure;
pub(crate) mod log;

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
