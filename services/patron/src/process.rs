//! What this process asks of the operating system for itself.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files that a role has open besides the connections that it accepts: to databases and peers, its own.
const OTHER_FILES: u64 = 512;

/// Lets the process have as many files open as it may: each connection is one, and most systems let it have 1,024
/// until it asks for more. Says so when there are fewer than the connections that it is to accept.
pub(crate) fn allow_connections(max_connections: usize) {
    let files = raised(getrlimit(Resource::Nofile));
    let wanted = u64::try_from(max_connections).unwrap_or(u64::MAX);
    let wanted = wanted.saturating_add(OTHER_FILES);
    if let Some(files) = files.filter(|files| *files < wanted) {
        tracing::warn!(
            files,
            wanted,
            "server.max_connections needs more open files than this process may have"
        );
    }
}

/// How many files may be open when the limit is as high as it can be; `None`: any number.
fn raised(limit: Rlimit) -> Option<u64> {
    let highest = Rlimit {
        current: limit.maximum,
        ..limit
    };
    // Some systems refuse to have none: then what was there stays.
    match setrlimit(Resource::Nofile, highest) {
        Ok(()) => limit.maximum,
        Err(_) => limit.current,
    }
}

/// Takes memory in small pages alone. An idle connection touches little of the buffers that it has, but huge pages are
/// there as a whole: with them it is half as much again. For a role that holds connections and little else.
pub(crate) fn use_small_pages() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::thread::disable_transparent_huge_pages(true) {
        tracing::debug!(%error, "huge pages stay in use");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_on_open_files_is_as_high_as_it_may_be() {
        allow_connections(16_384);
        let limit = getrlimit(Resource::Nofile);
        assert!(limit.maximum.is_none() || limit.current == limit.maximum);
    }
}
