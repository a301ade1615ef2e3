//! A body as lines.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use thiserror::Error;
use tonic::body::Body;

/// A line that could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum LineError {
    #[error("line {number} is longer than {limit_bytes} bytes")]
    TooLong { number: u64, limit_bytes: usize },
    #[error("the body broke off in line {number}")]
    Broken { number: u64 },
    #[error("nothing came for {seconds} seconds after line {number}")]
    Silent { number: u64, seconds: u64 },
}

/// The lines of a body, one after another; those that hold nothing are left out.
pub(super) struct Lines {
    body: Body,
    buffer: BytesMut,
    /// Bytes of the buffer that hold no end of a line.
    searched: usize,
    number: u64,
    ended: bool,
    limit_bytes: usize,
    patience: Duration,
}

/// One line, and its number from 1.
pub(super) struct Line {
    pub(super) number: u64,
    pub(super) text: Bytes,
}

impl Lines {
    /// Reads lines of at most `limit_bytes`, and waits for each byte at most as long as `patience`.
    pub(super) fn new(body: Body, limit_bytes: usize, patience: Duration) -> Self {
        Self {
            body,
            buffer: BytesMut::new(),
            searched: 0,
            number: 0,
            ended: false,
            limit_bytes,
            patience,
        }
    }

    /// The next line; `None` after the last.
    pub(super) async fn next(&mut self) -> Result<Option<Line>, LineError> {
        loop {
            while let Some(text) = self.take() {
                self.number += 1;
                if !text.trim_ascii().is_empty() {
                    let number = self.number;
                    return Ok(Some(Line { number, text }));
                }
            }
            if self.ended {
                return Ok(None);
            }
            self.fill().await?;
        }
    }

    /// A whole line out of the buffer; the last one needs no end.
    fn take(&mut self) -> Option<Bytes> {
        let unseen = self.buffer.get(self.searched..).unwrap_or_default();
        if let Some(place) = unseen.iter().position(|byte| *byte == b'\n') {
            let line = self.buffer.split_to(self.searched + place + 1);
            self.searched = 0;
            return Some(line.freeze());
        }
        self.searched = self.buffer.len();
        if self.ended && !self.buffer.is_empty() {
            self.searched = 0;
            return Some(self.buffer.split().freeze());
        }
        None
    }

    async fn fill(&mut self) -> Result<(), LineError> {
        let number = self.number + 1;
        if self.buffer.len() > self.limit_bytes {
            let limit_bytes = self.limit_bytes;
            return Err(LineError::TooLong {
                number,
                limit_bytes,
            });
        }
        let frame = tokio::time::timeout(self.patience, self.body.frame()).await;
        let silent = LineError::Silent {
            number: self.number,
            seconds: self.patience.as_secs(),
        };
        match frame.map_err(|_| silent)? {
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    self.buffer.extend_from_slice(&data);
                }
            }
            Some(Err(_)) => return Err(LineError::Broken { number }),
            None => self.ended = true,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(
        parts: &[&'static str],
        limit_bytes: usize,
    ) -> Result<Vec<(u64, Bytes)>, LineError> {
        let frames: Vec<_> = parts
            .iter()
            .map(|part| {
                Ok::<_, tonic::Status>(http_body::Frame::data(Bytes::from_static(part.as_bytes())))
            })
            .collect();
        let body = http_body_util::StreamBody::new(futures_util::stream::iter(frames));
        let mut lines = Lines::new(Body::new(body), limit_bytes, Duration::from_secs(1));
        let mut found = Vec::new();
        while let Some(line) = lines.next().await? {
            found.push((line.number, Bytes::copy_from_slice(line.text.trim_ascii())));
        }
        Ok(found)
    }

    #[tokio::test]
    async fn lines_are_found_however_the_body_is_cut() {
        let whole = vec![
            (1, Bytes::from_static(b"one")),
            (3, Bytes::from_static(b"three")),
            (4, Bytes::from_static(b"four")),
        ];
        assert_eq!(read(&["one\r\n\nthree\nfour"], 100).await.unwrap(), whole);
        assert_eq!(
            read(&["o", "ne\n", "\nthr", "", "ee", "\nfour\n"], 100)
                .await
                .unwrap(),
            whole
        );
        assert_eq!(read(&[], 100).await.unwrap(), []);
    }

    #[tokio::test]
    async fn a_line_beyond_the_limit_is_named() {
        let error = read(
            &["short\n", "longer than ", "twenty bytes", " and more\n"],
            20,
        )
        .await;
        let (number, limit_bytes) = (2, 20);
        assert_eq!(
            error,
            Err(LineError::TooLong {
                number,
                limit_bytes
            })
        );
    }
}
