//! Why there is no embedded cluster, in words that say what to do about it.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

/// An error of [`Embedded`](super::Embedded).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmbeddedError {
    /// No server programs were found.
    #[error(
        "no PostgreSQL {oldest} or newer found in {searched:?}; run scripts/install-postgres \
         (or `apt-get install postgresql-15`, `dnf install postgresql-server`, \
         `brew install postgresql@17`), or name the folder of its programs in PATRON_POSTGRES_BIN"
    )]
    NoBinaries {
        /// Oldest major version that will do.
        oldest: u32,
        /// Folders that were looked into.
        searched: Vec<PathBuf>,
    },
    /// The data were made by a major version whose programs are not here.
    #[error("{data} was made by PostgreSQL {found}, but only {available:?} are installed; install {found}, or move the folder away to begin anew", data = .data.display())]
    OtherMajor {
        /// The data folder.
        data: PathBuf,
        /// Major version of the data.
        found: u32,
        /// Major versions that are installed.
        available: Vec<u32>,
    },
    /// Another process runs the cluster in this folder.
    #[error("the PostgreSQL in {root} is run by another process ({owner})", root = .root.display())]
    InUse {
        /// The folder.
        root: PathBuf,
        /// The process id that the other wrote into the lock file.
        owner: String,
    },
    /// Started as root, and there is no other user to run the server as.
    #[error(
        "PostgreSQL refuses to run as root, and none of the users {tried:?} exists or could be made"
    )]
    NoUser {
        /// Users that would have done.
        tried: Vec<&'static str>,
    },
    /// No folder was found that the server's user can enter.
    #[error("the user `{user}`, as whom PostgreSQL runs, may enter none of {tried:?}")]
    NoHome {
        /// The server's user.
        user: String,
        /// Folders that were tried.
        tried: Vec<PathBuf>,
    },
    /// A folder that must belong to the server belongs to somebody else.
    #[error("{path} belongs to somebody else; move it away", path = .path.display())]
    NotOurs {
        /// The folder.
        path: PathBuf,
    },
    /// A tool of PostgreSQL failed.
    #[error("{tool} failed with {status}: {output}")]
    Tool {
        /// Name of the tool.
        tool: &'static str,
        /// How it ended.
        status: ExitStatus,
        /// What it said.
        output: String,
    },
    /// The server ended while it was starting.
    #[error("PostgreSQL ended with {status} while it was starting: {log}")]
    DidNotStart {
        /// How it ended.
        status: ExitStatus,
        /// What it logged.
        log: String,
    },
    /// The server did not come up in time.
    #[error("PostgreSQL was not ready after {waited:?}: {log}")]
    NotReady {
        /// How long it was waited for.
        waited: Duration,
        /// What it logged.
        log: String,
    },
    /// The server of a process that was killed does not go away.
    #[error("the PostgreSQL that an earlier process left behind (process {pid}) does not stop")]
    OrphanStays {
        /// Its process id.
        pid: u32,
    },
    /// The server kept dying.
    #[error("PostgreSQL died {deaths} times within {within:?}")]
    KeepsDying {
        /// Number of deaths.
        deaths: usize,
        /// In this time.
        within: Duration,
    },
    /// A file or process operation failed.
    #[error("cannot {doing} {path}: {source}", path = .path.display())]
    Io {
        /// What was attempted.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// Names the operation and the path in an [`io::Error`].
pub(super) trait IoContext<T> {
    fn context(self, doing: &'static str, path: &Path) -> Result<T, EmbeddedError>;
}

impl<T> IoContext<T> for io::Result<T> {
    fn context(self, doing: &'static str, path: &Path) -> Result<T, EmbeddedError> {
        self.map_err(|source| EmbeddedError::Io {
            doing,
            path: path.to_owned(),
            source,
        })
    }
}
