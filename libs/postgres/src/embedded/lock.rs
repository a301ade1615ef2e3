//! Locks that go with their process, however it ends.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::Path;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::EmbeddedError;
use super::error::IoContext as _;

const POLL: Duration = Duration::from_millis(20);

/// How a lock is held.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mode {
    Exclusive,
    Shared,
}

/// Takes the only lock of the cluster in `root`, and writes there who has it.
pub(super) fn own(root: &Path) -> Result<File, EmbeddedError> {
    let path = root.join("lock");
    let Some(mut file) = try_take(&path, Mode::Exclusive)? else {
        let owner = fs::read_to_string(&path)
            .unwrap_or_default()
            .trim()
            .to_owned();
        return Err(EmbeddedError::InUse {
            root: root.to_owned(),
            owner,
        });
    };
    let note = format!("process {}\n", std::process::id());
    file.set_len(0)
        .and_then(|()| file.write_all(note.as_bytes()))
        .context("write", &path)?;
    Ok(file)
}

/// Takes the lock at `path` unless another process has it.
pub(crate) fn try_take(path: &Path, mode: Mode) -> Result<Option<File>, EmbeddedError> {
    let file = open(path).context("open", path)?;
    let attempt = match mode {
        Mode::Exclusive => file.try_lock(),
        Mode::Shared => file.try_lock_shared(),
    };
    match attempt {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error).context("lock", path),
    }
}

/// Waits for the lock at `path`, for at most `bound`.
pub(crate) async fn take(path: &Path, mode: Mode, bound: Duration) -> Result<File, EmbeddedError> {
    let started = Instant::now();
    loop {
        if let Some(file) = try_take(path, mode)? {
            return Ok(file);
        }
        if started.elapsed() >= bound {
            return Err(io::Error::from(io::ErrorKind::TimedOut)).context("lock", path);
        }
        sleep(POLL).await;
    }
}

fn open(path: &Path) -> io::Result<File> {
    // Not truncated: it holds the name of whoever has the lock.
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
}
