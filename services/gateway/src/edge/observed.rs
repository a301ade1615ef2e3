//! The body of an answer, watched to its last byte.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use http_body::{Body as HttpBody, Frame, SizeHint};
use tonic::body::Body;

use super::call::Call;

/// The most of an answer that is handed over at once. The server takes whatever it is handed, so of an
/// answer in one piece it would hold all, however slowly its client reads, and the call would be over.
const PIECE_BYTES: usize = 64 * 1024;

/// An answer's body that keeps its call open until it ends.
pub(crate) struct ObservedBody {
    inner: Body,
    /// What of the last frame is still to be handed over.
    rest: Bytes,
    call: Arc<Call>,
}

impl ObservedBody {
    /// Watches an answer's body.
    pub(crate) fn new(
        inner: Body,
        status: StatusCode,
        headers: &HeaderMap,
        call: Arc<Call>,
    ) -> Self {
        call.answered(status, headers);
        Self {
            inner,
            rest: Bytes::new(),
            call,
        }
    }

    /// The next piece of what is left of a frame.
    fn piece(&mut self) -> Frame<Bytes> {
        let length = self.rest.len().min(PIECE_BYTES);
        let piece = self.rest.split_to(length);
        self.call.handed_over(piece.len());
        Frame::data(piece)
    }
}

impl HttpBody for ObservedBody {
    type Data = Bytes;
    type Error = tonic::Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, tonic::Status>>> {
        if !self.rest.is_empty() {
            return Poll::Ready(Some(Ok(self.piece())));
        }
        let Self { inner, call, .. } = &mut *self;
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

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.inner.is_end_stream()
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
