use std::pin::Pin;
use std::sync::Arc;
use std::task::Context;

use http::Response;
use http_body::Body as _;
use tonic::body::Body;
use tracing::{Span, field};

use super::body::{AroundBody, Polled, wrap};
use super::{Around, Call, Handler, Target};
use crate::telemetry::Activity;

/// Continues the caller's trace, or begins one, and runs the call within it.
#[derive(Clone)]
pub(super) struct Scoped {
    service: Arc<str>,
}

impl Scoped {
    pub(super) fn new(service: Arc<str>) -> Self {
        Self { service }
    }
}

impl Around for Scoped {
    async fn around(&self, call: Call, rest: &impl Handler) -> Response<Body> {
        let role = Arc::clone(&self.service);
        let activity = Activity::received(role, span(&call.target), call.http.headers());
        let is_streaming = call.is_streaming();
        let response = activity.run(rest.handle(call)).await;
        if !is_streaming {
            return response;
        }
        response.map(|body| wrap(body, ScopedBody(activity)))
    }
}

fn span(target: &Target) -> Span {
    let (service, method) = match target {
        Target::Declared(method) => (method.service.as_str(), method.name.as_str()),
        Target::Infrastructure => ("infrastructure", ""),
        Target::Unknown => ("unknown", ""),
    };
    tracing::info_span!(
        "rpc",
        otel.name = %format_args!("{service}/{method}"),
        otel.kind = "server",
        rpc.system = "grpc",
        rpc.service = service,
        rpc.method = method,
        rpc.grpc.status_code = field::Empty,
    )
}

/// The parts of a stream are made after the handler has returned, so they need the scope again.
struct ScopedBody(Activity);

impl AroundBody for ScopedBody {
    fn poll(&mut self, body: Pin<&mut Body>, context: &mut Context<'_>) -> Polled {
        self.0.enter(|| body.poll_frame(context))
    }
}
