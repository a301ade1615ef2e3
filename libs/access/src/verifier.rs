use std::sync::Arc;

use arc_swap::ArcSwap;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::Validation;

use crate::cache::CallerCache;
use crate::caller::{MACHINE_PREFIX, SERVICE_PREFIX, SERVICE_ROLE};
use crate::keys::KeySet;
use crate::token::{self, MAX_TOKEN_BYTES, Received};
use crate::{Bearer, Caller, IssuerKind, Proof, Scope, Subjects, TokenError, TrustedKey};

/// How far clocks of issuers may be off.
const LEEWAY: SignedDuration = SignedDuration::from_secs(30);

/// Turns bearer tokens into callers. Its keys can be replaced while it is in use.
#[derive(Debug)]
pub struct Verifier {
    audience: String,
    subjects: Subjects,
    trust: ArcSwap<Trust>,
}

/// Keys together with what they have verified: new keys begin with an empty cache, so a withdrawn
/// key is trusted no longer than until the next call.
#[derive(Debug, Default)]
struct Trust {
    keys: KeySet,
    verified: CallerCache,
}

impl Verifier {
    /// Trusts these keys, for tokens made for this audience.
    pub fn new(keys: Vec<TrustedKey>, audience: impl Into<String>) -> Self {
        Self {
            audience: audience.into(),
            subjects: Subjects::default(),
            trust: ArcSwap::from_pointee(Trust::of(keys, Vec::new())),
        }
    }

    /// Tells people of several issuers apart like this.
    #[must_use]
    pub fn with_subjects(mut self, subjects: Subjects) -> Self {
        self.subjects = subjects;
        self
    }

    /// Trusts these keys and no others from now on. Whoever fetches keys calls this.
    pub fn replace_keys(&self, keys: Vec<TrustedKey>) {
        self.await_keys(keys, Vec::new());
    }

    /// Trusts these keys, and knows of these issuers that their keys are still to come: their tokens are
    /// neither believed nor called those of a stranger.
    pub fn await_keys(&self, keys: Vec<TrustedKey>, awaited: Vec<String>) {
        self.trust.store(Arc::new(Trust::of(keys, awaited)));
    }

    /// Says who is calling at this time.
    pub fn verify(&self, bearer: &str, now: Timestamp) -> Result<Arc<Caller>, TokenError> {
        check_length(bearer)?;
        let trust = self.trust.load();
        if let Some(caller) = trust.verified.get(bearer, now) {
            return Ok(caller);
        }
        let (caller, valid_until) = self.verify_anew(&trust.keys, bearer, now)?;
        let caller = Arc::new(caller);
        trust
            .verified
            .put(bearer.to_owned(), Arc::clone(&caller), valid_until);
        Ok(caller)
    }

    /// The caller of a token that was verified before: cheap, unlike [`Verifier::verify`].
    pub fn known(&self, bearer: &str, now: Timestamp) -> Option<Arc<Caller>> {
        let is_short = bearer.len() <= MAX_TOKEN_BYTES;
        is_short.then(|| self.trust.load().verified.get(bearer, now))?
    }

    /// Refuses what can be refused without looking at the signature, which is the expensive part. What
    /// passes is not believed yet.
    pub fn examine(&self, bearer: &str) -> Result<(), TokenError> {
        check_length(bearer)?;
        let trust = self.trust.load();
        find_key(&trust.keys, bearer).map(drop)
    }

    fn verify_anew(
        &self,
        keys: &KeySet,
        bearer: &str,
        now: Timestamp,
    ) -> Result<(Caller, Timestamp), TokenError> {
        let key = find_key(keys, bearer)?;
        let claims = check_signature(key, bearer)?;
        let valid_until = check_times(&claims, now)?;
        self.check_audience(&claims)?;
        Ok((to_caller(key, &self.subjects, claims, bearer)?, valid_until))
    }

    fn check_audience(&self, claims: &Received) -> Result<(), TokenError> {
        let audiences = claims
            .aud
            .as_ref()
            .ok_or(TokenError::MissingClaim { claim: "aud" })?;
        if !audiences.0.contains(&self.audience) {
            return Err(TokenError::WrongAudience);
        }
        Ok(())
    }
}

impl Trust {
    fn of(keys: Vec<TrustedKey>, awaited: Vec<String>) -> Self {
        Self {
            keys: KeySet::new(keys, awaited),
            verified: CallerCache::default(),
        }
    }
}

fn check_length(bearer: &str) -> Result<(), TokenError> {
    let bytes = bearer.len();
    if bytes > MAX_TOKEN_BYTES {
        return Err(TokenError::TooLong { bytes });
    }
    Ok(())
}

