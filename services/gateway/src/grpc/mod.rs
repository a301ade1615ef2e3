//! gRPC passed through: bytes, metadata and trailers as they are, in both directions.
//!
//! Nothing is decoded. What the gateway adds are a token check, a bound on the time and on the size
//! of unary requests, another attempt where that is safe, and an error with a name when the service cannot be reached.

mod answer;
mod infrastructure;
mod safe;
mod web;

use std::sync::Arc;

use chassis::Refusal;
use chassis::client::BodyWatch;
use contract::patron::r#type::v1::ErrorReason;
use http::header::{ALLOW, HeaderValue};
use http::{HeaderMap, Method as HttpVerb, Request, Response, StatusCode, Uri};
use tonic::body::Body;
use tonic::{Code, Status};
use tower::ServiceExt as _;

use answer::GuardedAnswer;
pub(crate) use infrastructure::Infrastructure;
pub(crate) use web::serve_web;

use safe::SafeCall;

use crate::edge::{self, BodyReadError, Call, CallDeadline, LimitedBody, Pieces};
use crate::gateway::Gateway;
use crate::surface::Method;
use crate::upstream::{self, Target};

/// The five bytes before each message of a call.
const MESSAGE_PREFIX_BYTES: usize = 5;

/// Serves one gRPC call.
pub(crate) async fn serve(
    gateway: &Gateway,
    request: Request<Body>,
    call: &Call,
) -> Response<Body> {
    if request.method() != HttpVerb::POST {
        return only_post();
    }
    if Infrastructure::serves(request.uri().path()) {
        let answered = infrastructure::serve(gateway, request, call).await;
        return answered.unwrap_or_else(|refusal| Status::from(refusal).into_http());
    }
    match forward(gateway, request, call).await {
        Ok(response) => response,
        Err(refusal) => Status::from(refusal).into_http(),
    }
}

async fn forward(
    gateway: &Gateway,
    mut request: Request<Body>,
    call: &Call,
) -> Result<Response<Body>, Refusal> {
    let method = gateway
        .surface
        .method(request.uri().path())
        .ok_or_else(no_method)?;
    call.name(Arc::clone(&method.full_name));
    let admitted = gateway.admit(call, method, request.headers_mut()).await?;
    let deadline = admitted.deadline;
    let mut target = gateway.upstreams.for_grpc(method, request.headers())?;

    if method.rule.idempotent && !method.rule.streaming {
        let call = SafeCall::new(gateway, method, target, deadline);
        return deadline.run(call.send(request)).await?;
    }
    if method.rule.streaming && !method.descriptor.is_client_streaming() {
        // The answers may go on for ever; what asks for them has the time that any request has.
        let (parts, body) = request.into_parts();
        let read = admitted.asked_by.run(read_message(gateway, body));
        request = Request::from_parts(parts, Body::new(read.await??));
    }
    let (outbound, body) = outbound(gateway, method, request, deadline);
    let replicas = target.replicas.until(deadline.known());
    target.replicas = replicas.watching(body.clone());
    let answered = deadline.run(send(&target, outbound)).await?;
    let limit_bytes = gateway.limits.max_body_bytes;
    match answered {
        Ok(response) => Ok(response.map(|answer| {
            let answer = GuardedAnswer::new(answer, deadline);
            Body::new(answer.to(body, limit_bytes))
        })),
        Err(unreachable) => {
            let failure = edge::body_failure(&body, limit_bytes);
            Err(failure.map_or(unreachable, Refusal::from))
        }
    }
}

/// Reads the one message of a call.
async fn read_message(gateway: &Gateway, body: Body) -> Result<Pieces, BodyReadError> {
    let read = Pieces::read(body, message_limit_bytes(gateway)).await;
    read.map_err(|error| match error {
        // The limit that is told is that of the message alone.
        BodyReadError::TooLarge { .. } => BodyReadError::TooLarge {
            limit_bytes: gateway.limits.max_body_bytes,
        },
        error => error,
    })
}

/// How large a message may be with what stands before it.
fn message_limit_bytes(gateway: &Gateway) -> usize {
    let limit_bytes = gateway.limits.max_body_bytes;
    limit_bytes.saturating_add(MESSAGE_PREFIX_BYTES)
}

/// The call as it goes upstream.
fn outbound(
    gateway: &Gateway,
    method: &Method,
    request: Request<Body>,
    deadline: CallDeadline,
) -> (Request<Body>, BodyWatch) {
    let (parts, body) = request.into_parts();
    // A stream of requests has no size of its own; the service bounds each of its messages.
    let limit_bytes = if method.descriptor.is_client_streaming() {
        usize::MAX
    } else {
        message_limit_bytes(gateway)
    };
    let (body, watch) = LimitedBody::new(body, limit_bytes);
    let headers = edge::for_grpc(parts.headers);
    let outbound = addressed(method, headers, Body::new(body), deadline);
    (outbound, watch)
}

fn addressed(
    method: &Method,
    headers: HeaderMap,
    body: Body,
    deadline: CallDeadline,
) -> Request<Body> {
    let mut outbound = Request::new(body);
    *outbound.method_mut() = HttpVerb::POST;
    *outbound.uri_mut() = Uri::from(method.path.clone());
    *outbound.headers_mut() = headers;
    deadline.write_to(outbound.headers_mut());
    outbound
}

async fn send(target: &Target, request: Request<Body>) -> Result<Response<Body>, Refusal> {
    let sent = target.replicas.clone().oneshot(request).await;
    sent.map_err(|error| upstream::broken(&error, &target.role))
}

fn no_method() -> Refusal {
    Refusal::new(
        Code::Unimplemented,
        ErrorReason::MethodNotFound,
        "there is no such method",
    )
}

/// gRPC is always a POST; anything else is a mistake that no gRPC client makes.
fn only_post() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    response
        .headers_mut()
        .insert(ALLOW, HeaderValue::from_static("POST"));
    response
}

/// HTTP/1.1 has no trailers that clients can be relied on to read.
pub(crate) fn needs_http2() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::HTTP_VERSION_NOT_SUPPORTED;
    response
}
