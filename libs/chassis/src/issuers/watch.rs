//! Keys of issuers are replaced while a role runs: their files are read again, and what they publish is
//! fetched again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use access::{Caller, IssuerKind, TokenError, TrustedKey, Verifier};
use futures_util::future::join_all;
use http::Uri;
use jiff::Timestamp;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;
use tokio_util::sync::CancellationToken;

use super::fetch::fetch;
use super::tls;
use super::turns::Turns;
use crate::config::{AccessConfig, AccessConfigError};
use crate::reread;

/// How old the knowledge of published keys may be: so long a withdrawn key is believed at most.
const MAX_AGE: Duration = Duration::from_mins(5);
/// When an issuer that has never answered is asked again.
const RETRY_INTERVAL: Duration = Duration::from_secs(2);
/// How often an issuer is asked at most because of tokens with a key that is not known: anybody can make
/// those.
const ASK_INTERVAL: Duration = Duration::from_secs(10);
/// How long a call waits for a new key.
const ASK_BOUND: Duration = Duration::from_secs(2);
/// How long a role that has just begun is not ready for want of keys. After that it serves callers of the
/// other issuers.
const PATIENCE: Duration = Duration::from_mins(1);

/// Keeps a verifier's keys as files and issuers say. Cheap to clone.
#[derive(Clone, Debug)]
pub struct KeyWatch(Arc<Inner>);

struct Inner {
    access: AccessConfig,
    verifier: Arc<Verifier>,
    /// The services' own keys stay those of the start: this role signs with its one until it ends.
    own: Vec<TrustedKey>,
    published: Vec<Published>,
    tls: Option<TlsConnector>,
    known: Mutex<Known>,
    begun: Instant,
    turns: Turns,
}

/// Why it is not known who is calling.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotVerified {
    /// The token is not believed.
    #[error(transparent)]
    Refused(#[from] TokenError),
    /// Too many tokens that were not seen before are being checked.
    #[error("too many new tokens are being checked; try again")]
    Busy,
}

/// An issuer that publishes its keys.
struct Published {
    issuer: String,
    kind: IssuerKind,
    url: Uri,
    /// When it was last asked because of a token.
    asked: tokio::sync::Mutex<Option<Instant>>,
}

/// What is believed now. New keys empty the verifier's cache, so they are set only when there are any.
#[derive(Default)]
struct Known {
    files: Vec<String>,
    of_files: Vec<TrustedKey>,
    fetched: HashMap<usize, (String, Vec<TrustedKey>)>,
}

/// Issuers whose keys were never fetched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the keys of {} could not be fetched yet", .issuers.join(", "))]
pub(crate) struct Awaited {
    issuers: Vec<String>,
}

impl KeyWatch {
    /// Makes the verifier of these settings, and what keeps its keys. Nothing is fetched yet: an issuer that
    /// is down is no reason not to start.
    pub fn new(access: &AccessConfig) -> Result<Self, AccessConfigError> {
        let published = access.published()?.into_iter();
        let published: Vec<_> = published
            .map(|(issuer, kind, url)| Published {
                issuer,
                kind,
                url,
                asked: tokio::sync::Mutex::default(),
            })
            .collect();
        let by_tls = |issuer: &Published| issuer.url.scheme_str() == Some("https");
        let tls = published.iter().any(by_tls).then(|| {
            let authorities = access.issuers_ca_file.as_deref();
            tls::connector(authorities)
        });
        let known = Known {
            files: access.key_texts()?,
            of_files: access.issuer_keys()?,
            fetched: HashMap::new(),
        };
        let verifier = Verifier::new(Vec::new(), access.audience.clone());
        let verifier = verifier.with_subjects(access.subjects()?);
        let watch = Self(Arc::new(Inner {
            verifier: Arc::new(verifier),
            own: access.service_keys()?,
            access: access.clone(),
            published,
            tls: tls.transpose()?,
            known: Mutex::default(),
            begun: Instant::now(),
            turns: Turns::new(),
        }));
        watch.0.change(|now_known| *now_known = known);
        Ok(watch)
    }

    /// Says who is calling at this time. A token with a new key of an issuer that publishes its keys waits a
    /// moment until they are fetched. A token that was not seen before waits for its turn: checking a
    /// signature takes long enough for a flood of forged ones to leave no time for anything else.
    pub async fn verify(&self, bearer: &str, now: Timestamp) -> Result<Arc<Caller>, NotVerified> {
        match self.0.verifier.known(bearer, now) {
            Some(caller) => Ok(caller),
            None => Box::pin(self.verify_new(bearer, now)).await,
        }
    }

    async fn verify_new(&self, bearer: &str, now: Timestamp) -> Result<Arc<Caller>, NotVerified> {
        let verifier = &self.0.verifier;
        if let Err(refused) = verifier.examine(bearer) {
            let Some(index) = self.0.may_have_key(&refused) else {
                return Err(refused.into());
            };
            let inner = Arc::clone(&self.0);
            // In a task of its own: that one caller goes away must not break off what others wait for.
            let asked = tokio::spawn(async move { inner.ask(index).await });
            drop(tokio::time::timeout(ASK_BOUND, asked).await);
            verifier.examine(bearer)?;
        }
        let (verifier, bearer) = (Arc::clone(verifier), bearer.to_owned());
        let check = move || verifier.verify(&bearer, now);
        Ok(self.0.turns.take(check).await.ok_or(NotVerified::Busy)??)
    }

