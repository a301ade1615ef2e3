//! A request body that can be sent more than once.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame};
use http_body_util::BodyExt as _;
use tonic::body::Body;

use super::BodyReadError;

/// A body that was read whole, in the pieces in which it came: nothing of it is copied, however often it is sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pieces(VecDeque<Bytes>);

impl Pieces {
    /// Reads a body whole. What it announces is not asked for: a body that gRPC-Web sent as base64 announces its size
    /// before it is decoded.
    pub(crate) async fn read(mut body: Body, limit_bytes: usize) -> Result<Self, BodyReadError> {
        let (mut pieces, mut left) = (VecDeque::with_capacity(1), limit_bytes);
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| BodyReadError::Broken)?;
            let Ok(piece) = frame.into_data() else {
                continue;
            };
            let rest = left.checked_sub(piece.len());
            left = rest.ok_or(BodyReadError::TooLarge { limit_bytes })?;
            if !piece.is_empty() {
                pieces.push_back(piece);
            }
        }
        Ok(Self(pieces))
    }
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
