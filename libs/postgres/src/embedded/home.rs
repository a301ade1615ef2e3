//! The folders of a cluster.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, PermissionsExt as _, chown, symlink,
};
use std::path::{Path, PathBuf};

use super::error::IoContext as _;
use super::server_user::ServerUser;
use super::{Address, EmbeddedError};
use crate::digest;

/// Longest path of a unix socket on any system: 107 bytes on Linux, 103 on macOS.
const LONGEST_SOCKET: usize = 103;
const SOCKET_FILE: &str = "/.s.PGSQL.5432";
/// Where the data go when the server's user may not enter the folder that was asked for.
const FALLBACKS: [&str; 2] = ["/var/lib/patron", "/tmp"];
/// Link in the folder that was asked for to where the data really are.
const POINTER: &str = "moved-to";

/// Where a cluster keeps what; only the lock and a pointer are always in the folder asked for.
#[derive(Clone, Debug)]
pub(crate) struct Home {
    root: PathBuf,
    folder: PathBuf,
    socket: PathBuf,
    user: Option<ServerUser>,
}

impl Home {
    /// Makes the folders.
    pub(super) fn open(root: &Path) -> Result<Self, EmbeddedError> {
        fs::create_dir_all(root).context("make the folder", root)?;
        let root = fs::canonicalize(root).context("find the folder", root)?;
        let user = ServerUser::choose()?;
        let folder = folder_for(&root, user.as_ref())?;
        let socket = socket_for(&folder);
        ensure_private(&socket, user.as_ref())?;
        Ok(Self {
            root,
            folder,
            socket,
            user,
        })
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Where `initdb` works, so that a half-made cluster is never taken for a whole one.
    pub(super) fn unfinished_data(&self) -> PathBuf {
        self.folder.join("data.new")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.folder.join("postgres.log")
    }

    pub(super) fn address(&self) -> Address {
        Address::new(&self.socket)
    }

    pub(super) fn user(&self) -> Option<&ServerUser> {
        self.user.as_ref()
    }

    /// Makes a folder that only the server may enter.
    pub(super) fn make_private(&self, folder: &Path) -> Result<(), EmbeddedError> {
        ensure_private(folder, self.user.as_ref())
    }

    /// Removes everything, best effort: the cluster was made to be thrown away.
    pub(crate) fn remove(&self) {
        for folder in [&self.socket, &self.folder, &self.root] {
            if let Err(error) = fs::remove_dir_all(folder)
                && error.kind() != io::ErrorKind::NotFound
            {
                tracing::warn!(folder = %folder.display(), %error, "cannot remove a cluster");
            }
        }
    }
}

fn folder_for(root: &Path, user: Option<&ServerUser>) -> Result<PathBuf, EmbeddedError> {
    let Some(user) = user else {
        return Ok(root.to_owned());
    };
    if user.can_enter(root) {
        return Ok(root.to_owned());
    }
    let candidates = FALLBACKS.map(|base| Path::new(base).join(short_name(root)));
    let entered = candidates.iter().find(|folder| {
        fs::create_dir_all(folder).is_ok() && is_ours(folder) && user.can_enter(folder)
    });
    let Some(folder) = entered else {
        let tried = [root.to_owned()].into_iter().chain(candidates).collect();
        return Err(EmbeddedError::NoHome {
            user: user.name.to_owned(),
            tried,
        });
    };
    point_to(root, folder)?;
    Ok(folder.clone())
}

/// Under /tmp anybody could have made it first, and would own what is in it.
fn is_ours(folder: &Path) -> bool {
    let this_process = rustix::process::geteuid().as_raw();
    fs::symlink_metadata(folder).is_ok_and(|found| found.is_dir() && found.uid() == this_process)
}

fn point_to(root: &Path, folder: &Path) -> Result<(), EmbeddedError> {
    let pointer = root.join(POINTER);
    if fs::read_link(&pointer).is_ok_and(|target| target == folder) {
        return Ok(());
    }
    tracing::warn!(
        wanted = %root.display(), used = %folder.display(),
        "the user that PostgreSQL runs as may not enter the folder; its data are kept elsewhere"
    );
    // One that came with a copy of another folder leads to that one's data.
    if fs::symlink_metadata(&pointer).is_ok() {
        fs::remove_file(&pointer).context("remove", &pointer)?;
    }
    symlink(folder, &pointer).context("make the link", &pointer)
}

fn socket_for(folder: &Path) -> PathBuf {
    let beside = folder.join("socket");
    if beside.as_os_str().len() + SOCKET_FILE.len() <= LONGEST_SOCKET {
        return beside;
    }
    Path::new("/tmp").join(short_name(folder))
}

/// A short name that is the same for the same folder.
fn short_name(folder: &Path) -> String {
    let hash = digest::short([folder.as_os_str().as_encoded_bytes()]);
    format!("patron-{hash}")
}

/// Makes `folder`, or takes it over if it belongs to the server already. Under /tmp somebody else
/// could have made it first.
fn ensure_private(folder: &Path, user: Option<&ServerUser>) -> Result<(), EmbeddedError> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error).context("make the folder", folder),
    }
    let metadata = fs::symlink_metadata(folder).context("look at", folder)?;
    let this_process = rustix::process::geteuid().as_raw();
    let owner = user.map_or(this_process, |user| user.uid);
    if !metadata.is_dir() || (metadata.uid() != owner && metadata.uid() != this_process) {
        return Err(EmbeddedError::NotOurs {
            path: folder.to_owned(),
        });
    }
    if let Some(user) = user {
        chown(folder, Some(user.uid), Some(user.gid)).context("give away", folder)?;
    }
    fs::set_permissions(folder, Permissions::from_mode(0o700)).context("close", folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_too_deep_down_gets_a_short_folder_of_its_own() {
        let shallow = Path::new("/srv/patron");
        assert_eq!(socket_for(shallow), Path::new("/srv/patron/socket"));
        let deep = Path::new("/srv").join("x".repeat(100));
        let socket = socket_for(&deep);
        assert!(socket.starts_with("/tmp"), "{socket:?}");
        assert_eq!(socket, socket_for(&deep), "the same in every process");
        assert!(socket.as_os_str().len() + SOCKET_FILE.len() <= LONGEST_SOCKET);
    }
}
