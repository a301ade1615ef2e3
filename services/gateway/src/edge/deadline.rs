//! How long a call may take.
//!
//! REST and gRPC callers say it in the same header, `grpc-timeout`: `500m` is half a second.

use std::time::Duration;

use chassis::Deadline;
use chassis::grpc_timeout::{self, MalformedTimeout};
use http::HeaderMap;
use thiserror::Error;
use tokio::time::Instant;

/// When a call must be over; none for streams without a limit of the caller's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CallDeadline(Option<Deadline>);

/// A call without time, or whose time cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum DeadlineError {
    #[error(transparent)]
    Malformed(#[from] MalformedTimeout),
    #[error("the call took longer than it was allowed to; its outcome is unknown")]
    Elapsed,
}

impl CallDeadline {
    /// The deadline of a unary call: the caller's, or else `default`, but never beyond `maximum`.
    pub(crate) fn unary(
        headers: &HeaderMap,
        default: Duration,
        maximum: Duration,
    ) -> Result<Self, DeadlineError> {
        let allowed = grpc_timeout::read(headers)?.unwrap_or(default).min(maximum);
        Ok(Self(Some(Deadline::after(allowed))))
    }

    /// The deadline of a stream: the caller's, if any. Streams such as the feed go on for ever.
    pub(crate) fn streaming(headers: &HeaderMap) -> Result<Self, DeadlineError> {
        Ok(Self(grpc_timeout::read(headers)?.map(Deadline::after)))
    }

    /// For who is held to it.
    pub(crate) fn known(self) -> Option<Deadline> {
        self.0
    }

    /// When it is over.
    pub(crate) fn at(self) -> Option<Instant> {
        self.0.map(Deadline::instant)
    }

    /// The time that is left.
    pub(crate) fn remaining(self) -> Option<Duration> {
        self.0.map(Deadline::remaining)
    }

    /// Tells the service how much time is left.
    pub(crate) fn write_to(self, headers: &mut HeaderMap) {
        if let Some(left) = self.remaining() {
            grpc_timeout::write(headers, left);
        }
    }

    /// Runs `work` until it is over.
    pub(crate) async fn run<F: Future>(self, work: F) -> Result<F::Output, DeadlineError> {
        match self.at() {
            None => Ok(work.await),
            Some(at) => tokio::time::timeout_at(at, work)
                .await
                .map_err(|_| DeadlineError::Elapsed),
        }
    }
}
