//! The body of a gRPC answer on its way to the client.

use std::collections::VecDeque;
use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use chassis::Refusal;
use contract::patron::r#type::v1::ErrorReason;
use http::HeaderMap;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::{Sleep, sleep_until};
use tonic::body::Body;
use tonic::{Code, Status};

use crate::edge::{CallDeadline, DeadlineError};

/// An answer that always ends with a status: when its time is over, and when the service goes away
/// in the middle of it. Otherwise the client would see a broken stream and have to guess.
pub(super) struct GuardedAnswer {
    beginning: VecDeque<Frame<Bytes>>,
    inner: Body,
    timer: Option<Pin<Box<Sleep>>>,
    ended: bool,
}

impl GuardedAnswer {
    pub(super) fn new(inner: Body, deadline: CallDeadline) -> Self {
        let timer = deadline.at().map(|at| Box::pin(sleep_until(at)));
        Self {
            beginning: VecDeque::new(),
            inner,
            timer,
            ended: false,
        }
    }

    /// The same with what has been read of it already.
    pub(super) fn after(mut self, beginning: VecDeque<Frame<Bytes>>) -> Self {
        self.beginning = beginning;
        self
    }

    /// The last frame: a status in place of whatever the service would have sent.
    fn end_with(&mut self, refusal: Refusal) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        self.ended = true;
        // Dropping the upstream's body tells the service that nobody waits any more.
        self.inner = Body::empty();
        let status = Status::from(refusal);
        let mut trailers = HeaderMap::new();
        Poll::Ready(Some(
            status
                .add_header(&mut trailers)
                .map(|()| Frame::trailers(trailers)),
        ))
    }

    fn time_is_over(&mut self, context: &mut Context<'_>) -> bool {
        self.timer
            .as_mut()
            .is_some_and(|timer| timer.as_mut().poll(context).is_ready())
    }
}

impl HttpBody for GuardedAnswer {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        if let Some(frame) = self.beginning.pop_front() {
            return Poll::Ready(Some(Ok(frame)));
        }
        match Pin::new(&mut self.inner).poll_frame(context) {
            Poll::Ready(Some(Err(_))) => self.end_with(broken_off()),
            Poll::Pending if self.time_is_over(context) => {
                self.end_with(DeadlineError::Elapsed.into())
            }
            polled => polled,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.ended || self.beginning.is_empty() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        if self.beginning.is_empty() {
            return self.inner.size_hint();
        }
        SizeHint::default()
    }
}

fn broken_off() -> Refusal {
    let message = "the service went away in the middle of its answer";
    Refusal::new(Code::Unavailable, ErrorReason::Unavailable, message)
        .retry_after(crate::upstream::RETRY_AFTER)
}
