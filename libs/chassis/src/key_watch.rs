//! Keys of issuers are replaced while a role runs: their files are read again.

use std::sync::Arc;

use access::{TrustedKey, Verifier};
use tokio_util::sync::CancellationToken;

use crate::config::{AccessConfig, AccessConfigError};
use crate::reread;

/// Keeps a verifier's keys as the files say.
#[derive(Clone)]
pub struct KeyWatch {
    access: AccessConfig,
    verifier: Arc<Verifier>,
    /// The files' texts. New keys empty the verifier's cache, so they are set only when there are any.
    seen: Vec<String>,
    /// The services' own keys stay those of the start: this role signs with its one until it ends.
    own: Vec<TrustedKey>,
}

impl KeyWatch {
    /// Makes the verifier of these settings, and what keeps its keys.
    pub fn new(access: &AccessConfig) -> Result<Self, AccessConfigError> {
        Ok(Self {
            seen: access.key_texts()?,
            own: access.service_keys()?,
            verifier: Arc::new(access.verifier()?),
            access: access.clone(),
        })
    }

    /// The verifier, whose keys are replaced in place.
    pub fn verifier(&self) -> Arc<Verifier> {
        Arc::clone(&self.verifier)
    }

    /// Reads the files until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        reread("keys of issuers", move || self.refresh(), stop).await;
    }

    /// Reads the files now; tells whether the keys are others than before.
    fn refresh(&mut self) -> Result<bool, AccessConfigError> {
        let texts = self.access.key_texts()?;
        if texts == self.seen {
            return Ok(false);
        }
        let mut keys = self.access.issuer_keys()?;
        keys.extend(self.own.iter().cloned());
        self.verifier.replace_keys(keys);
        self.seen = texts;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use access::DevelopmentIssuer;
    use jiff::{SignedDuration, Timestamp};

    use super::*;
    use crate::config::{Config, IssuerConfig, IssuerRole};

    #[test]
    fn a_rotated_key_is_believed_and_the_withdrawn_one_is_not_but_half_a_file_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let issuer =
            |name: &str| DevelopmentIssuer::open(&folder.path().join(name), "patron").unwrap();
        let (old, new) = (issuer("old.pem"), issuer("new.pem"));
        let jwks_file = folder.path().join("jwks.json");
        std::fs::write(&jwks_file, old.jwks().unwrap()).unwrap();
        let mut access = Config::defaults().unwrap().access;
        access.issuers = vec![IssuerConfig {
            issuer: old.issuer().to_owned(),
            jwks_file: Some(jwks_file.clone()),
            jwks: None,
            role: IssuerRole::People,
        }];
        let now: Timestamp = "2026-03-09T10:00:00Z".parse().unwrap();
        let token = |issuer: &DevelopmentIssuer| {
            issuer
                .operator_token(now, SignedDuration::from_hours(1))
                .unwrap()
        };
        let (old_token, new_token) = (token(&old), token(&new));
        let mut watch = KeyWatch::new(&access).unwrap();
        let verifier = watch.verifier();
        let believes = |token: &access::Bearer| verifier.verify(token.expose(), now).is_ok();
        assert!(believes(&old_token) && !believes(&new_token));
        assert!(!watch.refresh().unwrap());

        std::fs::write(&jwks_file, "{\"keys\":[").unwrap();
        assert!(watch.refresh().is_err());
        assert!(believes(&old_token));

        std::fs::write(&jwks_file, new.jwks().unwrap()).unwrap();
        assert!(watch.refresh().unwrap());
        assert!(believes(&new_token) && !believes(&old_token));
    }
}
