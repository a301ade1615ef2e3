use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;

use crate::{Bearer, Proof, Scope};

/// What a token says about its bearer.
#[derive(Clone, Debug, Default)]
pub struct Claims {
    /// The `sub` claim: a person's or system's id, or `service:<role>`.
    pub subject: String,
    /// Roles, for issuers of people's tokens.
    pub roles: Vec<String>,
    /// Regions that the bearer is confined to; empty: not confined.
    pub regions: Vec<String>,
    /// Brands that the bearer is confined to; empty: not confined.
    pub brands: Vec<String>,
    /// How, and how lately, the bearer has proven who it is.
    pub proof: Proof,
    /// What the roles may be used for; `None`: all that they grant.
    pub scopes: Option<Vec<Scope>>,
}

/// Why a key or a token could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The PEM text holds no P-256 private key (PKCS #8).
    #[error("the text holds no P-256 private key in PEM (PKCS #8)")]
    Key(#[source] jsonwebtoken::errors::Error),
    /// Signing failed.
    #[error("the token could not be signed")]
    Token(#[source] jsonwebtoken::errors::Error),
    /// The public half could not be written down.
    #[error("the key set could not be written")]
    KeySet(#[source] serde_json::Error),
    /// The token's life would reach beyond the end of time.
    #[error("the token's time of expiry is out of range")]
    Expiry(#[source] jiff::Error),
}

/// Makes ES256 tokens of one issuer for one audience.
pub struct Signer {
    issuer: String,
    audience: String,
    key: EncodingKey,
    public: Jwk,
    header: Header,
}

#[derive(Serialize)]
struct Written<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    iat: i64,
    exp: i64,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    roles: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    region: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    brand: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    acr: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_time: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
}

impl Signer {
    /// Signs with the P-256 private key in this PEM text. The key's id is its RFC 7638 thumbprint,
    /// so that whoever has the key knows it.
    pub fn from_pem(
        issuer: impl Into<String>,
        audience: impl Into<String>,
        pem: &str,
    ) -> Result<Self, SignError> {
        let key = EncodingKey::from_ec_pem(pem.as_bytes()).map_err(SignError::Key)?;
        let mut public = Jwk::from_encoding_key(&key, Algorithm::ES256).map_err(SignError::Key)?;
        let key_id = public
            .thumbprint(ThumbprintHash::SHA256)
            .map_err(SignError::Key)?;
        public.common.key_id = Some(key_id.clone());
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        let header = Header {
            kid: Some(key_id),
            ..Header::new(Algorithm::ES256)
        };
        Ok(Self {
            issuer: issuer.into(),
            audience: audience.into(),
            key,
            public,
            header,
        })
    }

    /// The `iss` claim of its tokens.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The JWK set, as JSON text, that verifies its tokens. Holds nothing secret.
    pub fn jwks(&self) -> Result<String, SignError> {
        let set = JwkSet {
            keys: vec![self.public.clone()],
        };
        serde_json::to_string(&set).map_err(SignError::KeySet)
    }

    /// Makes a token that is valid from `now` for `ttl`.
    pub fn sign(
        &self,
        claims: &Claims,
        now: Timestamp,
        ttl: SignedDuration,
    ) -> Result<Bearer, SignError> {
        let expires = now.checked_add(ttl).map_err(SignError::Expiry)?;
        let written = Written {
            iss: &self.issuer,
            aud: &self.audience,
            sub: &claims.subject,
            iat: now.as_second(),
            exp: expires.as_second(),
            roles: &claims.roles,
            region: &claims.regions,
            brand: &claims.brands,
            acr: claims.proof.acr.as_deref(),
            auth_time: claims.proof.authenticated.map(Timestamp::as_second),
            scope: claims.scopes.as_deref().map(Scope::join),
        };
        let token = jsonwebtoken::encode(&self.header, &written, &self.key);
        token.map(Bearer::new).map_err(SignError::Token)
    }
}
