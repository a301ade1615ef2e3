//! The cluster that all test processes of a run share.

use std::fs::{self, File};
use std::path::Path;
use std::time::Duration;

use sqlx::ConnectOptions as _;
use sqlx::postgres::PgConnection;

use super::reaper::{self, Afterwards};
use super::{TestError, folder, template};
use crate::embedded::lock::{self, Mode};
use crate::embedded::{Address, Cluster, Durability, EmbeddedError, SUPERUSER, Settings};

/// Longest wait for another process that starts or stops the cluster.
const BOUND: Duration = Duration::from_mins(3);
const MAX_CONNECTIONS: u16 = 400;
/// Between two test binaries of one run there is less.
const LINGER_S: u32 = 5;

/// This process's share in the cluster, which runs at least as long as this value lives.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) address: Address,
    pub(super) admin: PgConnection,
    _user: File,
}

impl Shared {
    /// Joins the cluster, and starts it if nobody has.
    pub(super) async fn join() -> Result<Self, TestError> {
        let root = folder::base().join("shared");
        make_folder(&root)?;
        let starting = lock::take(&root.join("starting"), Mode::Exclusive, BOUND).await?;
        // While this is held the reaper leaves the cluster alone.
        let user = lock::take(&reaper::users_lock(&root), Mode::Shared, BOUND).await?;
        let (address, admin) = match running(&root).await {
            Some(running) => running,
            None => start(&root).await?,
        };
        drop(starting);
        Ok(Self {
            address,
            admin,
            _user: user,
        })
    }
}

/// What the process that started the cluster left written, if that cluster still answers.
async fn running(root: &Path) -> Option<(Address, PgConnection)> {
    let note = fs::read_to_string(root.join("address")).ok()?;
    let (socket, data) = note.split_once('\n')?;
    let address = Address::new(socket);
    let admin = connect(&address).await.ok()?;
    reaper::watch(root, Path::new(data), afterwards()).ok()?;
    Some((address, admin))
}

async fn start(root: &Path) -> Result<(Address, PgConnection), TestError> {
    let settings = Settings::new(MAX_CONNECTIONS, Durability::Volatile);
    let mut cluster = Cluster::open(root, settings).await?;
    if let Err(error) = cluster.start().await {
        tracing::warn!(%error, "the test cluster is damaged and made anew");
        let data = cluster.home().data();
        fs::remove_dir_all(&data).map_err(|source| io_error("remove", &data, source))?;
        drop(cluster);
        cluster = Cluster::open(root, settings).await?;
        cluster.start().await?;
    }
    let (address, data) = (cluster.address(), cluster.home().data());
    let mut admin = connect(&address).await?;
    template::drop_leftovers(&mut admin).await?;
    reaper::watch(root, &data, afterwards())?;
    let (note, path) = (
        format!("{}\n{}", address.socket().display(), data.display()),
        root.join("address"),
    );
    fs::write(&path, note).map_err(|source| io_error("write", &path, source))?;
    cluster.leave_running();
    Ok((address, admin))
}

async fn connect(address: &Address) -> Result<PgConnection, sqlx::Error> {
    address.options(SUPERUSER, SUPERUSER).connect().await
}

const fn afterwards() -> Afterwards {
    Afterwards::Keep { linger_s: LINGER_S }
}

pub(super) fn make_folder(root: &Path) -> Result<(), EmbeddedError> {
    fs::create_dir_all(root).map_err(|source| io_error("make the folder", root, source))
}

fn io_error(doing: &'static str, path: &Path, source: std::io::Error) -> EmbeddedError {
    EmbeddedError::Io {
        doing,
        path: path.to_owned(),
        source,
    }
}
