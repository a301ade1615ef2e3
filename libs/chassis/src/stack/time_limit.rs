use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use contract::patron::r#type::v1::ErrorReason;
use http::{HeaderMap, Response};
use http_body::Body as _;
use tokio::time::{Sleep, sleep_until, timeout_at};
use tonic::body::Body;
use tonic::{Code, Status};

use super::body::{AroundBody, Polled, error_trailers, wrap};
use super::{Around, Call, Handler, refuse};
use crate::config::ServerConfig;
use crate::grpc_timeout::{self, MalformedTimeout};
use crate::{Deadline, Refusal, scope};

/// Gives every unary call a deadline, and every stream the one that it asks for; ends the call when
/// it has passed.
#[derive(Clone)]
pub(super) struct TimeLimit {
    default: Duration,
    longest: Duration,
}

impl TimeLimit {
    pub(super) fn new(config: &ServerConfig) -> Self {
        Self {
            default: Duration::from_millis(config.default_deadline_ms),
            longest: Duration::from_millis(config.max_deadline_ms),
        }
    }

    fn deadline(
        &self,
        headers: &HeaderMap,
        is_streaming: bool,
    ) -> Result<Option<Deadline>, MalformedTimeout> {
        let asked = grpc_timeout::read(headers)?;
        let allowed = if is_streaming {
            asked
        } else {
            Some(asked.unwrap_or(self.default).min(self.longest))
        };
        Ok(allowed.map(Deadline::after))
    }
}

impl Around for TimeLimit {
    async fn around(&self, mut call: Call, rest: &impl Handler) -> Response<Body> {
        let is_streaming = call.is_streaming();
        let deadline = match self.deadline(call.http.headers(), is_streaming) {
            Ok(Some(deadline)) if deadline.has_passed() => return refuse(expired()),
            Ok(Some(deadline)) => deadline,
            Ok(None) => return rest.handle(call).await,
            Err(malformed) => return refuse(unreadable(malformed)),
        };
        call.http.extensions_mut().insert(deadline);
        let handling = scope::with_deadline(deadline, rest.handle(call));
        match timeout_at(deadline.instant(), handling).await {
            Ok(response) if is_streaming => response.map(|body| {
                wrap(
                    body,
                    LimitedBody {
                        timer: Box::pin(sleep_until(deadline.instant())),
                        over: false,
                    },
                )
            }),
            Ok(response) => response,
            Err(_) => refuse(expired()),
        }
    }
}

fn expired() -> Refusal {
    let message = "the deadline has passed; whether the call had an effect is not known";
    Refusal::new(
        Code::DeadlineExceeded,
        ErrorReason::DeadlineExceeded,
        message,
    )
}

fn unreadable(malformed: MalformedTimeout) -> Refusal {
    let refusal = Refusal::new(
        Code::InvalidArgument,
        ErrorReason::InvalidArgument,
        malformed.to_string(),
    );
    refusal.metadata("header", grpc_timeout::HEADER.as_str())
}

/// A stream that ends at its deadline.
struct LimitedBody {
    timer: Pin<Box<Sleep>>,
    over: bool,
}

impl AroundBody for LimitedBody {
    fn poll(&mut self, body: Pin<&mut Body>, context: &mut Context<'_>) -> Polled {
        if self.over {
            return Poll::Ready(None);
        }
        if let Poll::Ready(frame) = body.poll_frame(context) {
            return Poll::Ready(frame);
        }
        if self.timer.as_mut().poll(context).is_pending() {
            return Poll::Pending;
        }
        self.over = true;
        error_trailers(&Status::from(expired()))
    }
}
