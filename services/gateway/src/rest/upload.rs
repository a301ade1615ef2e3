//! A stream of requests as one HTTP body: each line is one of them (NDJSON).
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

use super::lines::{Line, LineError, Lines};
use super::path::RequestPath;
use super::request;
use crate::problem::Problem;
use crate::surface::Binding;

/// What the requests of a stream are made of.
pub(super) struct Upload {
    pub(super) binding: Arc<Binding>,
    pub(super) head: Arc<Head>,
    pub(super) lines: Lines,
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
        let Some(Line { number, text }) = self.lines.next().await? else {
            return Ok(None);
        };
        let path = RequestPath::parse(self.head.uri.path())?;
        let parts = request::Parts {
            path: &path,
            query: self.head.uri.query().unwrap_or_default(),
            headers: &self.head.headers,
            body: &text,
        };
        let request = request::assemble(&self.binding, &parts);
        let request = request.map_err(|error| Problem::from(error).in_line(number))?;
        Ok(Some(request.encode_to_vec().into()))
    }
}

impl From<LineError> for Problem {
    fn from(error: LineError) -> Self {
        Refusal::from(error).into()
    }
}
