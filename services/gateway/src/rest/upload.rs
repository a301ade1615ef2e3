//! A stream of requests as one HTTP body: each line is one of them (NDJSON), or, where the contract says
//! `google.api.HttpBody`, each piece of the body as it comes.
//!
//! What path and query give stands in every request of the stream. A line that is none ends the call
//! with an error that names it; the service sees the call break off, not end.

use std::sync::Arc;

use bytes::Bytes;
use chassis::Refusal;
use futures_util::stream::{self, Stream};
use http::request::Parts as Head;
use prost::Message as _;
use tokio::sync::oneshot;
use tonic::body::Body;

use super::chunks::Chunks;
use super::lines::{Line, LineError, Lines};
use super::path::RequestPath;
use super::{body, request};
use crate::gateway::Limits;
use crate::problem::Problem;
use crate::surface::Binding;

/// What the requests of a stream are made of.
pub(super) struct Upload {
    binding: Arc<Binding>,
    head: Arc<Head>,
    pieces: Pieces,
}

/// How the body is cut into requests.
enum Pieces {
    Lines(Lines),
    Chunks(Chunks),
}

/// What was wrong with a line, once there is one.
pub(super) struct Broken(oneshot::Receiver<Problem>);

impl Broken {
    /// Waits for a line that is no request. Never ends when there is none.
    pub(super) async fn happened(self) -> Problem {
        match self.0.await {
            Ok(problem) => problem,
            Err(_) => std::future::pending().await,
        }
    }
}

impl Upload {
    /// Cuts a body as the contract says. No piece is larger than a body may be.
    pub(super) fn new(binding: Arc<Binding>, head: Head, body: Body, limits: &Limits) -> Self {
        let (limit_bytes, patience) = (limits.max_body_bytes, limits.default_deadline);
        let pieces = if body::takes_raw(&binding) {
            Pieces::Chunks(Chunks::new(body, limit_bytes, patience))
        } else {
            Pieces::Lines(Lines::new(body, limit_bytes, patience))
        };
        Self {
            binding,
            head: Arc::new(head),
            pieces,
        }
    }

    /// The encoded requests. After a line that is none the stream stays open and silent: whoever
    /// waits for [`Broken`] breaks the call off.
    pub(super) fn requests(self) -> (impl Stream<Item = Bytes> + Send + 'static, Broken) {
        let (report, broken) = oneshot::channel();
        let requests = stream::unfold((self, Some(report)), |(mut upload, mut report)| async {
            match upload.next().await {
                Ok(Some(request)) => Some((request, (upload, report))),
                Ok(None) => None,
                Err(problem) => {
                    if let Some(report) = report.take() {
                        let _gone = report.send(problem);
                    }
                    std::future::pending().await
                }
            }
        });
        (requests, Broken(broken))
    }

    async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        match &mut self.pieces {
            Pieces::Lines(lines) => match lines.next().await? {
                Some(Line { number, text }) => {
                    let request = self.request(&text);
                    Ok(Some(request.map_err(|problem| problem.in_line(number))?))
                }
                None => Ok(None),
            },
            Pieces::Chunks(chunks) => match chunks.next().await? {
                Some(chunk) => Ok(Some(self.request(&chunk)?)),
                None => Ok(None),
            },
        }
    }

    fn request(&self, body: &[u8]) -> Result<Bytes, Problem> {
        let path = RequestPath::parse(self.head.uri.path())?;
        let parts = request::Parts {
            path: &path,
            query: self.head.uri.query().unwrap_or_default(),
            headers: &self.head.headers,
            body,
        };
        let request = request::assemble(&self.binding, &parts)?;
        Ok(request.encode_to_vec().into())
    }
}

impl From<LineError> for Problem {
    fn from(error: LineError) -> Self {
        Refusal::from(error).into()
    }
}
