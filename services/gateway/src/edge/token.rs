//! Who is calling.

use access::{Caller, TokenError, Verifier};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use jiff::Timestamp;
use std::sync::Arc;
use thiserror::Error;

/// A call that does not prove who makes it.
#[derive(Debug, Error)]
pub(crate) enum TokenProblem {
    #[error("the call has no bearer token")]
    Missing,
    #[error(transparent)]
    Refused(#[from] TokenError),
}

/// Checks the token of a call. The service behind checks it once more, and the permission: the
/// gateway only keeps out those who have none.
pub(crate) fn authenticate(
    verifier: &Verifier,
    headers: &HeaderMap,
    now: Timestamp,
) -> Result<Arc<Caller>, TokenProblem> {
    let bearer = bearer(headers).ok_or(TokenProblem::Missing)?;
    Ok(verifier.verify(bearer, now)?)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}
