//! The data folder: one process at a time.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

/// Why a data folder can't be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FolderError {
    /// Another process is using it.
    #[error(
        "{folder} is in use by another `patron up` (process {owner}); stop it, or give --data-dir"
    )]
    InUse { folder: PathBuf, owner: String },
    /// It can't be made or written.
    #[error("the data folder {folder} can't be used")]
    Unusable { folder: PathBuf, source: io::Error },
}

/// A data folder, locked as long as this lives. The lock goes with the process, however it ends.
#[derive(Debug)]
pub(crate) struct DataFolder {
    path: PathBuf,
    _lock: File,
}

impl DataFolder {
    /// Makes the folder if need be, and takes it.
    pub(crate) fn open(path: &Path) -> Result<Self, FolderError> {
        let unusable = |source| FolderError::Unusable {
            folder: path.to_owned(),
            source,
        };
        std::fs::create_dir_all(path).map_err(unusable)?;
        let lock = path.join("lock");
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(lock);
        let mut lock = lock.map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut owner = String::new();
                // Whoever holds it may be writing this very moment; the number is only for people.
                let _ = lock.read_to_string(&mut owner);
                let owner = owner.trim().to_owned();
                return Err(FolderError::InUse {
                    folder: path.to_owned(),
                    owner,
                });
            }
            Err(TryLockError::Error(source)) => return Err(unusable(source)),
        }
        claim(&mut lock).map_err(unusable)?;
        Ok(Self {
            path: path.to_owned(),
            _lock: lock,
        })
    }

    /// A file or folder in it.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

fn claim(lock: &mut File) -> io::Result<()> {
    lock.set_len(0)?;
    lock.rewind()?;
    writeln!(lock, "{}", std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_in_use_is_refused_and_its_user_named() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("data");
        let first = DataFolder::open(&path).unwrap();
        let Err(FolderError::InUse { owner, .. }) = DataFolder::open(&path) else {
            panic!("taken")
        };
        assert_eq!(owner, std::process::id().to_string());
        drop(first);
        assert!(DataFolder::open(&path).is_ok());
    }
}
