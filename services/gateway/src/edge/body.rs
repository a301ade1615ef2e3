//! Bounds on request bodies.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use chassis::client::{BodyEnd, BodyWatch};
use http_body::{Body as HttpBody, Frame, SizeHint};
use thiserror::Error;
use tonic::body::Body;

use super::Pieces;

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
    Ok(Pieces::read(body, limit_bytes).await?.into_bytes())
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use http_body_util::StreamBody;

    use super::*;

    /// A byte that counts as one that is kept until it is dropped.
    struct Kept(Arc<AtomicUsize>);

    impl AsRef<[u8]> for Kept {
        fn as_ref(&self) -> &[u8] {
            b"x"
        }
    }

    impl Drop for Kept {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::Relaxed);
        }
    }

    #[tokio::test]
    async fn a_body_that_comes_byte_by_byte_is_kept_in_few_pieces() {
        let (kept, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let frames = (0..10_000).map({
            let (kept, most) = (Arc::clone(&kept), Arc::clone(&most));
            move |_| {
                let now = kept.fetch_add(1, Ordering::Relaxed);
                most.fetch_max(now, Ordering::Relaxed);
                let byte = Bytes::from_owner(Kept(Arc::clone(&kept)));
                Ok::<_, tonic::Status>(Frame::data(byte))
            }
        });
        let body = Body::new(StreamBody::new(futures_util::stream::iter(frames)));
        let read = read_whole(body, 10_000).await.unwrap();
        assert_eq!(read, vec![b'x'; 10_000]);
        let most = most.load(Ordering::Relaxed);
        assert!(most < 4, "{most} pieces at once");
    }
}