    /// Follows files and issuers until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let files = Arc::clone(&self.0);
        let files = reread("keys of issuers", move || files.read_files(), stop.clone());
        let issuers = (0..self.0.published.len()).map(|index| self.0.follow(index));
        let issuers = stop.run_until_cancelled(join_all(issuers));
        tokio::join!(files, issuers);
    }

    /// Whether the role may be told to be ready: not while keys are missing that may come any moment.
    pub(crate) fn ready(&self) -> Result<(), Awaited> {
        let issuers = self.0.awaited(&self.0.lock());
        if issuers.is_empty() || self.0.begun.elapsed() > PATIENCE {
            return Ok(());
        }
        Err(Awaited { issuers })
    }
}

impl Inner {
    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what is known, and has the verifier believe it.
    fn change(&self, change: impl FnOnce(&mut Known)) {
        let mut known = self.lock();
        change(&mut known);
        let fetched = known.fetched.values().flat_map(|(_, keys)| keys);
        let keys = self.own.iter().chain(&known.of_files).chain(fetched);
        let keys = keys.cloned().collect();
        self.verifier.await_keys(keys, self.awaited(&known));
    }

    fn awaited(&self, known: &Known) -> Vec<String> {
        let published = self.published.iter().enumerate();
        let awaited = published.filter(|(index, _)| !known.fetched.contains_key(index));
        awaited
            .map(|(_, published)| published.issuer.clone())
            .collect()
    }

    /// The issuer that publishes its keys, and may by now have the one that a token was refused for.
    fn may_have_key(&self, refused: &TokenError) -> Option<usize> {
        let (TokenError::UnknownKey { issuer, .. } | TokenError::NoKeysYet { issuer }) = refused
        else {
            return None;
        };
        let mut published = self.published.iter();
        published.position(|published| published.issuer == *issuer)
    }

    /// Reads the files now; tells whether the keys are others than before.
    fn read_files(&self) -> Result<bool, AccessConfigError> {
        let files = self.access.key_texts()?;
        if files == self.lock().files {
            return Ok(false);
        }
        let of_files = self.access.issuer_keys()?;
        self.change(|known| {
            known.files = files;
            known.of_files = of_files;
        });
        Ok(true)
    }

    /// Fetches what an issuer publishes, again and again.
    async fn follow(&self, index: usize) {
        loop {
            self.fetch(index).await;
            let is_known = self.lock().fetched.contains_key(&index);
            tokio::time::sleep(if is_known { MAX_AGE } else { RETRY_INTERVAL }).await;
        }
    }

    /// Fetches what an issuer publishes because of a token, unless that was done a moment ago.
    async fn ask(&self, index: usize) {
        let Some(published) = self.published.get(index) else {
            return;
        };
        // Whoever comes meanwhile waits here, and finds that it has been done.
        let mut asked = published.asked.lock().await;
        if asked.is_some_and(|at| at.elapsed() < ASK_INTERVAL) {
            return;
        }
        self.fetch(index).await;
        *asked = Some(Instant::now());
    }

    /// Fetches what an issuer publishes. What can't be used is logged and changes nothing.
    async fn fetch(&self, index: usize) {
        let Some(published) = self.published.get(index) else {
            return;
        };
        let tls = self.tls.as_ref();
        let tls = tls.filter(|_| published.url.scheme_str() == Some("https"));
        let issuer = published.issuer.as_str();
        let text = match fetch(&published.url, tls).await {
            Ok(text) => text,
            Err(error) => {
                return tracing::warn!(issuer, %error, "keys of an issuer can't be fetched; the old ones stay");
            }
        };
        if self
            .lock()
            .fetched
            .get(&index)
            .is_some_and(|(known, _)| *known == text)
        {
            return;
        }
        match TrustedKey::from_jwks(issuer, published.kind, &text) {
            Ok(keys) => {
                tracing::info!(issuer, keys = keys.len(), "keys of an issuer were fetched");
                self.change(|known| drop(known.fetched.insert(index, (text, keys))));
            }
            Err(error) => {
                tracing::warn!(issuer, %error, "keys of an issuer can't be used; the old ones stay");
            }
        }
    }
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("KeyWatch").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use access::DevelopmentIssuer;
    use jiff::SignedDuration;

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
            subject_prefix: None,
        }];
        let now: Timestamp = "2026-03-09T10:00:00Z".parse().unwrap();
        let token = |issuer: &DevelopmentIssuer| {
            issuer
                .operator_token(now, SignedDuration::from_hours(1))
                .unwrap()
        };
        let (old_token, new_token) = (token(&old), token(&new));
        let watch = KeyWatch::new(&access).unwrap();
        let believes =
            |token: &access::Bearer| watch.0.verifier.verify(token.expose(), now).is_ok();
        assert!(believes(&old_token) && !believes(&new_token));
        assert!(!watch.0.read_files().unwrap());

        std::fs::write(&jwks_file, "{\"keys\":[").unwrap();
        assert!(watch.0.read_files().is_err());
        assert!(believes(&old_token));

        std::fs::write(&jwks_file, new.jwks().unwrap()).unwrap();
        assert!(watch.0.read_files().unwrap());
        assert!(believes(&new_token) && !believes(&old_token));
    }
}
