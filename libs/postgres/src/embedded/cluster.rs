//! One cluster on disk and the server that runs on it. Starts and stops; supervises nothing.

use std::fs::{self, File, OpenOptions};
use std::path::Path;
use std::process::{Child, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::Signal;
use tokio::time::{Instant, sleep};

use super::error::IoContext as _;
use super::home::Home;
use super::pid_file::{self, PidFile};
use super::server_user::command;
use super::{Address, Binaries, EmbeddedError, Settings, initdb, lock, process, settings};

/// Longest start, recovery after a crash included.
const START: Duration = Duration::from_mins(2);
/// Longest wait for an orderly end, and then for a hasty one.
const ORDERLY: Duration = Duration::from_secs(30);
const HASTY: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(10);
/// How much of the log an error shows, in bytes from its end.
const LOG_SHOWN: usize = 2_000;
/// Size at which the log is put aside for a new one, in bytes.
const LOG_LIMIT: u64 = 16 << 20;
/// What the server says while sessions of its killed predecessor still run.
const PREDECESSOR_LINGERS: &str = "is still in use";

/// How a server ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shutdown {
    /// Sessions are ended, transactions rolled back, data written.
    Fast,
    /// At once, as in a crash; the next start recovers.
    Immediate,
}

impl Shutdown {
    fn signal(self) -> Signal {
        match self {
            Self::Fast => Signal::INT,
            Self::Immediate => Signal::QUIT,
        }
    }
}

/// A cluster that this process alone uses, as long as it lives.
#[derive(Debug)]
pub(crate) struct Cluster {
    home: Home,
    binaries: Binaries,
    settings: Settings,
    server: Option<Child>,
    _lock: File,
}

impl Cluster {
    /// Takes the cluster in `root`, and makes it when there is none. Does not start it.
    pub(crate) async fn open(root: &Path, settings: Settings) -> Result<Self, EmbeddedError> {
        let home = Home::open(root)?;
        let lock = lock::own(root)?;
        let binaries = initdb::ensure(&home, settings).await?;
        Ok(Self {
            home,
            binaries,
            settings,
            server: None,
            _lock: lock,
        })
    }

    pub(crate) fn home(&self) -> &Home {
        &self.home
    }

    pub(crate) fn address(&self) -> Address {
        self.home.address()
    }

