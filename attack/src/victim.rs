//! The whole of Patron in a process of its own, with a PostgreSQL of its own.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use access::DevelopmentIssuer;
use anyhow::Context as _;
use jiff::SignedDuration;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// Longest wait for it to be there: its first start makes a database cluster.
const START_BOUND: Duration = Duration::from_mins(3);
/// How often its memory is looked at.
const SAMPLE_INTERVAL: Duration = Duration::from_millis(50);

/// Patron, until this is dropped.
pub(crate) struct Victim {
    child: Child,
    pub(crate) address: SocketAddr,
    pub(crate) issuer: DevelopmentIssuer,
    _folder: TempDir,
}

impl Victim {
    /// Starts it and waits until it serves.
    pub(crate) async fn start(patron: &Path) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("patron-attack-")
            .tempdir()?;
        let child = Command::new(patron)
            .args([
                "up",
                "--no-demo",
                "--stop-with-stdin",
                "--port",
                "0",
                "--data-dir",
            ])
            .arg(folder.path())
            .env("PATRON__TELEMETRY__LOG", "error")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .with_context(|| format!("{} is not built", patron.display()))?;
        let address = tokio::time::timeout(START_BOUND, address(folder.path())).await??;
        let key = folder.path().join("dev-key.pem");
        let issuer = DevelopmentIssuer::open(&key, "patron")?;
        Ok(Self {
            child,
            address,
            issuer,
            _folder: folder,
        })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// `Bearer …` for somebody with these roles.
    pub(crate) fn authorization(&self, subject: &str, roles: &[&str]) -> anyhow::Result<String> {
        let now = chassis::Clock::system().now();
        let life = SignedDuration::from_hours(1);
        let token = self.issuer.token(subject, roles, now, life)?;
        Ok(format!("Bearer {}", token.expose()))
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        // It stops, and its database with it, when nobody is there any more who could write to it.
        drop(self.child.stdin.take());
        drop(self.child.wait());
    }
}

/// Where it serves, once it has said so.
async fn address(folder: &Path) -> anyhow::Result<SocketAddr> {
    loop {
        let told = std::fs::read_to_string(folder.join("dev.env")).unwrap_or_default();
        let line = told
            .lines()
            .find_map(|line| line.strip_prefix("PATRON_GRPC="));
        if let Some(address) = line {
            return Ok(address.parse()?);
        }
        sleep(Duration::from_millis(100)).await;
    }
}

/// Its memory during an attack.
pub(crate) struct Memory {
    before: u64,
    most: JoinHandle<u64>,
}

impl Memory {
    /// Watches until `stop`.
    pub(crate) fn watch(pid: u32, stop: CancellationToken) -> Self {
        let before = resident_mib(pid);
        let most = tokio::spawn(async move {
            let mut most = before;
            while let Some(()) = stop.run_until_cancelled(sleep(SAMPLE_INTERVAL)).await {
                most = most.max(resident_mib(pid));
            }
            most
        });
        Self { before, most }
    }

    /// By how many MiB it grew.
    pub(crate) async fn growth(self) -> anyhow::Result<u64> {
        Ok(self.most.await?.saturating_sub(self.before))
    }
}

fn resident_mib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.unwrap_or_default() / 1024
}
