use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::key::{ApiKey, KeyDigest};
use crate::caller::MACHINE_PREFIX;
use crate::{Bearer, Caller, Claims, Proof, Scope};

/// The keys that are believed.
#[derive(Debug, Default)]
pub struct ApiKeys {
    entries: HashMap<String, Entry>,
}

/// What is known of one key.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) digest: KeyDigest,
    pub(super) owner: Owner,
    pub(super) expires_at: Timestamp,
    pub(super) revoked_at: Option<Timestamp>,
}

/// Whose key it is, and what it is good for.
#[derive(Clone, Debug)]
pub(super) struct Owner(Arc<Caller>);

/// Why a key is not believed. The secret is never part of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApiKeyError {
    /// It has not the form of a key, its id is not known, or its secret is another: whoever guesses is
    /// not told how close.
    #[error("there is no such API key")]
    Unknown,
    /// Its time is over.
    #[error("the API key expired at {at}")]
    Expired {
        /// When.
        at: Timestamp,
    },
    /// It was taken back.
    #[error("the API key was revoked at {at}")]
    Revoked {
        /// When.
        at: Timestamp,
    },
}

impl ApiKeys {
    pub(super) fn new(entries: HashMap<String, Entry>) -> Self {
        Self { entries }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whose key this is.
    pub(super) fn find(&self, key: &ApiKey, now: Timestamp) -> Result<&Entry, ApiKeyError> {
        let entry = self.entries.get(key.id()).ok_or(ApiKeyError::Unknown)?;
        // Before anything is told of it: only who has the key learns that it has expired.
        if !entry.digest.is(&key.digest()) {
            return Err(ApiKeyError::Unknown);
        }
        if let Some(at) = entry.revoked_at.filter(|at| *at <= now) {
            return Err(ApiKeyError::Revoked { at });
        }
        if now >= entry.expires_at {
            return Err(ApiKeyError::Expired {
                at: entry.expires_at,
            });
        }
        Ok(entry)
    }
}

impl Owner {
    pub(super) fn new(
        name: &str,
        roles: Vec<String>,
        regions: Vec<String>,
        scopes: Vec<Scope>,
    ) -> Self {
        Self(Arc::new(Caller {
            subject: format!("{MACHINE_PREFIX}{name}"),
            roles,
            regions,
            brands: Vec::new(),
            // A key proves that somebody has it, and no more.
            proof: Proof::default(),
            scopes: Some(scopes),
            origin: None,
            token: Bearer::default(),
        }))
    }

    /// What a token says about it.
    pub(super) fn claims(&self) -> Claims {
        Claims {
            subject: self.0.subject.clone(),
            roles: self.0.roles.clone(),
            regions: self.0.regions.clone(),
            scopes: self.0.scopes.clone(),
            ..Claims::default()
        }
    }

    /// The caller, with this token.
    pub(super) fn with(&self, token: Bearer) -> Caller {
        Caller {
            token,
            ..(*self.0).clone()
        }
    }
}
