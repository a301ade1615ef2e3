use std::collections::HashSet;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{AES_256_GCM, LessSafeKey, UnboundKey};
use ring::hmac;
use ring::rand::{SecureRandom as _, SystemRandom};
use serde::Deserialize;

use crate::NoRandomness;
use crate::service_key::root;

/// Bytes of a key.
pub(crate) const KEY_BYTES: usize = 32;
/// Most keys of a kind: each one more is one more look-up for what may have been made by it.
const MOST_KEYS: usize = 16;
/// Longest id of a key.
const MOST_ID_BYTES: usize = 64;

/// The secrets of an installation, which all replicas of a service share. Cheap to clone.
///
/// In a file:
/// ```toml
/// [[master]]
/// id = "2026-11"
/// key = "32 bytes in base64"
/// [[index]]
/// id = "2026-11"
/// key = "32 bytes in base64"
/// ```
#[derive(Clone)]
pub struct Keyring {
    pub(crate) masters: Arc<[Master]>,
    pub(crate) indexes: Arc<[Index]>,
}

/// A key that wraps the keys of customers.
pub(crate) struct Master {
    pub(crate) id: String,
    pub(crate) key: LessSafeKey,
    /// Of which keys of the service are made.
    pub(crate) root: hmac::Key,
}

/// A key that makes fingerprints.
pub(crate) struct Index {
    pub(crate) id: String,
    pub(crate) key: hmac::Key,
}

/// Why a file is no keyring. No message holds anything of a key.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// It can't be read or written.
    #[error("the keyring {path}")]
    File {
        /// Where it is.
        path: PathBuf,
        /// What the file system says.
        source: io::Error,
    },
    /// It is not TOML of the right shape.
    #[error("the keyring can't be read from byte {at} on")]
    Malformed {
        /// Where it begins to be wrong.
        at: usize,
    },
    /// Keys of a kind are missing, or there are too many.
    #[error("the keyring has {count} keys of kind `{kind}`; it needs 1 to {MOST_KEYS}")]
    Count {
        /// `master` or `index`.
        kind: &'static str,
        /// How many there are.
        count: usize,
    },
    /// An id can't be used.
    #[error("the id of a key of kind `{kind}` must have 1 to {MOST_ID_BYTES} bytes and stand once")]
    Id {
        /// `master` or `index`.
        kind: &'static str,
    },
    /// A key is not 32 bytes in base64.
    #[error("the key `{id}` of kind `{kind}` is not 32 bytes in base64")]
    Key {
        /// `master` or `index`.
        kind: &'static str,
        /// Which one.
        id: String,
    },
    /// A new key could not be made.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    master: Vec<Entry>,
    index: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    key: String,
}

impl Keyring {
    /// Reads the text of a keyring file.
    pub fn parse(text: &str) -> Result<Self, KeyringError> {
        // The error of the parser quotes the line, which may hold a key.
        let document: Document = toml::from_str(text).map_err(|error| KeyringError::Malformed {
            at: error.span().map_or(0, |span| span.start),
        })?;
        let masters = keys("master", document.master)?;
        let masters = masters.into_iter().map(|(id, bytes)| {
            let root = root(&bytes);
            aead_key(&bytes).map(|key| Master { id, key, root })
        });
        let indexes = keys("index", document.index)?;
        let indexes = indexes.into_iter().map(|(id, bytes)| Index {
            id,
            key: hmac::Key::new(hmac::HMAC_SHA256, &bytes),
        });
        Ok(Self {
            masters: masters.collect::<Option<_>>().ok_or(KeyringError::Count {
                kind: "master",
                count: 0,
            })?,
            indexes: indexes.collect(),
        })
    }

