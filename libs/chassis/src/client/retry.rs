use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http::{Request, Response};
use http_body_util::Full;
use tokio::time::Sleep;
use tonic::body::Body;
use tonic::{Code, Status};
use tower::retry::backoff::{
    Backoff as _, ExponentialBackoff, ExponentialBackoffMaker, InvalidBackoff, MakeBackoff as _,
};
use tower::retry::budget::{Budget as _, TpsBudget};
use tower::retry::{Policy, Retry};
use tower::util::rng::HasherRng;
use tower::{Service, ServiceExt as _};

use super::connection::failed;
use super::replicas::Replicas;
use crate::config::ClientConfig;

/// At most this part of all calls is sent again, so that an outage is not answered with a flood …
const BUDGET_SHARE: f32 = 0.2;
/// … but always this many a second, so that quiet roles may retry, too …
const BUDGET_MINIMUM_PER_SECOND: u32 = 5;
/// … counted over this time.
const BUDGET_WINDOW: Duration = Duration::from_secs(10);
/// Each wait is up to this part longer or shorter.
const JITTER: f64 = 0.5;

/// The settings for retries contradict each other.
#[derive(Debug, thiserror::Error)]
#[error("client.retry_initial_ms must be more than 0 and at most client.retry_max_ms")]
pub struct RetrySettingsError(#[source] InvalidBackoff);

/// How calls to one peer are retried. The budget is the peer's.
#[derive(Clone)]
pub(super) struct RetrySettings(Patience);

/// Sends an idempotent unary call, again if need be.
pub(super) type Attempts = Retry<Patience, Attempt>;

impl RetrySettings {
    pub(super) fn new(config: &ClientConfig) -> Result<Self, RetrySettingsError> {
        let mut backoff = ExponentialBackoffMaker::new(
            Duration::from_millis(config.retry_initial_ms),
            Duration::from_millis(config.retry_max_ms),
            JITTER,
            HasherRng::new(),
        )
        .map_err(RetrySettingsError)?;
        let budget = TpsBudget::new(BUDGET_WINDOW, BUDGET_MINIMUM_PER_SECOND, BUDGET_SHARE);
        Ok(Self(Patience {
            left: config.max_retries,
            backoff: backoff.make_backoff(),
            budget: Arc::new(budget),
        }))
    }

    pub(super) fn around(self, replicas: Replicas) -> Attempts {
        Retry::new(self.0, Attempt(replicas))
    }
}

/// What one call may still do.
#[derive(Clone)]
pub(super) struct Patience {
    left: u32,
    backoff: ExponentialBackoff,
    budget: Arc<TpsBudget>,
}

impl Policy<Request<Full<Bytes>>, Response<Body>, Status> for Patience {
    type Future = Sleep;

    fn retry(
        &mut self,
        _: &mut Request<Full<Bytes>>,
        answer: &mut Result<Response<Body>, Status>,
    ) -> Option<Sleep> {
        if !is_unavailable(answer) {
            self.budget.deposit();
            return None;
        }
        self.left = self.left.checked_sub(1)?;
        self.budget.withdraw().then(|| self.backoff.next_backoff())
    }

    fn clone_request(&mut self, request: &Request<Full<Bytes>>) -> Option<Request<Full<Bytes>>> {
        Some(request.clone())
    }
}

fn is_unavailable(answer: &Result<Response<Body>, Status>) -> bool {
    let code = match answer {
        Ok(response) => response
            .headers()
            .get("grpc-status")
            .map(|c| Code::from_bytes(c.as_bytes())),
        Err(status) => Some(status.code()),
    };
    code == Some(Code::Unavailable)
}

/// Sends a call once.
#[derive(Clone)]
pub(super) struct Attempt(Replicas);

impl Service<Request<Full<Bytes>>> for Attempt {
    type Response = Response<Body>;
    type Error = Status;
    type Future = BoxFuture<'static, Result<Response<Body>, Status>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Full<Bytes>>) -> Self::Future {
        let sending = self.0.clone().oneshot(request.map(Body::new));
        sending.map(|answer| answer.map_err(failed)).boxed()
    }
}
