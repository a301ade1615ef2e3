//! The body of a gRPC answer on its way to the client.

use std::collections::VecDeque;
use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use chassis::Refusal;
use chassis::client::BodyWatch;
use contract::patron::r#type::v1::ErrorReason;
use http::HeaderMap;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::{Sleep, sleep_until};
use tonic::body::Body;
use tonic::{Code, Status};

use crate::edge::{self, CallDeadline, DeadlineError};

/// An answer that always ends with a status: when its time is over, and when the service goes away
/// in the middle of it. Otherwise the client would see a broken stream and have to guess.
pub(super) struct GuardedAnswer {
    beginning: VecDeque<Frame<Bytes>>,
    inner: Body,
    timer: Option<Pin<Box<Sleep>>>,
    /// The body that it answers, and how large that may be.
    request: Option<(BodyWatch, usize)>,
    ended: bool,
}

impl GuardedAnswer {
    pub(super) fn new(inner: Body, deadline: CallDeadline) -> Self {
        let timer = deadline.at().map(|at| Box::pin(sleep_until(at)));
        Self {
            beginning: VecDeque::new(),
            inner,
            timer,
            request: None,
            ended: false,
        }
    }

    /// The same for a request that may still be coming: when that fails, it is no fault of the service.
    pub(super) fn to(mut self, request: BodyWatch, limit_bytes: usize) -> Self {
        self.request = Some((request, limit_bytes));
        self
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

    fn broken_off(&self) -> Refusal {
        let request = self.request.as_ref();
        let failure = request.and_then(|(watch, limit)| edge::body_failure(watch, *limit));
        failure.map_or_else(broken_off, Refusal::from)
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
            Poll::Ready(Some(Err(_))) => {
                let refusal = self.broken_off();
                self.end_with(refusal)
            }
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

#[cfg(test)]
mod tests {
    use chassis::client::BodyEnd;
    use http_body_util::{BodyExt as _, StreamBody};

    use super::*;

    /// With what an answer ends that breaks off after its request has ended so.
    async fn status(end: Option<BodyEnd>) -> Option<Code> {
        let broken = Err::<Frame<Bytes>, _>(Status::internal("broken off"));
        let body = Body::new(StreamBody::new(futures_util::stream::iter([broken])));
        let watch = BodyWatch::default();
        if let Some(end) = end {
            watch.note(end);
        }
        let deadline = CallDeadline::streaming(&HeaderMap::new()).unwrap();
        let answer = GuardedAnswer::new(body, deadline).to(watch, 1000);
        let answer = answer.collect().await.unwrap();
        let status = answer.trailers()?.get(Status::GRPC_STATUS)?;
        Some(Code::from_bytes(status.as_bytes()))
    }

    #[tokio::test]
    async fn an_answer_that_breaks_off_says_whose_fault_it_is() {
        assert_eq!(status(None).await, Some(Code::Unavailable));
        let whole = status(Some(BodyEnd::Whole)).await;
        assert_eq!(whole, Some(Code::Unavailable));
        let broken = status(Some(BodyEnd::Broken)).await;
        assert_eq!(broken, Some(Code::InvalidArgument));
        let large = status(Some(BodyEnd::TooLarge)).await;
        assert_eq!(large, Some(Code::ResourceExhausted));
    }
}