    /// Process id of the server that this process started.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.server.as_ref().map(Child::id)
    }

    /// Starts the server and waits until it accepts connections. If an earlier process left its
    /// server behind, that one is stopped first.
    pub(crate) async fn start(&mut self) -> Result<(), EmbeddedError> {
        self.remove_predecessor().await?;
        self.write_configuration()?;
        let deadline = Instant::now() + START;
        loop {
            match self.attempt(deadline).await {
                Err(EmbeddedError::DidNotStart { log, .. })
                    if log.contains(PREDECESSOR_LINGERS) && Instant::now() < deadline =>
                {
                    sleep(POLL * 10).await;
                }
                result => return result,
            }
        }
    }

    /// Stops the server; does nothing when it is down.
    pub(crate) async fn stop(&mut self, how: Shutdown) -> Result<(), EmbeddedError> {
        let Some(mut server) = self.server.take() else {
            return Ok(());
        };
        let pid = server.id();
        for (signal, bound) in [
            (how.signal(), ORDERLY),
            (Signal::QUIT, HASTY),
            (Signal::KILL, HASTY),
        ] {
            process::signal(pid, signal);
            if wait_until(bound, || has_ended(&mut server)).await {
                return Ok(());
            }
        }
        Err(EmbeddedError::OrphanStays { pid })
    }

    /// The same as [`stop`](Self::stop), for places that cannot wait asynchronously.
    pub(crate) fn stop_blocking(&mut self, how: Shutdown) {
        let Some(mut server) = self.server.take() else {
            return;
        };
        process::signal(server.id(), how.signal());
        for _ in 0..HASTY.as_millis() / POLL.as_millis() {
            if has_ended(&mut server) {
                return;
            }
            #[expect(
                clippy::disallowed_methods,
                reason = "dropping cannot wait in any other way"
            )]
            std::thread::sleep(POLL);
        }
        tracing::warn!(
            pid = server.id(),
            "PostgreSQL is still stopping; the next start waits for it"
        );
    }

    /// How the server ended, if it ended without being asked.
    pub(crate) fn death(&mut self) -> Option<ExitStatus> {
        self.server.as_mut()?.try_wait().ok().flatten()
    }

    /// Lets the server run on when this process ends.
    pub(crate) fn leave_running(mut self) {
        self.server = None;
    }

    /// Removes the cluster in `root`, and its server if that still runs. The caller knows that
    /// nobody uses it.
    pub(crate) fn remove_abandoned(root: &Path) {
        let Ok(home) = Home::open(root) else { return };
        if let Some(pid) = pid_file::running(&home.data()) {
            process::signal(pid, Signal::QUIT);
        }
        home.remove();
    }

    async fn remove_predecessor(&self) -> Result<(), EmbeddedError> {
        let data = self.home.data();
        let Some(file) = PidFile::read(&data) else {
            return Ok(());
        };
        if let Some(pid) = pid_file::running(&data) {
            tracing::warn!(
                pid,
                "stopping the PostgreSQL that an earlier process left behind"
            );
            return end_orphan(pid, &data).await;
        }
        if process::exists(file.pid) {
            return pid_file::disown(&data);
        }
        Ok(())
    }

    fn write_configuration(&self) -> Result<(), EmbeddedError> {
        let data = self.home.data();
        let configuration = self.settings.render(self.address().socket());
        for (name, content) in [
            ("postgresql.conf", &*configuration),
            ("pg_hba.conf", settings::HBA),
        ] {
            let path = data.join(name);
            fs::write(&path, content).context("write", &path)?;
        }
        Ok(())
    }

    async fn attempt(&mut self, deadline: Instant) -> Result<(), EmbeddedError> {
        let started = Instant::now();
        let (log, log_start) = self.open_log()?;
        let pid = self.server.insert(self.spawn(log)?).id();
        let data = self.home.data();
        loop {
            if let Some(status) = self.death() {
                self.server = None;
                return Err(EmbeddedError::DidNotStart {
                    status,
                    log: self.log_since(log_start),
                });
            }
            if PidFile::read(&data) == Some(PidFile { pid, ready: true }) {
                return Ok(());
            }
            if Instant::now() >= deadline {
                self.stop(Shutdown::Immediate).await?;
                let waited = started.elapsed();
                return Err(EmbeddedError::NotReady {
                    waited,
                    log: self.log_since(log_start),
                });
            }
            sleep(POLL).await;
        }
    }

    fn spawn(&self, log: File) -> Result<Child, EmbeddedError> {
        let program = self.binaries.tool("postgres");
        let copy = log.try_clone().context("open", &self.home.log())?;
        command(&program, self.home.user())
            .arg("-D")
            .arg(self.home.data())
            .stdout(Stdio::from(copy))
            .stderr(Stdio::from(log))
            .spawn()
            .context("run", &program)
    }

    /// The log to append to, and its length so far.
    fn open_log(&self) -> Result<(File, u64), EmbeddedError> {
        let path = self.home.log();
        let length = fs::metadata(&path).map_or(0, |metadata| metadata.len());
        if length > LOG_LIMIT {
            fs::rename(&path, path.with_extension("log.old")).context("rename", &path)?;
        }
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .context("open", &path)?;
        let length = file.metadata().context("look at", &path)?.len();
        Ok((file, length))
    }

    fn log_since(&self, start: u64) -> String {
        let bytes = fs::read(self.home.log()).unwrap_or_default();
        let start = usize::try_from(start)
            .unwrap_or(usize::MAX)
            .max(bytes.len().saturating_sub(LOG_SHOWN));
        String::from_utf8_lossy(bytes.get(start..).unwrap_or_default())
            .trim()
            .to_owned()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.stop_blocking(Shutdown::Fast);
    }
}

async fn end_orphan(pid: u32, data: &Path) -> Result<(), EmbeddedError> {
    for (signal, bound) in [
        (Signal::INT, ORDERLY),
        (Signal::QUIT, HASTY),
        (Signal::KILL, HASTY),
    ] {
        process::signal(pid, signal);
        if wait_until(bound, || !process::is_server_of(pid, data)).await {
            return Ok(());
        }
    }
    Err(EmbeddedError::OrphanStays { pid })
}

fn has_ended(server: &mut Child) -> bool {
    !matches!(server.try_wait(), Ok(None))
}

async fn wait_until(bound: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + bound;
    while !condition() {
        if Instant::now() >= deadline {
            return false;
        }
        sleep(POLL).await;
    }
    true
}
