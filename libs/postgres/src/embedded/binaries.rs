//! Finding the server programs.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::EmbeddedError;

/// Oldest major version that Patron runs on.
const OLDEST: u32 = 15;

/// Ends the search when set: the folder of the programs.
const OVERRIDE: &str = "PATRON_POSTGRES_BIN";

/// Folders where distributions put the programs; `*` is one folder, usually a version.
const USUAL_PLACES: [&str; 8] = [
    "/usr/lib/postgresql/*/bin",
    "/usr/libexec/postgresql*",
    "/usr/lib/postgresql*/bin",
    "/usr/pgsql-*/bin",
    "/usr/local/pgsql/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
];

/// The programs of one PostgreSQL installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binaries {
    folder: PathBuf,
    major: u32,
}

impl Binaries {
    /// The newest installation that Patron can run on: from `PATRON_POSTGRES_BIN`, `PATH`,
    /// `pg_config` and the usual places.
    pub fn find() -> Result<Self, EmbeddedError> {
        let (mut found, searched) = Self::all();
        found.pop().ok_or(EmbeddedError::NoBinaries {
            oldest: OLDEST,
            searched,
        })
    }

    /// The installation of the major version that made `data`.
    pub(super) fn find_for(data: &Path, major: u32) -> Result<Self, EmbeddedError> {
        let (found, _) = Self::all();
        let available: Vec<u32> = found.iter().map(|binaries| binaries.major).collect();
        let fits = found.into_iter().find(|binaries| binaries.major == major);
        fits.ok_or(EmbeddedError::OtherMajor {
            data: data.to_owned(),
            found: major,
            available,
        })
    }

    /// Major version, such as 15.
    pub fn major(&self) -> u32 {
        self.major
    }

    /// Path of one of the programs.
    pub fn tool(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// All that will do, oldest first, and where they were looked for.
    fn all() -> (Vec<Self>, Vec<PathBuf>) {
        let mut searched = candidates();
        searched.dedup();
        let mut found: Vec<Self> = searched
            .iter()
            .filter_map(|folder| Self::at(folder))
            .collect();
        found.retain(|binaries| binaries.major >= OLDEST);
        found.sort_by_key(|binaries| binaries.major);
        (found, searched)
    }

    fn at(folder: &Path) -> Option<Self> {
        let server = folder.join("postgres");
        if !server.is_file() || !folder.join("initdb").is_file() {
            return None;
        }
        let output = Command::new(server).arg("--version").output().ok()?;
        let major = major_of(&String::from_utf8_lossy(&output.stdout))?;
        Some(Self {
            folder: folder.to_owned(),
            major,
        })
    }
}

/// `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)` is 15; `… 18beta1` is 18.
fn major_of(version: &str) -> Option<u32> {
    let rest = version.split_once("(PostgreSQL) ")?.1;
    let digits = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    rest.get(..digits)?.parse().ok()
}

#[expect(
    clippy::disallowed_methods,
    reason = "where a machine keeps its programs is no setting of Patron"
)]
fn candidates() -> Vec<PathBuf> {
    if let Ok(folder) = env::var(OVERRIDE) {
        return vec![PathBuf::from(folder)];
    }
    let path = env::var("PATH").unwrap_or_default();
    // PATH often holds links into the real folder, beside which the other programs are.
    let on_path = env::split_paths(&path).filter_map(|folder| {
        fs::canonicalize(folder.join("postgres"))
            .ok()?
            .parent()
            .map(Path::to_owned)
    });
    let usual = USUAL_PLACES.iter().flat_map(|pattern| expand(pattern));
    on_path.chain(from_pg_config()).chain(usual).collect()
}

fn from_pg_config() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").output().ok()?;
    let folder = String::from_utf8(output.stdout).ok()?;
    output
        .status
        .success()
        .then(|| PathBuf::from(folder.trim()))
}

/// The existing paths that match `pattern`, in which `*` stands within one folder name.
fn expand(pattern: &str) -> Vec<PathBuf> {
    let mut paths = vec![PathBuf::from("/")];
    for name in pattern.split('/').filter(|name| !name.is_empty()) {
        paths = match name.split_once('*') {
            None => paths.into_iter().map(|path| path.join(name)).collect(),
            Some((start, end)) => paths
                .iter()
                .flat_map(|path| children(path, start, end))
                .collect(),
        };
    }
    paths.retain(|path| path.is_dir());
    paths
}

fn children(folder: &Path, start: &str, end: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let matching = entries.filter(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        name.starts_with(start) && name.ends_with(end)
    });
    let mut paths: Vec<PathBuf> = matching.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_what_the_server_says() {
        assert_eq!(
            major_of("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"),
            Some(15)
        );
        assert_eq!(major_of("postgres (PostgreSQL) 18beta1\n"), Some(18));
        assert_eq!(major_of("something else"), None);
    }

    #[test]
    fn a_star_stands_for_any_part_of_one_folder_name() {
        let root = tempfile::tempdir().expect("a folder");
        for name in ["pg-15/bin", "pg-16/bin", "other/bin", "pg-17"] {
            fs::create_dir_all(root.path().join(name)).expect("a folder");
        }
        let found = expand(&format!("{}/pg-*/bin", root.path().display()));
        assert_eq!(
            found,
            [root.path().join("pg-15/bin"), root.path().join("pg-16/bin")]
        );
    }
}
