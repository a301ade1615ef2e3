//! A real PostgreSQL for tests: an empty, migrated database for each, in milliseconds.
//!
//! All test processes of a run share one cluster below the target folder. The first one starts it;
//! a small shell process stops it some seconds after the last one has gone, however that one ended.
//! Databases are copies of a template that is migrated once per set of migrations. Nothing here
//! survives a crash of the machine, which makes it fast.
//!
//! A test that stops or kills the server or a session of it (a session that does not react keeps
//! every database of the cluster from being made or dropped), or that holds transactions open to see what they hold
//! back (the commit horizon belongs to the whole cluster), takes a [`TestCluster`] of its own.

mod error;
mod folder;
mod janitor;
mod private;
mod reaper;
mod shared;
mod template;

use std::time::Duration;

use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::{Postgres, Transaction};

use crate::embedded::Address;
use crate::{Database, DatabaseConfig, DatabaseError, DatabaseUrl, Migrations};
pub use error::TestError;
use janitor::Janitor;
pub use private::TestCluster;

/// Role that owns every test database.
pub const OWNER_ROLE: &str = "patron_owner";
/// Role that tests work as, so that the rights which migrations grant are tested too.
pub const APP_ROLE: &str = "patron_app";

/// Generous, since a machine that tests is busy: a test fails for its reasons, not for the load.
const ACQUIRE_TIMEOUT_MS: u64 = 30_000;
const STATEMENT_TIMEOUT_MS: u64 = 30_000;

/// A database of one test, gone soon after this value.
#[derive(Debug)]
pub struct TestDatabase {
    db: Database,
    owner_pool: PgPool,
    name: String,
    address: Address,
    janitor: Option<Janitor>,
}

impl TestDatabase {
    /// A fresh database on the shared cluster.
    ///
    /// # Panics
    /// When there is none to be had: a test cannot go on, and what it says is what to do about it.
    pub async fn create(migrations: &Migrations) -> Self {
        let janitor = Janitor::of_process();
        match janitor.create(*migrations).await {
            Ok((address, name)) => Self::at(address, name, Some(janitor)),
            Err(error) => give_up(&error),
        }
    }

    fn at(address: Address, name: String, janitor: Option<Janitor>) -> Self {
        let db = match Database::connect_lazy(&config(address.url(&name, APP_ROLE))) {
            Ok(db) => db,
            Err(error) => give_up(&TestError::from(error)),
        };
        let owner_pool = PgPoolOptions::new()
            .max_connections(4)
            .acquire_timeout(Duration::from_millis(ACQUIRE_TIMEOUT_MS))
            .connect_lazy_with(address.options(&name, OWNER_ROLE));
        Self {
            db,
            owner_pool,
            name,
            address,
            janitor,
        }
    }

    /// The database as the application role sees it.
    pub fn db(&self) -> &Database {
        &self.db
    }

    /// The database as its owner sees it: to arrange and inspect what the application may not.
    pub fn owner_pool(&self) -> &PgPool {
        &self.owner_pool
    }

    /// Begins a transaction of the owner: to stand in the way of what the application does.
    pub async fn begin_as_owner(&self) -> Transaction<'static, Postgres> {
        #[expect(clippy::disallowed_methods, reason = "nobody gives it up")]
        match self.owner_pool.begin().await {
            Ok(transaction) => transaction,
            Err(error) => give_up(&TestError::from(DatabaseError::from(error))),
        }
    }

    /// Name of the database.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// URL for the owner role.
    pub fn url(&self) -> DatabaseUrl {
        self.address.url(&self.name, OWNER_ROLE)
    }

    /// URL for the application role.
    pub fn app_url(&self) -> DatabaseUrl {
        self.address.url(&self.name, APP_ROLE)
    }

    /// Settings by which a service can be started on this database.
    pub fn config(&self) -> DatabaseConfig {
        config(self.app_url())
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Some(janitor) = &self.janitor {
            janitor.drop_later(std::mem::take(&mut self.name));
        }
    }
}

fn config(url: DatabaseUrl) -> DatabaseConfig {
    DatabaseConfig {
        application_name: "patron test".to_owned(),
        max_connections: 8,
        min_connections: 0,
        acquire_timeout_ms: ACQUIRE_TIMEOUT_MS,
        statement_timeout_ms: STATEMENT_TIMEOUT_MS,
        ..DatabaseConfig::new(url)
    }
}

#[expect(clippy::panic, reason = "this is how a test ends that cannot be run")]
fn give_up(error: &TestError) -> ! {
    panic!("no database for this test: {error}")
}
