//! gzip over REST: answers for callers who take it, and bodies from callers who send it.
//!
//! Compressing takes memory and processor time, so there is a bound on how many answers are compressed at
//! once; beyond it answers go as they are. Unpacking has a bound on what comes out.

mod accept;
mod body;
mod ready;
mod unpack;

use std::sync::Arc;

use http::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue, VARY,
};
use http::{HeaderName, Response};
use http_body::Body as _;
use tokio::sync::Semaphore;
use tonic::body::Body;

pub(crate) use accept::takes_gzip;
use body::GzipBody;
pub(crate) use ready::Ready;
pub(crate) use unpack::{UnpackError, unpack};

/// The one coding that is taken and given: every client has it.
pub(crate) const GZIP: HeaderValue = HeaderValue::from_static("gzip");

/// What answers differ by, for caches.
const VARIES: HeaderValue = HeaderValue::from_static("accept-encoding");

/// Answers that are compressed at once, about 400 kB of memory each. Streams are apart: they may go on for hours.
const MOST_WHOLE: usize = 64;
const MOST_STREAMS: usize = 64;

/// Which answers are compressed.
#[derive(Debug)]
pub(crate) struct Gzip {
    /// Those that are shorter are not; `None`: none is.
    from_bytes: Option<u64>,
    whole: Arc<Semaphore>,
    streams: Arc<Semaphore>,
}

impl Gzip {
    /// Compresses answers of at least so many bytes; 0 is none.
    pub(crate) fn new(from_bytes: usize) -> Self {
        let from_bytes = u64::try_from(from_bytes).unwrap_or(u64::MAX);
        Self {
            from_bytes: Some(from_bytes).filter(|bytes| *bytes > 0),
            whole: Arc::new(Semaphore::new(MOST_WHOLE)),
            streams: Arc::new(Semaphore::new(MOST_STREAMS)),
        }
    }

    /// Compresses an answer when it is worth it and its caller takes it.
    pub(crate) fn pack(&self, answer: Response<Body>, is_taken: bool) -> Response<Body> {
        let size = answer.body().size_hint().exact();
        if !self.is_worth_it(&answer, size) {
            return answer;
        }
        let (mut parts, body) = answer.into_parts();
        parts.headers.append(VARY, VARIES);
        let places = if size.is_some() {
            &self.whole
        } else {
            &self.streams
        };
        let place = is_taken.then(|| Arc::clone(places).try_acquire_owned().ok());
        let Some(place) = place.flatten() else {
            return Response::from_parts(parts, body);
        };
        mark(&mut parts.headers);
        let is_stream = size.is_none();
        Response::from_parts(parts, Body::new(GzipBody::new(body, is_stream, place)))
    }

    /// Errors are short. That they go as they are keeps what a caller sent, which they repeat, out of it.
    fn is_worth_it(&self, answer: &Response<Body>, size: Option<u64>) -> bool {
        let headers = answer.headers();
        let is_long = |from: u64| size.is_none_or(|size| size >= from);
        self.from_bytes.is_some_and(is_long)
            && answer.status().is_success()
            && !headers.contains_key(CONTENT_ENCODING)
            && is_text(headers)
    }
}

/// Says that an answer is compressed. Nobody knows its length yet.
fn mark(headers: &mut HeaderMap) {
    headers.insert(CONTENT_ENCODING, GZIP);
    headers.remove(CONTENT_LENGTH);
}

/// What gets shorter. Events of a page's `EventSource` are few and small, and their connections open for hours.
fn is_text(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
    let essence = content_type.and_then(|it| it.split(';').next());
    let essence = essence.unwrap_or_default().trim().to_ascii_lowercase();
    let is_text = essence.starts_with("text/") && essence != "text/event-stream";
    is_text || essence.ends_with("json") || essence.ends_with("xml")
}

/// The header by which a refusal says what coding would have been taken (RFC 9110 section 12.5.3).
pub(crate) const TAKEN: (HeaderName, HeaderValue) = (ACCEPT_ENCODING, GZIP);

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::StatusCode;
    use http_body_util::Full;

    use super::*;

    fn answer(content_type: &'static str, bytes: usize) -> Response<Body> {
        let body = Full::new(Bytes::from(vec![b'a'; bytes]));
        let mut answer = Response::new(Body::new(body));
        let headers = answer.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        answer
    }

    fn is_packed(gzip: &Gzip, answer: Response<Body>) -> bool {
        gzip.pack(answer, true)
            .headers()
            .contains_key(CONTENT_ENCODING)
    }

    #[test]
    fn long_texts_are_packed_and_what_is_short_or_failed_or_packed_already_is_not() {
        let gzip = Gzip::new(100);
        for text in [
            "application/json",
            "application/x-ndjson",
            "text/csv; charset=utf-8",
        ] {
            assert!(is_packed(&gzip, answer(text, 100)), "{text}");
        }
        for other in ["text/event-stream", "image/png", "application/pdf", ""] {
            assert!(!is_packed(&gzip, answer(other, 100)), "{other}");
        }
        assert!(!is_packed(&gzip, answer("application/json", 99)));
        assert!(!is_packed(&Gzip::new(0), answer("application/json", 100)));
        let mut failed = answer("application/json", 100);
        *failed.status_mut() = StatusCode::BAD_REQUEST;
        assert!(!is_packed(&gzip, failed));
        let mut packed = answer("application/json", 100);
        mark(packed.headers_mut());
        let twice = gzip.pack(packed, true);
        assert!(!twice.headers().contains_key(VARY), "left as it is");
    }

    #[test]
    fn when_too_many_are_packed_at_once_the_next_goes_as_it_is() {
        let gzip = Gzip::new(1);
        let kept: Vec<_> = (0..MOST_WHOLE)
            .map(|_| gzip.pack(answer("text/plain", 10), true))
            .collect();
        assert!(!is_packed(&gzip, answer("text/plain", 10)));
        drop(kept);
        assert!(is_packed(&gzip, answer("text/plain", 10)));
    }

    #[test]
    fn what_could_be_packed_says_so_to_caches_also_when_it_is_not() {
        let plain = Gzip::new(1).pack(answer("text/plain", 10), false);
        assert_eq!(plain.headers()[VARY], "accept-encoding");
        assert!(!plain.headers().contains_key(CONTENT_ENCODING));
    }
}
