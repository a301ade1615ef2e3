//! How far an import has come, so that it can go on after it was broken off.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::hex;
use super::report::Totals;

/// The state after some part of the file has been dealt with for good.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Checkpoint {
    /// What is imported where: the digest that [`fingerprint`] makes.
    pub(crate) fingerprint: String,
    /// By how many weeks its times are moved. Chosen before anything is sent and kept: an order that
    /// is sent again must be the same order.
    pub(crate) shift_weeks: Option<i64>,
    /// True when the whole file has been dealt with.
    pub(crate) complete: bool,
    /// How many waves have been dealt with.
    pub(crate) waves: u64,
    /// What they held.
    pub(crate) totals: Totals,
    /// Length of the errors file that belongs to it.
    pub(crate) errors_bytes: u64,
}

impl Checkpoint {
    /// The beginning of the same import anew.
    pub(crate) fn again(self) -> Self {
        Self {
            fingerprint: self.fingerprint,
            shift_weeks: self.shift_weeks,
            ..Self::default()
        }
    }
}

/// Identifies an import: the content of the file, and whatever else decides about what is sent and
/// where to. A checkpoint of another import is never used.
pub(crate) fn fingerprint(file: &Path, settings: &[&str]) -> io::Result<String> {
    let mut digest = Sha256::new();
    for setting in settings {
        digest.update((setting.len() as u64).to_be_bytes());
        digest.update(setting);
    }
    let mut file = File::open(file)?;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        digest.update(buffer.get(..count).unwrap_or_default());
    }
    Ok(hex(&digest.finalize()))
}

/// Where checkpoints are kept.
#[derive(Clone, Debug)]
pub(crate) struct CheckpointFile(PathBuf);

impl CheckpointFile {
    /// A file; its folder is made when something is saved.
    pub(crate) fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The checkpoint of this import; none when there is none, or one of another import, or one
    /// that can't be read: to begin again is always safe.
    pub(crate) fn load(&self, fingerprint: &str) -> Option<Checkpoint> {
        let text = std::fs::read(&self.0).ok()?;
        let checkpoint: Checkpoint = serde_json::from_slice(&text).ok()?;
        (checkpoint.fingerprint == fingerprint).then_some(checkpoint)
    }

    /// Replaces the checkpoint. Whenever the process ends, either the old or the new one is there.
    pub(crate) fn save(&self, checkpoint: &Checkpoint) -> io::Result<()> {
        if let Some(folder) = self.0.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut name = self.0.clone().into_os_string();
        name.push(".new");
        let new = PathBuf::from(name);
        let mut file = File::create(&new)?;
        file.write_all(&serde_json::to_vec_pretty(checkpoint)?)?;
        file.sync_all()?;
        std::fs::rename(new, &self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_comes_back_for_its_own_import_only() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data.csv");
        std::fs::write(&data, "a").unwrap();
        let here = fingerprint(&data, &["GBP", "http://here"]).unwrap();
        let there = fingerprint(&data, &["GBP", "http://there"]).unwrap();
        assert_ne!(here, there);

        let file = CheckpointFile::new(folder.path().join("sub/import.json"));
        assert_eq!(file.load(&here), None);
        let saved = Checkpoint {
            fingerprint: here.clone(),
            errors_bytes: 7,
            ..Checkpoint::default()
        };
        file.save(&saved).unwrap();
        assert_eq!(file.load(&here), Some(saved));
        assert_eq!(file.load(&there), None);

        std::fs::write(&data, "b").unwrap();
        assert_ne!(fingerprint(&data, &["GBP", "http://here"]).unwrap(), here);
    }
}
