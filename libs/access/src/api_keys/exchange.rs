use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use jiff::{SignedDuration, Timestamp};

use super::{ApiKey, ApiKeyError, ApiKeys};
use crate::{Caller, SignError, Signer};

/// How long the token of a machine is valid. Short: a key that was revoked must not live on in it.
const TOKEN_LIFE: SignedDuration = SignedDuration::from_mins(5);
/// A token is replaced when less than this is left, so none expires on its way.
const RENEWAL_MARGIN: SignedDuration = SignedDuration::from_mins(1);

/// Exchanges API keys for short tokens, so that services know but one kind of proof and never see a key.
pub struct KeyExchange {
    signer: Signer,
    trust: ArcSwap<Trust>,
}

/// Keys together with the tokens that were made for them: new keys begin without tokens, since roles and
/// scopes may have changed.
#[derive(Default)]
struct Trust {
    keys: ApiKeys,
    /// By the id of the key, so there are never more than keys.
    minted: Mutex<HashMap<String, Minted>>,
}

struct Minted {
    caller: Arc<Caller>,
    renew_at: Timestamp,
}

/// Why a key was not exchanged.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// The key is not believed.
    #[error(transparent)]
    Key(#[from] ApiKeyError),
    /// No token could be made.
    #[error(transparent)]
    Sign(#[from] SignError),
}

impl KeyExchange {
    /// Believes these keys, and makes tokens with this signer.
    pub fn new(signer: Signer, keys: ApiKeys) -> Self {
        Self {
            signer,
            trust: ArcSwap::from_pointee(Trust::of(keys)),
        }
    }

    /// Believes these keys and no others from now on.
    pub fn replace_keys(&self, keys: ApiKeys) {
        self.trust.store(Arc::new(Trust::of(keys)));
    }

    /// The caller with this key, whose token is valid for at least another minute. The key is checked each
    /// time; signing is only done every few minutes.
    pub fn exchange(&self, key: &str, now: Timestamp) -> Result<Arc<Caller>, ExchangeError> {
        let key = ApiKey::parse(key).ok_or(ApiKeyError::Unknown)?;
        let trust = self.trust.load();
        let entry = trust.keys.find(&key, now)?;
        let mut minted = trust.minted.lock().unwrap_or_else(PoisonError::into_inner);
        let current = minted.get(key.id());
        if let Some(current) = current.filter(|current| now < current.renew_at) {
            return Ok(Arc::clone(&current.caller));
        }
        let token = self.signer.sign(&entry.owner.claims(), now, TOKEN_LIFE)?;
        let caller = Arc::new(entry.owner.with(token));
        let renew_at = now
            .checked_add(TOKEN_LIFE - RENEWAL_MARGIN)
            .map_err(SignError::Expiry)?;
        let fresh = Minted {
            caller: Arc::clone(&caller),
            renew_at,
        };
        minted.insert(key.id().to_owned(), fresh);
        Ok(caller)
    }
}

impl Trust {
    fn of(keys: ApiKeys) -> Self {
        Self {
            keys,
            minted: Mutex::default(),
        }
    }
}

impl std::fmt::Debug for KeyExchange {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("KeyExchange")
            .field("keys", &self.trust.load().keys.len())
            .finish_non_exhaustive()
    }
}
