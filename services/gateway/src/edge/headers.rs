//! Which headers go through, in both directions.

use chassis::Clock;
use http::Request;
use http::header::{
    ACCEPT_LANGUAGE, AUTHORIZATION, CACHE_CONTROL, CONNECTION, CONTENT_LENGTH,
    CONTENT_SECURITY_POLICY, EXPECT, HOST, HeaderMap, HeaderName, HeaderValue, PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, TE, TRAILER,
    TRANSFER_ENCODING, UPGRADE, X_CONTENT_TYPE_OPTIONS,
};

/// Names the call in logs and answers.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// On whose behalf a service calls. Only believed from services, never from outside.
const ORIGIN: HeaderName = HeaderName::from_static("patron-origin");
const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
const PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// Headers that belong to one connection (RFC 9110 section 7.6.1), or that the way to the upstream
/// sets itself.
const NOT_PASSED_ON: [HeaderName; 13] = [
    CONNECTION,
    KEEP_ALIVE,
    PROXY_CONNECTION,
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
    HOST,
    CONTENT_LENGTH,
    EXPECT,
    ORIGIN,
];

/// Headers of a REST call that become metadata, besides `patron-*`.
const REST_METADATA: [HeaderName; 5] = [
    AUTHORIZATION,
    TRACEPARENT,
    TRACESTATE,
    REQUEST_ID,
    ACCEPT_LANGUAGE,
];

const MAX_REQUEST_ID_BYTES: usize = 128;

/// The headers of a gRPC call as they go upstream: all but those of the connection.
pub(crate) fn for_grpc(mut headers: HeaderMap) -> HeaderMap {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|names| names.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in NOT_PASSED_ON.iter().chain(&named) {
        headers.remove(name);
    }
    headers.insert(TE, HeaderValue::from_static("trailers"));
    headers
}

/// The headers of a REST call that a service may see.
pub(crate) fn for_rest(headers: &HeaderMap) -> HeaderMap {
    let passes = |name: &HeaderName| {
        REST_METADATA.contains(name) || (name.as_str().starts_with("patron-") && *name != ORIGIN)
    };
    headers
        .iter()
        .filter(|(name, _)| passes(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// The caller's id of the call, if it has one that can be written into a log; else a new one.
pub(crate) fn request_id(headers: &HeaderMap, clock: &Clock) -> HeaderValue {
    let is_usable = |value: &&HeaderValue| {
        let bytes = value.as_bytes();
        let is_short = !bytes.is_empty() && bytes.len() <= MAX_REQUEST_ID_BYTES;
        // What ids are made of; not what addresses and names are.
        let fits = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
        is_short && bytes.iter().all(fits)
    };
    let given = headers.get(REQUEST_ID).filter(is_usable).cloned();
    given.unwrap_or_else(|| {
        let id = clock.new_id().to_string();
        HeaderValue::from_str(&id).unwrap_or_else(|_| HeaderValue::from_static("unknown"))
    })
}

/// The size of all that comes before a body. Both versions of HTTP have bounds of their own, which
/// are larger for HTTP/1.1, so that its callers can be told in words.
pub(crate) fn head_bytes<B>(request: &Request<B>) -> usize {
    let sizes = request
        .headers()
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len());
    let target = request.uri().path_and_query();
    sizes.sum::<usize>() + target.map_or(0, |target| target.as_str().len())
}

/// What browsers are told with every answer, unless it says otherwise itself: to take it for nothing but
/// what it is, to let no page frame it, to come back by TLS only (ignored where they did not come by it),
/// and caches not to keep it, for it may hold personal data.
const SECURE: [(HeaderName, HeaderValue); 6] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
    ),
    (
        STRICT_TRANSPORT_SECURITY,
        HeaderValue::from_static("max-age=31536000"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
];

/// Adds the headers for browsers.
pub(crate) fn secure(headers: &mut HeaderMap) {
    for (name, value) in SECURE {
        headers.entry(name).or_insert(value);
    }
}
