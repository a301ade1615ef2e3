//! The body of an answer, watched to its last byte.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::Instant;
use tonic::Status;
use tonic::body::Body;

use super::call::Call;
use super::unread::{Listed, Unread, Waiting};

/// The most of an answer that is handed over at once. The server takes whatever it is handed, so of an
/// answer in one piece it would hold all, however slowly its client reads, and the call would be over.
const PIECE_BYTES: usize = 64 * 1024;

/// An answer's body that keeps its call open until it ends, or its client has taken nothing for too long.
pub(crate) struct ObservedBody(Listed<Answer>);

/// An answer and its call.
pub(crate) struct Answer {
    inner: Body,
    /// What of the last frame is still to be handed over.
    rest: Bytes,
    call: Arc<Call>,
    /// Since when its client could ask for more and does not.
    waits_since: Option<Instant>,
}

impl Waiting for Answer {
    fn since(&self) -> Option<Instant> {
        self.waits_since
    }
}

impl ObservedBody {
    /// Watches an answer's body.
    pub(crate) fn new(
        inner: Body,
        status: StatusCode,
        headers: &HeaderMap,
        call: Arc<Call>,
        unread: &Arc<Unread<Answer>>,
    ) -> Self {
        call.answered(status, headers);
        Self(unread.list(Answer {
            inner,
            rest: Bytes::new(),
            call,
            waits_since: Some(Instant::now()),
        }))
    }
}

impl Answer {
    /// The next piece of what is left of a frame.
    fn piece(&mut self) -> Frame<Bytes> {
        let length = self.rest.len().min(PIECE_BYTES);
        let piece = self.rest.split_to(length);
        self.call.handed_over(piece.len());
        Frame::data(piece)
    }

    fn poll_frame(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if !self.rest.is_empty() {
            return Poll::Ready(Some(Ok(self.piece())));
        }
        let Self { inner, call, .. } = self;
        let polled = call.enter(|| Pin::new(inner).poll_frame(context));
        match polled {
            Poll::Ready(Some(Ok(frame))) => Poll::Ready(Some(Ok(match frame.into_data() {
                Ok(data) => {
                    self.rest = data;
                    self.piece()
                }
                Err(frame) => {
                    if let Some(trailers) = frame.trailers_ref() {
                        self.call.set_code_from(trailers);
                    }
                    frame
                }
            }))),
            polled => polled,
        }
    }

    fn size_hint(&self) -> SizeHint {
        let rest = u64::try_from(self.rest.len()).unwrap_or(u64::MAX);
        let inner = self.inner.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(inner.lower().saturating_add(rest));
        if let Some(upper) = inner.upper() {
            hint.set_upper(upper.saturating_add(rest));
        }
        hint
    }
}

impl HttpBody for ObservedBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let mut answer = self.0.sent.lock();
        let Some(answer) = answer.as_mut() else {
            let gone = Status::aborted("the client did not take its answer");
            return Poll::Ready(Some(Err(gone)));
        };
        let polled = answer.poll_frame(context);
        // Pending: it is the service that is waited for.
        answer.waits_since = polled.is_ready().then(Instant::now);
        polled
    }

    /// One that was given up is not over: it breaks off.
    fn is_end_stream(&self) -> bool {
        let answer = self.0.sent.lock();
        let is_over = |answer: &Answer| answer.rest.is_empty() && answer.inner.is_end_stream();
        answer.as_ref().is_some_and(is_over)
    }

    fn size_hint(&self) -> SizeHint {
        let answer = self.0.sent.lock();
        answer.as_ref().map(Answer::size_hint).unwrap_or_default()
    }
}