    /// Reads a keyring file.
    pub fn read(path: &Path) -> Result<Self, KeyringError> {
        let text = std::fs::read_to_string(path).map_err(|source| KeyringError::File {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&text)
    }

    /// The text of a keyring with one new key of each kind, both of this id.
    pub fn generate(id: &str) -> Result<String, NoRandomness> {
        let (master, index) = (
            STANDARD.encode(random_key()?),
            STANDARD.encode(random_key()?),
        );
        Ok(format!(
            "# The first key of each kind is the one in use; further ones open what was made by them.\n\
             [[master]]\nid = \"{id}\"\nkey = \"{master}\"\n\n\
             [[index]]\nid = \"{id}\"\nkey = \"{index}\"\n"
        ))
    }

    /// The id of the master key in use.
    pub fn master_id(&self) -> &str {
        self.masters.first().map_or("", |master| &master.id)
    }

    /// The ids of the index keys, the one in use first.
    pub fn index_ids(&self) -> impl Iterator<Item = &str> {
        self.indexes.iter().map(|index| index.id.as_str())
    }
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let masters: Vec<_> = self.masters.iter().map(|key| &key.id).collect();
        let indexes: Vec<_> = self.indexes.iter().map(|key| &key.id).collect();
        formatter
            .debug_struct("Keyring")
            .field("masters", &masters)
            .field("indexes", &indexes)
            .finish()
    }
}

/// The keyring in this file, which is made, readable by its owner alone, when there is none.
pub fn development_keyring(path: &Path) -> Result<Keyring, KeyringError> {
    if !path.exists() {
        let text = Keyring::generate("development")?;
        write_private(path, &text).map_err(|source| KeyringError::File {
            path: path.to_owned(),
            source,
        })?;
    }
    Keyring::read(path)
}

/// Never readable by others, not even for a moment; never over a file that is there already.
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn keys(
    kind: &'static str,
    entries: Vec<Entry>,
) -> Result<Vec<(String, [u8; KEY_BYTES])>, KeyringError> {
    let count = entries.len();
    if !(1..=MOST_KEYS).contains(&count) {
        return Err(KeyringError::Count { kind, count });
    }
    let mut seen = HashSet::new();
    let keys = entries.into_iter().map(|Entry { id, key }| {
        if id.is_empty() || id.len() > MOST_ID_BYTES || !seen.insert(id.clone()) {
            return Err(KeyringError::Id { kind });
        }
        let bytes = STANDARD.decode(key).ok();
        match bytes.and_then(|bytes| bytes.try_into().ok()) {
            Some(bytes) => Ok((id, bytes)),
            None => Err(KeyringError::Key { kind, id }),
        }
    });
    keys.collect()
}

/// `None` only for a key of another length.
pub(crate) fn aead_key(bytes: &[u8; KEY_BYTES]) -> Option<LessSafeKey> {
    let key = UnboundKey::new(&AES_256_GCM, bytes).ok()?;
    Some(LessSafeKey::new(key))
}

pub(crate) fn random_key() -> Result<[u8; KEY_BYTES], NoRandomness> {
    let mut bytes = [0; KEY_BYTES];
    let filled = SystemRandom::new().fill(&mut bytes);
    filled.map_err(|_| NoRandomness)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_keyring_is_one_and_shows_no_key() {
        let text = Keyring::generate("first").unwrap();
        let keyring = Keyring::parse(&text).unwrap();
        assert_eq!(keyring.master_id(), "first");
        assert_eq!(
            format!("{keyring:?}"),
            r#"Keyring { masters: ["first"], indexes: ["first"] }"#
        );
    }

    #[test]
    fn what_is_no_keyring_is_refused_by_name_and_without_quoting_it() {
        let key = STANDARD.encode([7; KEY_BYTES]);
        let one = |id: &str, key: &str| format!("{{id = \"{id}\", key = \"{key}\"}}");
        let text = |masters: &str| format!("master = [{masters}]\nindex = [{}]", one("i", &key));
        let refused = |text: &str| Keyring::parse(text).unwrap_err().to_string();
        assert!(Keyring::parse(&text(&one("m", &key))).is_ok());
        for (masters, reason) in [
            (String::new(), "has 0 keys of kind `master`"),
            (one("", &key), "the id of a key of kind `master`"),
            (
                format!("{}, {}", one("m", &key), one("m", &key)),
                "stand once",
            ),
            (
                one("m", "c2hvcnQ="),
                "the key `m` of kind `master` is not 32",
            ),
            (
                one("m", "secret!"),
                "the key `m` of kind `master` is not 32",
            ),
            ("secret".to_owned(), "can't be read from byte 10 on"),
        ] {
            let said = refused(&text(&masters));
            assert!(said.contains(reason) && !said.contains("secret"), "{said}");
        }
    }

    #[test]
    fn a_development_keyring_is_made_once_and_for_its_owner() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keyring.toml");
        development_keyring(&path).unwrap();
        let first = std::fs::read_to_string(&path).unwrap();
        development_keyring(&path).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), first);
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
