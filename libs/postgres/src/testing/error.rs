//! Why there is no database for a test.

use std::sync::Arc;

use crate::DatabaseError;
use crate::embedded::EmbeddedError;
use crate::migrations::MigrationError;

/// An error of the test clusters and databases. Cheap to clone: several tests may wait for the one
/// attempt that failed.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TestError {
    /// The cluster did not come up.
    #[error(transparent)]
    Cluster(Arc<EmbeddedError>),
    /// A statement failed.
    #[error(transparent)]
    Database(Arc<DatabaseError>),
    /// The migrations failed.
    #[error(transparent)]
    Migration(Arc<MigrationError>),
    /// The thread that makes the databases is gone: it panicked.
    #[error("the thread that makes test databases is gone")]
    JanitorGone,
}

impl TestError {
    /// Whether the session with the server is lost, so that it is worth beginning anew.
    pub(super) fn lost_session(&self) -> bool {
        matches!(self, Self::Database(error) if error.is_unavailable())
    }

    /// Whether a template that was to be copied is not there, or is being looked at.
    pub(super) fn template_unusable(&self) -> bool {
        const GONE: &str = "3D000"; // invalid_catalog_name
        const IN_USE: &str = "55006"; // object_in_use
        let Self::Database(error) = self else {
            return false;
        };
        error
            .sql_state()
            .is_some_and(|code| code == GONE || code == IN_USE)
    }
}

impl From<EmbeddedError> for TestError {
    fn from(error: EmbeddedError) -> Self {
        Self::Cluster(Arc::new(error))
    }
}

impl From<DatabaseError> for TestError {
    fn from(error: DatabaseError) -> Self {
        Self::Database(Arc::new(error))
    }
}

impl From<sqlx::Error> for TestError {
    fn from(error: sqlx::Error) -> Self {
        DatabaseError::from(error).into()
    }
}

impl From<MigrationError> for TestError {
    fn from(error: MigrationError) -> Self {
        Self::Migration(Arc::new(error))
    }
}
