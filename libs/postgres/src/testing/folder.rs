//! Where test clusters live.

use std::env;
use std::path::{Path, PathBuf};

/// Changes when what is kept in the folder changes shape.
const REVISION: u32 = 1;

/// Folder of all test clusters of this user: below cargo's target folder, which is recognised by
/// the tag that cargo puts there, or in the temporary folder.
pub(super) fn base() -> PathBuf {
    let executable = env::current_exe().unwrap_or_default();
    let target = executable
        .ancestors()
        .find(|folder| folder.join("CACHEDIR.TAG").is_file());
    let target = target.map_or_else(env::temp_dir, Path::to_owned);
    // Per user: after a run as root, a run as somebody else could not enter.
    let user = rustix::process::geteuid().as_raw();
    target
        .join("test-postgres")
        .join(format!("v{REVISION}-uid{user}"))
}
