//! A request body that can be sent more than once.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http_body::{Body as HttpBody, Frame};
use http_body_util::BodyExt as _;
use tonic::body::Body;

use super::BodyReadError;

/// Pieces below this are put together, but for the first: to keep one costs more than to copy it, and a client that
/// sends a body byte by byte would have it take many times its size.
const SMALL_BYTES: usize = 1024;

/// A body that was read whole, in the pieces in which it came: little of it is copied, however often it is sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pieces(VecDeque<Bytes>);

impl Pieces {
    /// Reads a body whole. What it announces is not asked for: a body that gRPC-Web sent as base64 announces its size
    /// before it is decoded.
    pub(crate) async fn read(mut body: Body, limit_bytes: usize) -> Result<Self, BodyReadError> {
        let (mut pieces, mut left) = (VecDeque::with_capacity(1), limit_bytes);
        let mut small = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| BodyReadError::Broken)?;
            let Ok(piece) = frame.into_data() else {
                continue;
            };
            let rest = left.checked_sub(piece.len());
            left = rest.ok_or(BodyReadError::TooLarge { limit_bytes })?;
            if piece.len() < SMALL_BYTES && !pieces.is_empty() {
                small.extend_from_slice(&piece);
                continue;
            }
            pieces.extend([small.split().freeze(), piece].into_iter().filter(is_some));
        }
        pieces.extend([small.freeze()].into_iter().filter(is_some));
        Ok(Self(pieces))
    }

    /// All of it at once: copied only when it came in more than one piece.
    pub(crate) fn into_bytes(mut self) -> Bytes {
        if self.0.len() < 2 {
            return self.0.pop_front().unwrap_or_default();
        }
        let mut whole = BytesMut::with_capacity(self.0.iter().map(Bytes::len).sum());
        while let Some(piece) = self.0.pop_front() {
            whole.extend_from_slice(&piece);
        }
        whole.freeze()
    }
}

/// Whether there is something in it.
fn is_some(piece: &Bytes) -> bool {
    !piece.is_empty()
}

impl HttpBody for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.pop_front().map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::StreamBody;
    use tonic::Status;

    use super::*;

    fn body(pieces: &[Bytes]) -> Body {
        let frames = pieces
            .iter()
            .cloned()
            .map(|piece| Ok::<_, Status>(Frame::data(piece)));
        let frames: Vec<_> = frames.collect();
        Body::new(StreamBody::new(futures_util::stream::iter(frames)))
    }

    #[tokio::test]
    async fn a_body_that_comes_byte_by_byte_is_kept_in_few_pieces_and_sent_as_it_came() {
        let tiny = |byte: u8| Bytes::from(vec![byte]);
        let large = Bytes::from(vec![b'-'; SMALL_BYTES]);
        let mut sent: Vec<Bytes> = (0..=u8::MAX).cycle().take(10_000).map(tiny).collect();
        sent.insert(5_000, large);
        let read = Pieces::read(body(&sent), 20_000).await.unwrap();
        assert!(read.0.len() <= 4, "{}", read.0.len());
        for _ in 0..2 {
            let again = read.clone().collect().await.unwrap().to_bytes();
            assert_eq!(again, sent.concat());
        }
        let refused = Pieces::read(body(&sent), 11_000).await.unwrap_err();
        assert!(matches!(
            refused,
            BodyReadError::TooLarge {
                limit_bytes: 11_000
            }
        ));
    }

    #[tokio::test]
    async fn a_body_that_comes_at_once_is_not_copied_and_nothing_is_nothing() {
        let one = Bytes::from_static(b"whole");
        let read = Pieces::read(body(std::slice::from_ref(&one)), 100)
            .await
            .unwrap();
        assert_eq!((read.0.len(), read.0[0].as_ptr()), (1, one.as_ptr()));
        let empty = Pieces::read(body(&[Bytes::new()]), 100).await.unwrap();
        assert!(empty.is_end_stream());
    }
}
