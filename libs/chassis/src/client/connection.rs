use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use access::MethodRules;
use contract::patron::r#type::v1::ErrorReason;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use tokio::time::timeout_at;
use tonic::body::Body;
use tonic::{Code, Status};
use tower::{Service, ServiceExt as _};

use super::identity::Identity;
use super::replicas::{CallError, Replicas};
use super::retry::{Attempts, RetrySettings};
use crate::{Deadline, Refusal, grpc_timeout, scope};

/// What is kept of the remaining time for the way there and back, so that this role can still
/// answer when the other one takes all that it is given.
const HOP_ALLOWANCE: Duration = Duration::from_millis(5);

/// When a caller may try again after a peer could not be reached.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// A connection to another role: the transport of generated clients. Cheap to clone.
#[derive(Clone)]
pub struct Connection {
    replicas: Replicas,
    retries: RetrySettings,
    identity: Identity,
    rules: Arc<MethodRules>,
    default_deadline: Duration,
}

impl Connection {
    pub(super) fn new(
        replicas: Replicas,
        identity: Identity,
        rules: Arc<MethodRules>,
        retries: RetrySettings,
        default_deadline: Duration,
    ) -> Self {
        Self {
            replicas,
            retries,
            identity,
            rules,
            default_deadline,
        }
    }

    async fn send(self, mut request: Request<Body>) -> Result<Response<Body>, Status> {
        self.identity
            .add_to(request.headers_mut())
            .map_err(Refusal::internal)?;
        let method = self.rules.get(request.uri().path());
        let is_unary = method.is_some_and(|method| !method.streaming);
        let is_retried = is_unary && method.is_some_and(|method| method.idempotent);
        let Some(deadline) = self.deadline(&request, is_unary)? else {
            return self.replicas.oneshot(request).await.map_err(failed);
        };
        if deadline.has_passed() {
            return Err(expired());
        }
        grpc_timeout::write(request.headers_mut(), deadline.remaining());
        // A stream of requests may be what takes long.
        let replicas = self.replicas.until(is_unary.then_some(deadline));
        let answering = if is_retried {
            retried(self.retries.around(replicas), request).boxed()
        } else {
            replicas
                .oneshot(request)
                .map(|answer| answer.map_err(failed))
                .boxed()
        };
        timeout_at(deadline.instant(), answering)
            .await
            .unwrap_or_else(|_| Err(expired()))
    }

    /// The least of: what is left of the call that this one is part of, what the request itself
    /// asks for, and, for unary calls without either, the default.
    fn deadline(
        &self,
        request: &Request<Body>,
        is_unary: bool,
    ) -> Result<Option<Deadline>, Status> {
        let asked = grpc_timeout::read(request.headers()).map_err(Refusal::internal)?;
        let left = scope::with_current(|scope| scope.deadline).flatten();
        let left = left.map(|deadline| deadline.remaining().saturating_sub(HOP_ALLOWANCE));
        let least = match (asked, left) {
            (Some(asked), Some(left)) => Some(asked.min(left)),
            (asked, left) => asked.or(left),
        };
        let default = is_unary.then_some(self.default_deadline);
        Ok(least.or(default).map(Deadline::after))
    }
}

/// Keeps the request's one message, so that it can be sent again.
async fn retried(attempts: Attempts, request: Request<Body>) -> Result<Response<Body>, Status> {
    let (head, body) = request.into_parts();
    let message = body.collect().await?.to_bytes();
    attempts
        .oneshot(Request::from_parts(head, message.into()))
        .await
}

impl Service<Request<Body>> for Connection {
    type Response = Response<Body>;
    type Error = Status;
    type Future = BoxFuture<'static, Result<Response<Body>, Status>>;

    /// Always ready: each call waits for the channel within its own deadline.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        self.clone().send(request).boxed()
    }
}

fn expired() -> Status {
    let message = "the deadline has passed while another service was asked";
    Refusal::new(
        Code::DeadlineExceeded,
        ErrorReason::DeadlineExceeded,
        message,
    )
    .into()
}

/// What a broken or refused connection means to callers.
#[expect(
    clippy::needless_pass_by_value,
    reason = "maps errors, which come by value"
)]
pub(super) fn failed(error: CallError) -> Status {
    tracing::debug!(error = ?error, "another service can't be reached");
    let message = "a service that is needed can't be reached";
    let refusal = Refusal::new(Code::Unavailable, ErrorReason::Unavailable, message);
    refusal.retry_after(RETRY_AFTER).into()
}
