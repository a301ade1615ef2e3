//! The libraries' and the service's migrations as one ordered history.
//!
//! Each library keeps its migrations in its own `migrations/` folder and has a range of versions:
//! events 1–99, idempotency 100–199, persons 200–299, audit 400–499, further libraries the next
//! hundreds, services from 1001.

mod error;
mod grants;
mod history;
mod lock;

use std::time::Duration;

use sqlx::error::DatabaseError as ServerError;
use sqlx::migrate::{MigrateError, Migration, Migrator};
use sqlx::postgres::PgConnection;
use tokio::time::sleep;

use crate::{Database, digest};
pub use error::MigrationError;
use history::Comparison;

/// Longest wait of a migration for the lock on a table in use. While it waits, everybody who wants
/// that table queues behind it, so it gives up soon and tries again.
const LOCK_TIMEOUT_MS: u32 = 2_000;
/// Attempts at a migration that found its tables locked.
const ATTEMPTS: u32 = 10;
/// Pause between two attempts, in which the queue behind the lock can drain.
const PAUSE: Duration = Duration::from_secs(1);

/// The migrations that a service needs, from one or more sqlx migrators.
///
/// ```ignore
/// static OWN: Migrator = sqlx::migrate!();
/// pub static MIGRATIONS: Migrations =
///     Migrations::new("profile", &[&events::MIGRATIONS, &idempotency::MIGRATIONS, &OWN]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Migrations {
    service: &'static str,
    parts: &'static [&'static Migrator],
}

/// What [`Migrations::run`] and [`Migrations::check`] found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SchemaState {
    /// Versions that were applied by this run, ascending.
    pub applied: Vec<i64>,
    /// Versions in the database that this release does not know yet, ascending.
    pub newer: Vec<i64>,
}

impl Migrations {
    /// The union of `parts`, for the database of `service`.
    pub const fn new(service: &'static str, parts: &'static [&'static Migrator]) -> Self {
        Self { service, parts }
    }

    /// Name of the service.
    pub const fn service(&self) -> &'static str {
        self.service
    }

    /// Applies what is missing as the owner role, then grants `app_role` what it needs:
    ///
    /// - ordinary tables: select, insert, update, delete;
    /// - tables whose comment begins with `append-only`: select, insert;
    /// - partitions: nothing, since they are reached through their parent;
    /// - views: select; sequences: usage; functions: execute.
    ///
    /// When the owner is the application role too, it keeps all its rights.
    ///
    /// Replicas may run it at the same time: one works, the others wait and then find it done.
    /// Refuses a database that a newer release has migrated.
    pub async fn run(
        &self,
        owner: &mut PgConnection,
        app_role: &str,
    ) -> Result<SchemaState, MigrationError> {
        let union = self.union()?;
        lock::take(owner).await?;
        let result = self.run_locked(owner, &union, app_role).await;
        lock::give_back(owner).await;
        result
    }

    /// Checks at the start of a service that everything it needs is applied and unchanged. Versions
    /// that it does not know are fine if they are newer than its own: release N−1 runs on the
    /// schema of release N.
    pub async fn check(&self, database: &Database) -> Result<SchemaState, MigrationError> {
        let union = self.union()?;
        let mut connection = database.pool().acquire().await?;
        let Comparison { pending, newer } = history::compare(&mut connection, &union).await?;
        if pending.is_empty() {
            return Ok(SchemaState {
                applied: Vec::new(),
                newer,
            });
        }
        Err(MigrationError::Pending {
            service: self.service,
            versions: pending,
        })
    }

    /// A digest that changes whenever a migration is added or edited: 16 hexadecimal characters.
    pub fn fingerprint(&self) -> String {
        let migrations = self.parts.iter().flat_map(|part| part.iter());
        let checksums = migrations.map(|migration| &*migration.checksum);
        // The rights are part of what `run` leaves behind.
        let revisions = [self.service, grants::REVISION].map(str::as_bytes);
        digest::short(revisions.into_iter().chain(checksums))
    }

    async fn run_locked(
        &self,
        owner: &mut PgConnection,
        union: &Migrator,
        app_role: &str,
    ) -> Result<SchemaState, MigrationError> {
        let Comparison { pending, newer } = history::compare(owner, union).await?;
        if !newer.is_empty() {
            return Err(MigrationError::DatabaseIsNewer {
                service: self.service,
                versions: newer,
            });
        }
        apply(owner, union).await?;
        grants::grant(owner, app_role).await?;
        tracing::info!(
            service = self.service,
            applied = pending.len(),
            "migrations are applied"
        );
        Ok(SchemaState {
            applied: pending,
            newer,
        })
    }

    fn union(&self) -> Result<Migrator, MigrationError> {
        let mut all: Vec<Migration> = self.parts.iter().flat_map(|p| p.iter()).cloned().collect();
        all.sort();
        let twice = all.windows(2).find_map(|pair| match pair {
            [a, b] if a.version == b.version => Some(a.version),
            _ => None,
        });
        if let Some(version) = twice {
            return Err(MigrationError::DuplicateVersion {
                service: self.service,
                version,
            });
        }
        let mut union = Migrator::with_migrations(all);
        // This module compares the history, and more finely; and sqlx waits for its lock inside a
        // statement (see `lock`).
        union.set_ignore_missing(true).set_locking(false);
        Ok(union)
    }
}

/// Each migration is a transaction of its own, so an attempt goes on where the last one stopped.
async fn apply(owner: &mut PgConnection, union: &Migrator) -> Result<(), MigrationError> {
    for attempt in 1..=ATTEMPTS {
        match union.run_direct(None, owner, false).await {
            Err(error) if attempt < ATTEMPTS && found_table_locked(&error) => {
                tracing::warn!(attempt, %error, "a migration found its table locked");
                sleep(PAUSE).await;
            }
            result => return Ok(result?),
        }
    }
    Ok(())
}

fn found_table_locked(error: &MigrateError) -> bool {
    let MigrateError::ExecuteMigration(error, _) = error else {
        return false;
    };
    let code = error.as_database_error().and_then(ServerError::code);
    code.is_some_and(|code| code == "55P03")
}

/// Limits of the owner's session while it migrates. A statement may take its time, waiting for a
/// lock may not.
async fn set_limits(owner: &mut PgConnection) -> Result<(), sqlx::Error> {
    let limits = format!("SET lock_timeout = {LOCK_TIMEOUT_MS}; SET statement_timeout = 0");
    sqlx::raw_sql(sqlx::AssertSqlSafe(limits))
        .execute(owner)
        .await
        .map(drop)
}
