//! Bounds on request bodies.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use chassis::client::{BodyEnd, BodyWatch};
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use thiserror::Error;
use tonic::body::Body;

/// A request body that could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum BodyReadError {
    #[error("the request body is larger than {limit_bytes} bytes")]
    TooLarge { limit_bytes: usize },
    #[error("the request body broke off")]
    Broken,
    #[error("nothing of the request body came for {seconds} seconds")]
    Silent { seconds: u64 },
}

/// Reads a body whole. One that announces its excess is refused before it is read.
pub(crate) async fn read_whole(body: Body, limit_bytes: usize) -> Result<Bytes, BodyReadError> {
    let announced = body.size_hint().lower();
    if usize::try_from(announced).map_or(true, |announced| announced > limit_bytes) {
        return Err(BodyReadError::TooLarge { limit_bytes });
    }
    match Limited::new(body, limit_bytes).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(BodyReadError::TooLarge { limit_bytes })
        }
        Err(_) => Err(BodyReadError::Broken),
    }
}

/// A body that is passed on frame by frame up to a limit. Beyond it the body breaks off, which ends
/// the call upstream, and the [`BodyWatch`] tells why.
pub(crate) struct LimitedBody {
    inner: Body,
    remaining: usize,
    watch: BodyWatch,
}

impl LimitedBody {
    /// Limits a body.
    pub(crate) fn new(inner: Body, limit_bytes: usize) -> (Self, BodyWatch) {
        let watch = BodyWatch::default();
        let limited = Self {
            inner,
            remaining: limit_bytes,
            watch: watch.clone(),
        };
        limited.note_end();
        (limited, watch)
    }

    /// A body that says that it is over is not asked again.
    fn note_end(&self) {
        if self.inner.is_end_stream() {
            self.watch.note(BodyEnd::Whole);
        }
    }

    /// Ends it when this is more than it may have.
    fn take(&mut self, frame: Frame<Bytes>) -> Result<Frame<Bytes>, tonic::Status> {
        let size = frame.data_ref().map_or(0, Bytes::len);
        let Some(remaining) = self.remaining.checked_sub(size) else {
            self.watch.note(BodyEnd::TooLarge);
            let status = tonic::Status::resource_exhausted("request body too large");
            return Err(status);
        };
        self.remaining = remaining;
        self.note_end();
        Ok(frame)
    }
}

/// What the caller is told of a body that failed; none when it did not.
pub(crate) fn body_failure(watch: &BodyWatch, limit_bytes: usize) -> Option<BodyReadError> {
    match watch.end()? {
        BodyEnd::Whole => None,
        BodyEnd::Broken => Some(BodyReadError::Broken),
        BodyEnd::TooLarge => Some(BodyReadError::TooLarge { limit_bytes }),
    }
}

impl HttpBody for LimitedBody {
    type Data = Bytes;
    type Error = tonic::Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, tonic::Status>>> {
        match Pin::new(&mut self.inner).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => Poll::Ready(Some(self.take(frame))),
            Poll::Ready(None) => {
                self.watch.note(BodyEnd::Whole);
                Poll::Ready(None)
            }
            Poll::Ready(Some(Err(error))) => {
                self.watch.note(BodyEnd::Broken);
                Poll::Ready(Some(Err(error)))
            }
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    /// Never told: a body that gRPC-Web sent as base64 announces its size before it is decoded, and the
    /// service would wait for what never comes.
    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}
