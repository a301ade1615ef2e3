//! Who is calling.

use std::sync::Arc;

use access::{ApiKey, ApiKeyError, Bearer, Caller, CallerKind, ExchangeError, KeyExchange};
use chassis::{KeyWatch, NotVerified};
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use jiff::Timestamp;
use thiserror::Error;

/// A call that does not prove who makes it.
#[derive(Debug, Error)]
pub(crate) enum TokenProblem {
    #[error("the call has no bearer token")]
    Missing,
    #[error(transparent)]
    Refused(#[from] NotVerified),
    #[error("tokens of services and of API keys are for between the roles")]
    Inner,
    #[error(transparent)]
    Key(#[from] ApiKeyError),
    #[error("no token can be made for the API key now")]
    NoToken(#[source] access::SignError),
}

/// Checks the proof of a call. The service behind checks it once more, and the permission: the gateway
/// only keeps out those who have none. An API key goes no further: in the headers the token that it was
/// exchanged for takes its place. What roles say to each other is worth nothing from outside: every role could
/// make such a token, and behind the gateway it would be the gateway's word.
pub(crate) async fn authenticate(
    issuers: &KeyWatch,
    keys: Option<&KeyExchange>,
    headers: &mut HeaderMap,
    now: Timestamp,
) -> Result<Arc<Caller>, TokenProblem> {
    let bearer = bearer(headers).ok_or(TokenProblem::Missing)?;
    if !ApiKey::is_meant(bearer) {
        let caller = issuers.verify(bearer, now).await?;
        return match caller.kind() {
            CallerKind::User => Ok(caller),
            CallerKind::Machine | CallerKind::Service => Err(TokenProblem::Inner),
        };
    }
    let keys = keys.ok_or(ApiKeyError::Unknown)?;
    let caller = keys.exchange(bearer, now).map_err(|error| match error {
        ExchangeError::Key(error) => TokenProblem::Key(error),
        ExchangeError::Sign(error) => TokenProblem::NoToken(error),
    })?;
    replace(headers, &caller.token);
    Ok(caller)
}

/// Takes an API key out of a call to a method that needs none: no service ever sees one.
pub(crate) fn withhold_key(headers: &mut HeaderMap) {
    if bearer(headers).is_some_and(ApiKey::is_meant) {
        headers.remove(AUTHORIZATION);
    }
}

fn replace(headers: &mut HeaderMap, token: &Bearer) {
    // Base64 and dots, so always a valid header.
    match HeaderValue::try_from(format!("Bearer {}", token.expose())) {
        Ok(mut value) => {
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        Err(_) => drop(headers.remove(AUTHORIZATION)),
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}
