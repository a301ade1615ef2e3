use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tonic::Status;
use tonic::body::Body;

/// The next part of an answer, as a body gives it.
pub(super) type Polled = Poll<Option<Result<Frame<Bytes>, Status>>>;

/// What a step does around each part of an answer.
pub(super) trait AroundBody: Unpin + Send + 'static {
    fn poll(&mut self, body: Pin<&mut Body>, context: &mut Context<'_>) -> Polled;
}

/// An answer's body with a step around it.
pub(super) fn wrap(body: Body, step: impl AroundBody) -> Body {
    Body::new(Wrapped { body, step })
}

/// The trailers that end an answer with an error.
pub(super) fn error_trailers(status: &Status) -> Polled {
    let mut trailers = HeaderMap::new();
    // Fails only for metadata that is no valid header, and these statuses have none.
    let written = status.add_header(&mut trailers);
    Poll::Ready(Some(written.map(|()| Frame::trailers(trailers))))
}

struct Wrapped<S> {
    body: Body,
    step: S,
}

impl<S: AroundBody> HttpBody for Wrapped<S> {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Polled {
        let Self { body, step } = &mut *self;
        step.poll(Pin::new(body), context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
