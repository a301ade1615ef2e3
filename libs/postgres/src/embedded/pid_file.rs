//! `postmaster.pid`, in which a server tells who it is and how far it has come.

use std::fs;
use std::path::{Path, PathBuf};

use super::EmbeddedError;
use super::error::IoContext as _;
use super::process;

/// Number of the line that says `ready` once the server accepts connections.
const STATUS_LINE: usize = 7;

/// A server's own note about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PidFile {
    pub(super) pid: u32,
    pub(super) ready: bool,
}

impl PidFile {
    pub(super) fn read(data: &Path) -> Option<Self> {
        Self::parse(&fs::read_to_string(path(data)).ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        let pid = text.lines().next()?.trim().parse().ok()?;
        let status = text.lines().nth(STATUS_LINE).unwrap_or_default();
        Some(Self {
            pid,
            ready: status.trim() == "ready",
        })
    }
}

/// Makes a stale file harmless when its process id now belongs to something else.
///
/// The server would refuse to start beside a live process of that id. Removing the file would also
/// take away its key to the old shared memory, by which it knows that old sessions still run; so
/// only the id is replaced, by that of the server's parent-to-be, which it does not count.
pub(super) fn disown(data: &Path) -> Result<(), EmbeddedError> {
    let path = path(data);
    let text = fs::read_to_string(&path).context("read", &path)?;
    let rest = text.split_once('\n').map_or("", |(_, rest)| rest);
    fs::write(&path, format!("{}\n{rest}", std::process::id())).context("write", &path)
}

/// The server that runs on `data` now, if any.
pub(super) fn running(data: &Path) -> Option<u32> {
    let pid = PidFile::read(data)?.pid;
    process::is_server_of(pid, data).then_some(pid)
}

fn path(data: &Path) -> PathBuf {
    data.join("postmaster.pid")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_ready_when_its_eighth_line_says_so() {
        let text = |status| format!("42\n/data\n1700000000\n5432\n/socket\n\n 1 2\n{status}\n");
        assert_eq!(
            PidFile::parse(&text("ready   ")),
            Some(PidFile {
                pid: 42,
                ready: true
            })
        );
        assert_eq!(
            PidFile::parse(&text("starting")),
            Some(PidFile {
                pid: 42,
                ready: false
            })
        );
        assert_eq!(
            PidFile::parse("42\n/data\n"),
            Some(PidFile {
                pid: 42,
                ready: false
            })
        );
        assert_eq!(PidFile::parse(""), None);
    }
}
