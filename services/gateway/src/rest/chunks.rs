//! A body as the pieces in which it comes, for streams of `google.api.HttpBody`.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use tonic::body::Body;

use crate::edge::BodyReadError;

/// The pieces of a body, at least one, which is empty when the body is.
pub(super) struct Chunks {
    body: Body,
    left: Bytes,
    begun: bool,
    limit_bytes: usize,
    patience: Duration,
}

impl Chunks {
    /// Gives pieces of at most `limit_bytes`, and waits for each at most as long as `patience`.
    pub(super) fn new(body: Body, limit_bytes: usize, patience: Duration) -> Self {
        Self {
            body,
            left: Bytes::new(),
            begun: false,
            limit_bytes: limit_bytes.max(1),
            patience,
        }
    }

    /// The next piece; none at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, BodyReadError> {
        while self.left.is_empty() {
            match self.frame().await? {
                Some(data) => self.left = data,
                None if self.begun => return Ok(None),
                None => break,
            }
        }
        self.begun = true;
        let size = self.left.len().min(self.limit_bytes);
        Ok(Some(self.left.split_to(size)))
    }

    /// What comes next; nothing of a frame that is no data.
    async fn frame(&mut self) -> Result<Option<Bytes>, BodyReadError> {
        let frame = tokio::time::timeout(self.patience, self.body.frame()).await;
        let seconds = self.patience.as_secs();
        match frame.map_err(|_| BodyReadError::Silent { seconds })? {
            Some(Ok(frame)) => Ok(Some(frame.into_data().unwrap_or_default())),
            Some(Err(_)) => Err(BodyReadError::Broken),
            None => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(parts: &[&'static str]) -> Vec<Bytes> {
        let frames = parts.iter().map(|part| {
            Ok::<_, tonic::Status>(http_body::Frame::data(Bytes::from_static(part.as_bytes())))
        });
        let frames: Vec<_> = frames.collect();
        let body = http_body_util::StreamBody::new(futures_util::stream::iter(frames));
        let mut chunks = Chunks::new(Body::new(body), 4, Duration::from_secs(1));
        let mut found = Vec::new();
        while let Some(chunk) = chunks.next().await.unwrap() {
            found.push(chunk);
        }
        found
    }

    #[tokio::test]
    async fn pieces_come_as_they_are_but_no_larger_than_the_limit() {
        assert_eq!(read(&["one", "", "three"]).await, ["one", "thre", "e"]);
        assert_eq!(read(&[]).await, [""]);
    }
}
