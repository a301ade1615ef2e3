//! Which web pages may call (Fetch standard, section 3.2).

use std::time::Duration;

use http::header::{ACCEPT, ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderName, HeaderValue, Method};
use tower_http::cors::CorsLayer;

use super::{REQUEST_ID, rate};
use crate::config::Cors;

/// An origin that web pages can't have, or that lets all of them in.
#[derive(Debug, thiserror::Error)]
#[error("gateway.cors.allowed_origins: `{origin}` is not an origin such as https://shop.example")]
pub struct CorsError {
    /// What is configured.
    pub origin: String,
}

/// Request headers that pages may send: those that the gateway reads.
const READ: [HeaderName; 8] = [
    ACCEPT,
    ACCEPT_LANGUAGE,
    AUTHORIZATION,
    CONTENT_TYPE,
    REQUEST_ID,
    HeaderName::from_static("grpc-timeout"),
    HeaderName::from_static("x-grpc-web"),
    HeaderName::from_static("x-user-agent"),
];
/// Answer headers that pages may see.
const SHOWN: [HeaderName; 8] = [
    REQUEST_ID,
    RETRY_AFTER,
    rate::POLICY,
    rate::STANDING,
    HeaderName::from_static("patron-replayed"),
    HeaderName::from_static("grpc-status"),
    HeaderName::from_static("grpc-message"),
    HeaderName::from_static("grpc-status-details-bin"),
];
const METHODS: [Method; 5] = [
    Method::GET,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
];

/// Answers preflight requests and marks answers for the pages that may read them. Callers prove who
/// they are by a header that a page has to set itself, never by cookies, so credentials stay off.
pub(crate) fn layer(settings: &Cors) -> Result<CorsLayer, CorsError> {
    let origins = settings.allowed_origins.iter().map(|origin| parse(origin));
    Ok(CorsLayer::new()
        .allow_origin(origins.collect::<Result<Vec<_>, _>>()?)
        .allow_methods(METHODS)
        .allow_headers(READ)
        .expose_headers(SHOWN)
        .max_age(Duration::from_secs(settings.max_age_seconds)))
}

/// Browsers compare origins byte by byte: scheme, host, port, nothing behind.
fn parse(origin: &str) -> Result<HeaderValue, CorsError> {
    let host = origin
        .strip_prefix("https://")
        .or_else(|| origin.strip_prefix("http://"));
    let is_origin =
        host.is_some_and(|host| !host.is_empty() && !host.contains(['/', '*', '?', ' ']));
    let value = HeaderValue::from_str(origin).ok().filter(|_| is_origin);
    value.ok_or_else(|| CorsError {
        origin: origin.to_owned(),
    })
}