/// The key that a token says it is signed with, for the one algorithm that it is for.
fn find_key<'k>(keys: &'k KeySet, bearer: &str) -> Result<&'k TrustedKey, TokenError> {
    let (header, unverified) = token::peek(bearer)?;
    let (algorithm, key_id) = header.accept()?;
    let issuer = unverified
        .iss
        .ok_or(TokenError::MissingClaim { claim: "iss" })?;
    let key = keys.find(&issuer, &key_id)?;
    if key.algorithm != algorithm {
        let algorithm = format!("{algorithm:?}");
        return Err(TokenError::AlgorithmMismatch { key_id, algorithm });
    }
    Ok(key)
}

/// The signature alone: times are checked against the injected clock, the audience by name.
fn check_signature(key: &TrustedKey, bearer: &str) -> Result<Received, TokenError> {
    let mut validation = Validation::new(key.algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    match jsonwebtoken::decode(bearer, &key.key, &validation) {
        Ok(token) => Ok(token.claims),
        Err(error) => Err(match error.kind() {
            jsonwebtoken::errors::ErrorKind::Json(_) => TokenError::Malformed,
            _ => TokenError::BadSignature,
        }),
    }
}

/// Until when the token may be used, leeway included.
fn check_times(claims: &Received, now: Timestamp) -> Result<Timestamp, TokenError> {
    let expires = claims
        .exp
        .ok_or(TokenError::MissingClaim { claim: "exp" })?;
    let expires = instant(expires)?;
    let valid_until = expires
        .saturating_add(LEEWAY)
        .map_err(|_| TokenError::Malformed)?;
    if now >= valid_until {
        return Err(TokenError::Expired { at: expires });
    }
    if let Some(from) = claims.nbf {
        let from = instant(from)?;
        if now
            < from
                .saturating_sub(LEEWAY)
                .map_err(|_| TokenError::Malformed)?
        {
            return Err(TokenError::NotYetValid { from });
        }
    }
    Ok(valid_until)
}

/// A `NumericDate`: seconds since 1970, perhaps with a fraction (RFC 7519 section 2).
fn instant(seconds: f64) -> Result<Timestamp, TokenError> {
    let since = SignedDuration::try_from_secs_f64(seconds).map_err(|_| TokenError::Malformed)?;
    Timestamp::from_duration(since).map_err(|_| TokenError::Malformed)
}

fn to_caller(
    key: &TrustedKey,
    subjects: &Subjects,
    claims: Received,
    bearer: &str,
) -> Result<Caller, TokenError> {
    let sub = claims
        .sub
        .ok_or(TokenError::MissingClaim { claim: "sub" })?;
    let regions = claims.region.unwrap_or_default().0;
    let brands = claims.brand.unwrap_or_default().0;
    let proof = Proof {
        acr: claims.acr,
        authenticated: claims.auth_time.map(instant).transpose()?,
    };
    let token = Bearer::new(bearer);
    match key.kind {
        IssuerKind::Services
            if sub.len() > SERVICE_PREFIX.len() && sub.starts_with(SERVICE_PREFIX) =>
        {
            let roles = vec![SERVICE_ROLE.to_owned()];
            Ok(Caller {
                subject: sub,
                roles,
                regions,
                brands,
                proof,
                scopes: None,
                origin: claims.origin,
                token,
            })
        }
        IssuerKind::People => {
            refuse_reserved(&claims.roles)?;
            Ok(Caller {
                subject: subjects.name(&key.issuer, &sub)?,
                roles: claims.roles,
                regions,
                brands,
                proof,
                scopes: None,
                origin: None,
                token,
            })
        }
        IssuerKind::Machines
            if sub.len() > MACHINE_PREFIX.len() && sub.starts_with(MACHINE_PREFIX) =>
        {
            refuse_reserved(&claims.roles)?;
            // Without its scopes a key could do more than it was given.
            let scope = claims
                .scope
                .ok_or(TokenError::MissingClaim { claim: "scope" })?;
            let scopes = Scope::split(&scope).map_err(|_| TokenError::Malformed)?;
            Ok(Caller {
                subject: sub,
                roles: claims.roles,
                regions,
                brands,
                // Nobody stands behind it who has authenticated.
                proof: Proof::default(),
                scopes: Some(scopes),
                origin: None,
                token,
            })
        }
        _ => Err(TokenError::SubjectRefused),
    }
}

fn refuse_reserved(roles: &[String]) -> Result<(), TokenError> {
    match roles.iter().find(|role| *role == SERVICE_ROLE) {
        Some(role) => Err(TokenError::ReservedRole { role: role.clone() }),
        None => Ok(()),
    }
}
