use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::Context;

use contract::patron::r#type::v1::ErrorReason;
use futures_util::FutureExt as _;
use http::Response;
use http_body::Body as _;
use prometheus_client::metrics::counter::Counter;
use tonic::body::Body;
use tonic::{Code, Status};

use super::body::{AroundBody, Polled, error_trailers, wrap};
use super::{Around, Call, Handler, refuse};
use crate::Refusal;
use crate::metrics::Registry;

/// Turns a panic into INTERNAL.
#[derive(Clone)]
pub(super) struct CatchPanics {
    caught: Counter,
}

impl CatchPanics {
    pub(super) fn new(registry: &Registry) -> Self {
        let caught = Counter::default();
        registry.register(
            "rpc_server_panics",
            "Calls that ended in a panic",
            caught.clone(),
        );
        Self { caught }
    }

    fn refusal(&self, panic: &(dyn Any + Send)) -> Refusal {
        self.caught.inc();
        tracing::error!(panic.message = message(panic), "a handler panicked");
        Refusal::new(Code::Internal, ErrorReason::Internal, "internal error")
    }
}

impl Around for CatchPanics {
    async fn around(&self, call: Call, rest: &impl Handler) -> Response<Body> {
        let is_streaming = call.is_streaming();
        // Whatever the handler has touched is dropped with it, or is behind a lock or a
        // transaction, which notice; nothing half-changed is used again.
        match AssertUnwindSafe(rest.handle(call)).catch_unwind().await {
            Ok(response) if is_streaming => response.map(|body| {
                wrap(
                    body,
                    GuardedBody {
                        panics: self.clone(),
                        ended: false,
                    },
                )
            }),
            Ok(response) => response,
            Err(panic) => refuse(self.refusal(panic.as_ref())),
        }
    }
}

/// A literal message is part of the program and may be logged; a formatted one may hold anything,
/// also personal data, and may not. The panic hook tells the place in either case.
fn message(panic: &(dyn Any + Send)) -> &'static str {
    panic
        .downcast_ref::<&'static str>()
        .copied()
        .unwrap_or("[withheld]")
}

/// The parts of a stream are made after the handler has returned.
struct GuardedBody {
    panics: CatchPanics,
    ended: bool,
}

impl AroundBody for GuardedBody {
    fn poll(&mut self, body: Pin<&mut Body>, context: &mut Context<'_>) -> Polled {
        if self.ended {
            return std::task::Poll::Ready(None);
        }
        catch_unwind(AssertUnwindSafe(|| body.poll_frame(context))).unwrap_or_else(|panic| {
            self.ended = true;
            error_trailers(&Status::from(self.panics.refusal(panic.as_ref())))
        })
    }
}
