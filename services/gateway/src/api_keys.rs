//! The file of API keys, which is followed while the gateway runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use access::{ApiKeyFileError, ApiKeys, KeyExchange, Roles};
use chassis::config::{AccessConfig, AccessConfigError};
use thiserror::Error;
use tokio_util::sync::CancellationToken;

/// The longest file: more than as many keys as are taken need.
const MAX_FILE_BYTES: usize = 8 * 1024 * 1024;

/// Why API keys can't be taken.
#[derive(Debug, Error)]
pub enum ApiKeysError {
    /// The file can't be read.
    #[error("the file of API keys {path} can't be read")]
    Unreadable {
        /// Where it should be.
        path: PathBuf,
        /// What the file system says.
        source: std::io::Error,
    },
    /// The file is longer than it can be.
    #[error("the file of API keys {path} has more than {MAX_FILE_BYTES} bytes")]
    TooLong {
        /// Where it is.
        path: PathBuf,
    },
    /// What stands in it can't be used.
    #[error("the file of API keys {path} can't be used: {source}")]
    Unusable {
        /// Where it is.
        path: PathBuf,
        /// What is wrong.
        source: ApiKeyFileError,
    },
    /// Nobody would believe the tokens that keys are exchanged for.
    #[error("API keys need `access.service_key_file`, by which services believe the gateway")]
    NoServiceKey,
    /// The services' key can't be used.
    #[error(transparent)]
    Access(#[from] AccessConfigError),
}

/// Keeps the keys that are believed as the file says.
#[derive(Clone, Debug)]
pub struct ApiKeyFile {
    path: PathBuf,
    exchange: Arc<KeyExchange>,
    /// Keys may have no others.
    roles: Roles,
    /// The text of the file. New keys forget the tokens that were made, so they are set only when there
    /// are any.
    seen: String,
}

impl ApiKeyFile {
    /// Reads the file.
    pub fn open(path: &Path, access: &AccessConfig) -> Result<Self, ApiKeysError> {
        let seen = read(path)?;
        let roles = access.roles()?;
        let exchange = access.key_exchange(keys(path, &seen, &roles)?)?;
        Ok(Self {
            path: path.to_owned(),
            exchange: Arc::new(exchange.ok_or(ApiKeysError::NoServiceKey)?),
            roles,
            seen,
        })
    }

    /// What takes the keys, which are replaced in place.
    pub fn exchange(&self) -> Arc<KeyExchange> {
        Arc::clone(&self.exchange)
    }

    /// Reads the file until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        chassis::reread("API keys", move || self.refresh(), stop).await;
    }

    /// Reads the file now; tells whether the keys are others than before.
    fn refresh(&mut self) -> Result<bool, ApiKeysError> {
        let text = read(&self.path)?;
        if text == self.seen {
            return Ok(false);
        }
        let keys = keys(&self.path, &text, &self.roles)?;
        self.exchange.replace_keys(keys);
        self.seen = text;
        Ok(true)
    }
}

fn read(path: &Path) -> Result<String, ApiKeysError> {
    let text = std::fs::read_to_string(path).map_err(|source| ApiKeysError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    if text.len() > MAX_FILE_BYTES {
        return Err(ApiKeysError::TooLong {
            path: path.to_owned(),
        });
    }
    Ok(text)
}

fn keys(path: &Path, text: &str, roles: &Roles) -> Result<ApiKeys, ApiKeysError> {
    ApiKeys::from_toml(text, roles).map_err(|source| ApiKeysError::Unusable {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use access::{ApiKey, NewApiKey, Scope};
    use jiff::{SignedDuration, Timestamp};

    use super::*;

    fn now() -> Timestamp {
        "2026-03-09T10:00:00Z".parse().unwrap()
    }

    fn entry(key: &ApiKey) -> String {
        let new = NewApiKey {
            name: "shop".to_owned(),
            roles: vec!["machine".to_owned()],
            scopes: Scope::split("*").unwrap(),
            regions: Vec::new(),
            expires_at: now() + SignedDuration::from_hours(24),
        };
        new.entry(key, &Roles::default()).unwrap()
    }

    #[test]
    fn a_new_key_is_believed_and_one_that_was_taken_out_is_not_but_half_a_file_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (old, new) = (
            ApiKey::from_random([1; 6], [1; 32]),
            ApiKey::from_random([2; 6], [2; 32]),
        );
        let path = folder.path().join("keys.toml");
        std::fs::write(&path, entry(&old)).unwrap();
        let mut access = chassis::config::Config::defaults().unwrap().access;
        let refused = ApiKeyFile::open(&path, &access).unwrap_err();
        assert!(matches!(refused, ApiKeysError::NoServiceKey), "{refused}");

        let service_key = folder.path().join("service.pem");
        access::development_key(&service_key).unwrap();
        access.service_key_file = Some(service_key);
        let mut file = ApiKeyFile::open(&path, &access).unwrap();
        let exchange = file.exchange();
        let believes = |key: &ApiKey| exchange.exchange(key.expose(), now()).is_ok();
        assert!(believes(&old) && !believes(&new));
        assert!(!file.refresh().unwrap());

        std::fs::write(&path, "[keys.\"01").unwrap();
        assert!(file.refresh().is_err());
        assert!(believes(&old));

        std::fs::write(&path, entry(&new)).unwrap();
        assert!(file.refresh().unwrap());
        assert!(believes(&new) && !believes(&old));
    }
}
