//! The contract as a page to browse: three files in the binary, nothing from elsewhere.

use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS,
};
use http::{Method, Request, Response};
use tonic::body::Body;

use crate::gzip::Ready;

/// A file of the page.
struct File {
    path: &'static str,
    content_type: &'static str,
    text: &'static str,
}

const FILES: [File; 3] = [
    File {
        path: "/docs",
        content_type: "text/html; charset=utf-8",
        text: include_str!("index.html"),
    },
    File {
        path: "/docs/docs.css",
        content_type: "text/css; charset=utf-8",
        text: include_str!("docs.css"),
    },
    File {
        path: "/docs/docs.js",
        content_type: "text/javascript; charset=utf-8",
        text: include_str!("docs.js"),
    },
];

/// The page may load what comes from here and nothing else, and nobody may frame it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The page, ready to be sent: each file by its path.
#[derive(Debug)]
pub(crate) struct Docs([(&'static str, Ready); 3]);

impl Docs {
    /// The files as they are compiled in.
    pub(crate) fn new() -> Self {
        Self(FILES.map(|file| {
            let text = Bytes::from_static(file.text.as_bytes());
            (file.path, Ready::new(file.content_type, text))
        }))
    }

    /// The answer, when the request is for a file of the page.
    pub(crate) fn answer(&self, request: &Request<Body>) -> Option<Response<Body>> {
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        let path = request.uri().path().trim_end_matches('/');
        let (_, file) = self.0.iter().find(|(known, _)| reads && *known == path)?;
        let mut response = file.answer(request.headers());
        let fields: [(HeaderName, &'static str); 3] = [
            (CONTENT_SECURITY_POLICY, POLICY),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (CACHE_CONTROL, "public, max-age=300"),
        ];
        for (name, value) in fields {
            response
                .headers_mut()
                .insert(name, HeaderValue::from_static(value));
        }
        Some(response)
    }
}
