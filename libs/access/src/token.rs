use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jsonwebtoken::Algorithm;
use serde::de::{DeserializeOwned, Deserializer, SeqAccess, Visitor};
use serde::{Deserialize, de};

/// Longest token that is looked at, in bytes.
pub(crate) const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// Why a token was not accepted. For the logs: callers are told only that they are not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// More than 8 KiB.
    #[error("the token has {bytes} bytes, more than {MAX_TOKEN_BYTES}")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// Not three parts of base64url, or not the JSON that they should hold.
    #[error("the token is malformed")]
    Malformed,
    /// Signed in a way that is not accepted: `none`, HMAC, or anything but RS256, ES256, `EdDSA`.
    #[error("the token's algorithm {algorithm} is not accepted")]
    AlgorithmRefused {
        /// As the token names it.
        algorithm: String,
    },
    /// The token demands an extension (`crit`) that is not understood.
    #[error("the token demands an extension")]
    CriticalExtension,
    /// The header names no key.
    #[error("the token names no key")]
    MissingKeyId,
    /// Nobody whom Patron trusts.
    #[error("the token's issuer {issuer} is not trusted")]
    UnknownIssuer {
        /// The `iss` claim.
        issuer: String,
    },
    /// The issuer is trusted, but its keys could not be fetched yet.
    #[error("the keys of the issuer {issuer} could not be fetched yet")]
    NoKeysYet {
        /// The `iss` claim.
        issuer: String,
    },
    /// The issuer is trusted, but has no such key: perhaps a new one, worth fetching.
    #[error("the issuer {issuer} has no key {key_id}")]
    UnknownKey {
        /// The `iss` claim.
        issuer: String,
        /// The `kid` of the header.
        key_id: String,
    },
    /// The key is for another algorithm than the header says.
    #[error("the key {key_id} is not for {algorithm}")]
    AlgorithmMismatch {
        /// The `kid` of the header.
        key_id: String,
        /// The `alg` of the header.
        algorithm: String,
    },
    /// The signature is not that key's.
    #[error("the signature is wrong")]
    BadSignature,
    /// A claim that every token must carry is not there.
    #[error("the claim {claim} is missing")]
    MissingClaim {
        /// Its name.
        claim: &'static str,
    },
    /// Made for somebody else.
    #[error("the token is for another audience")]
    WrongAudience,
    /// No longer valid, leeway included.
    #[error("the token expired at {at}")]
    Expired {
        /// The `exp` claim.
        at: Timestamp,
    },
    /// Not yet valid, leeway included.
    #[error("the token is valid from {from}")]
    NotYetValid {
        /// The `nbf` claim.
        from: Timestamp,
    },
    /// The subject is empty, or not of the kind that its issuer may name.
    #[error("the issuer may not name this subject")]
    SubjectRefused,
    /// A role that only Patron's own services have.
    #[error("the role {role} cannot be given by a token")]
    ReservedRole {
        /// The role.
        role: String,
    },
}

/// What the header of a token says.
#[derive(Debug, Deserialize)]
pub(crate) struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<de::IgnoredAny>,
}

impl Header {
    /// The algorithm and the key id, when both are acceptable.
    pub(crate) fn accept(self) -> Result<(Algorithm, String), TokenError> {
        let algorithm = match self.alg.as_str() {
            "RS256" => Algorithm::RS256,
            "ES256" => Algorithm::ES256,
            "EdDSA" => Algorithm::EdDSA,
            _ => {
                return Err(TokenError::AlgorithmRefused {
                    algorithm: self.alg,
                });
            }
        };
        if self.crit.is_some() {
            return Err(TokenError::CriticalExtension);
        }
        let key_id = self
            .kid
            .filter(|id| !id.is_empty())
            .ok_or(TokenError::MissingKeyId)?;
        Ok((algorithm, key_id))
    }
}

/// The only claim that may be looked at before the signature is checked: it says whose keys to try.
#[derive(Debug, Deserialize)]
pub(crate) struct Issuer {
    pub(crate) iss: Option<String>,
}

/// The claims of a token whose signature is right.
#[derive(Debug, Deserialize)]
pub(crate) struct Received {
    pub(crate) sub: Option<String>,
    pub(crate) aud: Option<OneOrMany>,
    pub(crate) exp: Option<f64>,
    pub(crate) nbf: Option<f64>,
    #[serde(default)]
    pub(crate) roles: Vec<String>,
    pub(crate) region: Option<OneOrMany>,
    pub(crate) brand: Option<OneOrMany>,
    /// How its bearer was authenticated, in the issuer's own words, and when (OpenID Connect Core 2).
    pub(crate) acr: Option<String>,
    pub(crate) auth_time: Option<f64>,
    pub(crate) origin: Option<String>,
    /// Words separated by spaces (RFC 8693 section 4.2). Only read in tokens of the gateway: what
    /// scopes of an OIDC issuer mean is between it and its clients.
    pub(crate) scope: Option<String>,
}

/// Header and unverified issuer of a compact token.
pub(crate) fn peek(token: &str) -> Result<(Header, Issuer), TokenError> {
    let mut parts = token.split('.');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(header), Some(payload), Some(_), None) => Ok((decode(header)?, decode(payload)?)),
        _ => Err(TokenError::Malformed),
    }
}

fn decode<T: DeserializeOwned>(part: &str) -> Result<T, TokenError> {
    let json = URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| TokenError::Malformed)?;
    serde_json::from_slice(&json).map_err(|_| TokenError::Malformed)
}

/// A claim that may be one string or a list of them (RFC 7519 section 4.1.3).
#[derive(Debug, Default)]
pub(crate) struct OneOrMany(pub(crate) Vec<String>);

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrManyVisitor)
    }
}

struct OneOrManyVisitor;

impl<'de> Visitor<'de> for OneOrManyVisitor {
    type Value = OneOrMany;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string or a list of strings")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<OneOrMany, E> {
        Ok(OneOrMany(vec![text.to_owned()]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<OneOrMany, A::Error> {
        let mut all = Vec::new();
        while let Some(item) = items.next_element()? {
            all.push(item);
        }
        Ok(OneOrMany(all))
    }
}
