//! Why a schema is not what a service needs.

use sqlx::migrate::MigrateError;

/// An error of [`Migrations`](super::Migrations).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MigrationError {
    /// Two migrations of one service have the same version: a defect of the release.
    #[error("{service} has two migrations with version {version}")]
    DuplicateVersion {
        /// The service.
        service: &'static str,
        /// The version.
        version: i64,
    },
    /// The database was migrated by a newer release, which only that release may go on with.
    #[error(
        "the database of {service} has versions {versions:?} of a newer release; migrate with that release"
    )]
    DatabaseIsNewer {
        /// The service.
        service: &'static str,
        /// Versions that this release does not know.
        versions: Vec<i64>,
    },
    /// Migrations of this release are missing.
    #[error(
        "the database of {service} lacks versions {versions:?}; run `patron migrate {service}`"
    )]
    Pending {
        /// The service.
        service: &'static str,
        /// Versions that are not applied.
        versions: Vec<i64>,
    },
    /// A migration was edited after it had been applied.
    #[error("migration {version} was changed after it had been applied")]
    Modified {
        /// The version.
        version: i64,
    },
    /// The history has a version between ours that we do not know: another program's database.
    #[error("the database has a migration {version}, which was never part of this service")]
    Foreign {
        /// The version.
        version: i64,
    },
    /// Another process has been migrating for too long.
    #[error("another process has been migrating this database for {waited_s} s")]
    Locked {
        /// How long it was waited for, in seconds.
        waited_s: u64,
    },
    /// The role that was to be granted its rights does not exist.
    #[error("the application role `{role}` does not exist; provision it first")]
    NoSuchRole {
        /// The role.
        role: String,
    },
    /// A migration failed; those before it stay applied.
    #[error(transparent)]
    Failed(#[from] MigrateError),
    /// The history could not be read or the rights not be granted.
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
}
