//! The small process that outlives the tests and stops their cluster.

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::embedded::EmbeddedError;
use crate::embedded::lock::{self, Mode};

const SCRIPT: &str = include_str!("reaper.sh");

/// What is to become of a cluster without users.
#[derive(Clone, Copy, Debug)]
pub(super) enum Afterwards {
    /// Stopped after this many seconds without users, and kept for the next run.
    Keep { linger_s: u32 },
    /// Stopped and removed at once.
    Remove,
}

/// The lock that every test process holds shared while it uses the cluster in `root`.
pub(super) fn users_lock(root: &Path) -> PathBuf {
    root.join("users")
}

/// Makes sure that the cluster in `root` is watched. Where there is no `flock` program the cluster
/// just stays: the next run uses it, or removes it.
pub(super) fn watch(root: &Path, data: &Path, afterwards: Afterwards) -> Result<(), EmbeddedError> {
    let watched = lock::try_take(&root.join("reaper"), Mode::Exclusive)?.is_none();
    if watched {
        return Ok(());
    }
    let (linger_s, remove) = match afterwards {
        Afterwards::Keep { linger_s } => (linger_s, "no"),
        Afterwards::Remove => (0, "yes"),
    };
    let reaper = Command::new("sh")
        .args(["-c", SCRIPT, "reaper"])
        .arg(root)
        .arg(data)
        .args([&linger_s.to_string(), remove])
        .current_dir("/")
        // Neither Ctrl-C nor a test runner that waits for open pipes may notice it.
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    if let Err(error) = reaper {
        tracing::warn!(%error, "nobody will stop the test cluster");
    }
    Ok(())
}
