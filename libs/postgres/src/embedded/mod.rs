//! A private PostgreSQL cluster on a unix socket, run by this process.
//!
//! The data survive restarts of the process. The server is stopped when [`Embedded`] goes; if this
//! process is killed instead, the next start stops the orphan or recovers its data. Two processes
//! never use the same folder: the second is told of the first.

mod address;
mod binaries;
mod cluster;
mod error;
mod home;
mod initdb;
pub(crate) mod lock;
mod pid_file;
mod process;
mod server_user;
mod settings;
mod supervisor;

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::Mutex;

pub use address::Address;
pub use binaries::Binaries;
pub(crate) use cluster::{Cluster, Shutdown};
pub use error::EmbeddedError;
pub(crate) use process::exists as process_exists;
pub use settings::Durability;
pub(crate) use settings::Settings;
use supervisor::Supervisor;

/// Name of the superuser of every embedded cluster.
pub const SUPERUSER: &str = "postgres";

/// How an [`Embedded`] cluster is run.
#[derive(Clone, Debug)]
pub struct EmbeddedOptions {
    /// Folder of the cluster, made when missing: data, log, socket and lock.
    pub root: PathBuf,
    /// Connections that the server accepts.
    pub max_connections: u16,
    /// What a crash of the machine may cost.
    pub durability: Durability,
}

impl EmbeddedOptions {
    /// A durable cluster in `root` with 200 connections.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            max_connections: 200,
            durability: Durability::Durable,
        }
    }
}

/// A running private cluster. Dropping it stops the server; [`stop`](Self::stop) does so without
/// blocking the thread.
#[derive(Debug)]
pub struct Embedded {
    supervisor: Supervisor,
    cluster: Arc<Mutex<Cluster>>,
    address: Address,
}

impl Embedded {
    /// Finds the server programs, makes the cluster if there is none, and starts it. If the server
    /// dies later it is started again.
    pub async fn start(options: &EmbeddedOptions) -> Result<Self, EmbeddedError> {
        let settings = Settings::new(options.max_connections, options.durability);
        let mut cluster = Cluster::open(&options.root, settings).await?;
        cluster.start().await?;
        let address = cluster.address();
        tracing::info!(root = %options.root.display(), pid = cluster.pid(), "PostgreSQL is running");
        let cluster = Arc::new(Mutex::new(cluster));
        Ok(Self {
            supervisor: Supervisor::watch(cluster.clone()),
            cluster,
            address,
        })
    }

    /// Where to connect.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Process id of the server; none while it is down.
    pub async fn pid(&self) -> Option<u32> {
        self.cluster.lock().await.pid()
    }

    /// Waits until the server died and could not be brought back. Never ends while it is well.
    pub async fn failed(&self) -> Arc<EmbeddedError> {
        self.supervisor.failed().await
    }

    /// Ends all sessions and stops the server; its data are whole on disk afterwards.
    pub async fn stop(self) -> Result<(), EmbeddedError> {
        self.supervisor.end().await;
        self.cluster.lock().await.stop(Shutdown::Fast).await
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        self.supervisor.abort();
        // Held only by a supervisor that is just restarting the server; the cluster then stops it
        // when that task lets go.
        if let Ok(mut cluster) = self.cluster.try_lock() {
            cluster.stop_blocking(Shutdown::Fast);
        }
    }
}
