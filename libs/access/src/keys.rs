use std::collections::HashMap;

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};

use crate::TokenError;

/// Whom an issuer speaks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssuerKind {
    /// People and other systems: an OIDC issuer. Its subjects become `user:<sub>`, as [`crate::Subjects`] says.
    People,
    /// Patron's own services. Its subjects are `service:<role>`.
    Services,
    /// The gateway, for callers with an API key. Its subjects are `machine:<name>`.
    Machines,
}

/// A public key that is trusted to sign tokens of one issuer with one algorithm.
#[derive(Clone, Debug)]
pub struct TrustedKey {
    pub(crate) issuer: String,
    pub(crate) kind: IssuerKind,
    pub(crate) key_id: String,
    pub(crate) algorithm: Algorithm,
    pub(crate) key: DecodingKey,
}

/// Why a key set cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeySetError {
    /// The text is not a JWK set (RFC 7517).
    #[error("the key set of {issuer} is not a JWK set")]
    Malformed {
        /// Whose keys.
        issuer: String,
        /// What the parser says.
        source: serde_json::Error,
    },
    /// None of the keys is one for signing with RS256, ES256 or `EdDSA`, with a `kid`.
    #[error("the key set of {issuer} holds no usable key")]
    NoUsableKey {
        /// Whose keys.
        issuer: String,
    },
}

impl TrustedKey {
    /// Reads the usable keys of an issuer out of a JWK set. Keys for other uses or algorithms are
    /// passed over: issuers publish those, too.
    pub fn from_jwks(issuer: &str, kind: IssuerKind, jwks: &str) -> Result<Vec<Self>, KeySetError> {
        let set: JwkSet = serde_json::from_str(jwks).map_err(|source| KeySetError::Malformed {
            issuer: issuer.to_owned(),
            source,
        })?;
        let keys: Vec<_> = set
            .keys
            .iter()
            .filter_map(|jwk| Self::usable(issuer, kind, jwk))
            .collect();
        if keys.is_empty() {
            return Err(KeySetError::NoUsableKey {
                issuer: issuer.to_owned(),
            });
        }
        Ok(keys)
    }

    fn usable(issuer: &str, kind: IssuerKind, jwk: &Jwk) -> Option<Self> {
        if matches!(jwk.common.public_key_use, Some(PublicKeyUse::Encryption)) {
            return None;
        }
        Some(Self {
            issuer: issuer.to_owned(),
            kind,
            key_id: jwk.common.key_id.clone()?,
            algorithm: bound_algorithm(jwk)?,
            key: DecodingKey::from_jwk(jwk).ok()?,
        })
    }
}

/// The one algorithm that a key is used with. It follows from the key's own type, so a token can
/// never have an RSA key's public half taken for an HMAC secret.
fn bound_algorithm(jwk: &Jwk) -> Option<Algorithm> {
    let by_type = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => Algorithm::RS256,
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => {
            Algorithm::ES256
        }
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => {
            Algorithm::EdDSA
        }
        _ => return None,
    };
    match jwk.common.key_algorithm {
        None => Some(by_type),
        Some(declared) => (declared == by_type.into()).then_some(by_type),
    }
}

/// All trusted keys, by issuer and key id.
#[derive(Debug, Default)]
pub(crate) struct KeySet {
    issuers: HashMap<String, HashMap<String, TrustedKey>>,
    /// Issuers that are trusted, but whose keys are not known yet.
    awaited: Vec<String>,
}

impl KeySet {
    pub(crate) fn new(keys: Vec<TrustedKey>, awaited: Vec<String>) -> Self {
        let mut issuers: HashMap<String, HashMap<String, TrustedKey>> = HashMap::new();
        for key in keys {
            issuers
                .entry(key.issuer.clone())
                .or_default()
                .insert(key.key_id.clone(), key);
        }
        Self { issuers, awaited }
    }

    pub(crate) fn find(&self, issuer: &str, key_id: &str) -> Result<&TrustedKey, TokenError> {
        let Some(keys) = self.issuers.get(issuer) else {
            let issuer = issuer.to_owned();
            return Err(if self.awaited.contains(&issuer) {
                TokenError::NoKeysYet { issuer }
            } else {
                TokenError::UnknownIssuer { issuer }
            });
        };
        keys.get(key_id).ok_or_else(|| TokenError::UnknownKey {
            issuer: issuer.to_owned(),
            key_id: key_id.to_owned(),
        })
    }
}
