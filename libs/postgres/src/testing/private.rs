//! A whole cluster for one test.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sqlx::ConnectOptions as _;

use super::reaper::{self, Afterwards};
use super::{TestDatabase, TestError, folder, give_up, shared, template};
use crate::Migrations;
use crate::embedded::lock::{self, Mode};
use crate::embedded::{Address, Cluster, Durability, SUPERUSER, Settings, Shutdown};

const PREFIX: &str = "private-";
const MAX_CONNECTIONS: u16 = 100;
/// Nobody else wants the lock of a folder that was just made.
const BOUND: Duration = Duration::from_secs(10);

/// A cluster that a test may stop, kill and start as it likes. Stopped and removed with this
/// value, or when the process ends in any other way.
#[derive(Debug)]
pub struct TestCluster {
    cluster: Cluster,
    made: AtomicU64,
    _user: File,
}

impl TestCluster {
    /// Makes and starts a cluster; takes about a second.
    ///
    /// # Panics
    /// When there is none to be had.
    pub async fn private() -> Self {
        match Self::make().await {
            Ok(cluster) => cluster,
            Err(error) => give_up(&error),
        }
    }

    /// A fresh migrated database in this cluster.
    ///
    /// # Panics
    /// When it cannot be made.
    pub async fn create(&self, migrations: &Migrations) -> TestDatabase {
        let name = template::test_name(self.made.fetch_add(1, Ordering::Relaxed));
        let address = self.address();
        match fill(&address, migrations, &name).await {
            Ok(()) => TestDatabase::at(address, name, None),
            Err(error) => give_up(&error),
        }
    }

    /// Where to connect.
    pub fn address(&self) -> Address {
        self.cluster.address()
    }

    /// Process id of the server, to send it signals; none while it is stopped.
    pub fn pid(&self) -> Option<u32> {
        self.cluster.pid()
    }

    /// Stops the server as a crash would: sessions break off, the next start recovers.
    ///
    /// # Panics
    /// When it does not stop.
    pub async fn stop_immediately(&mut self) {
        if let Err(error) = self.cluster.stop(Shutdown::Immediate).await {
            give_up(&error.into());
        }
    }

    /// Starts the server again, after [`stop_immediately`](Self::stop_immediately) or after it was
    /// killed.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start(&mut self) {
        if let Err(error) = self.restart().await {
            give_up(&error);
        }
    }

    async fn restart(&mut self) -> Result<(), TestError> {
        self.cluster.stop(Shutdown::Immediate).await?;
        Ok(self.cluster.start().await?)
    }

    async fn make() -> Result<Self, TestError> {
        static MADE: AtomicU64 = AtomicU64::new(0);
        let base = folder::base();
        remove_abandoned(&base);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let root = base.join(format!("{PREFIX}{}-{number}", process::id()));
        shared::make_folder(&root)?;
        let user = lock::take(&reaper::users_lock(&root), Mode::Shared, BOUND).await?;
        let settings = Settings::new(MAX_CONNECTIONS, Durability::Volatile);
        let mut cluster = Cluster::open(&root, settings).await?;
        reaper::watch(&root, &cluster.home().data(), Afterwards::Remove)?;
        cluster.start().await?;
        Ok(Self {
            cluster,
            made: AtomicU64::new(0),
            _user: user,
        })
    }
}

impl Drop for TestCluster {
    fn drop(&mut self) {
        self.cluster.stop_blocking(Shutdown::Immediate);
        self.cluster.home().remove();
    }
}

async fn fill(address: &Address, migrations: &Migrations, name: &str) -> Result<(), TestError> {
    let mut admin = address.options(SUPERUSER, SUPERUSER).connect().await?;
    template::fill(&mut admin, address, migrations, name).await
}

/// Removes clusters whose process is gone, where nobody watched over them.
fn remove_abandoned(base: &Path) {
    for root in private_roots(base) {
        // Whoever gets the lock has no users beside it; a running server goes with its data.
        if let Ok(Some(_alone)) = lock::try_take(&reaper::users_lock(&root), Mode::Exclusive) {
            Cluster::remove_abandoned(&root);
        }
    }
}

fn private_roots(base: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(base).into_iter().flatten().flatten();
    let private = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(PREFIX));
    private.map(|entry| entry.path()).collect()
}
