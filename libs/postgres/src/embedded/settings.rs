//! The server's configuration, written anew before every start.

use std::path::Path;

/// What a crash of the machine may cost. A crash of the server alone costs nothing either way: what
/// was committed has been handed to the operating system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// What was committed is on disk.
    Durable,
    /// For tests: everything may be lost, in return for speed.
    Volatile,
}

/// What differs between clusters.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    max_connections: u16,
    durability: Durability,
}

/// Who reaches the socket may be anyone: its folder is closed to all but the server's user.
pub(super) const HBA: &str = "local all all trust\n";

const COMMON: &str = "\
# Written by Patron before every start; changes here are lost.
listen_addresses = ''
port = 5432
unix_socket_permissions = 0700
# A single machine without replicas: WAL is for recovery only.
wal_level = minimal
max_wal_senders = 0
# Compiling a plan takes longer than any of Patron's statements.
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
log_destination = 'stderr'
logging_collector = off
log_line_prefix = '%m [%p] %q%u@%d '
";

const DURABLE: &str = "\
fsync = on
shared_buffers = 512MB
# The first change of a page after a checkpoint writes all of it to WAL, and commits wait for that: so
# checkpoints are rare, at the price of a recovery that may take a little longer.
max_wal_size = 4GB
checkpoint_timeout = 15min
autovacuum = on
log_lock_waits = on
log_min_duration_statement = 1s
";

/// Commits stay synchronous, so that tests may kill the server and count what is there.
/// Autovacuum is off since its transactions would hold back the commit horizon that tests wait for.
const VOLATILE: &str = "\
fsync = off
shared_buffers = 128MB
max_wal_size = 1GB
full_page_writes = off
autovacuum = off
log_min_messages = error
log_min_error_statement = panic
";

impl Settings {
    pub(crate) const fn new(max_connections: u16, durability: Durability) -> Self {
        Self {
            max_connections,
            durability,
        }
    }

    /// Whether files need to be flushed to disk.
    pub(super) fn syncs(self) -> bool {
        self.durability == Durability::Durable
    }

    /// The content of `postgresql.conf`.
    pub(super) fn render(self, socket: &Path) -> String {
        let durability = if self.syncs() { DURABLE } else { VOLATILE };
        let socket = socket.to_string_lossy().replace('\'', "''");
        let max_connections = self.max_connections;
        format!(
            "{COMMON}max_connections = {max_connections}\n\
             unix_socket_directories = '{socket}'\n{durability}"
        )
    }
}
