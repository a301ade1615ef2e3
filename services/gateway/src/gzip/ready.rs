//! Documents that are the same for everybody, compressed once.

use std::io::Write as _;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{CONTENT_TYPE, HeaderValue, VARY};
use http::{HeaderMap, Response};
use http_body_util::Full;
use tonic::body::Body;

use super::{VARIES, mark, takes_gzip};

/// A document in both forms. Anybody may ask for it as often as they like, without a token, so nothing is left to be
/// done then.
#[derive(Debug, Clone)]
pub(crate) struct Ready {
    content_type: HeaderValue,
    plain: Bytes,
    packed: Bytes,
}

impl Ready {
    /// Compresses a document.
    pub(crate) fn new(content_type: &'static str, plain: Bytes) -> Self {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        // Into memory, so it never fails; an empty document would be noticed by everybody.
        let written = encoder.write_all(&plain);
        let packed = written.and_then(|()| encoder.finish());
        Self {
            content_type: HeaderValue::from_static(content_type),
            plain,
            packed: packed.unwrap_or_default().into(),
        }
    }

    /// The document as the caller takes it.
    pub(crate) fn answer(&self, request: &HeaderMap) -> Response<Body> {
        let is_packed = takes_gzip(request);
        let body = if is_packed { &self.packed } else { &self.plain };
        let mut answer = Response::new(Body::new(Full::new(body.clone())));
        let headers = answer.headers_mut();
        headers.insert(CONTENT_TYPE, self.content_type.clone());
        headers.insert(VARY, VARIES);
        if is_packed {
            mark(headers);
        }
        answer
    }
}
