//! Errors on their way to an HTTP client.

mod challenge;
mod convert;

use bytes::Bytes;
use chassis::Refusal;
use contract::patron::r#type::v1::ErrorReason;
use http::header::{ALLOW, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{Method, Response, StatusCode};
use prost_reflect::{DynamicMessage, MessageDescriptor};
use tonic::Code;
use tonic::body::Body;

use crate::gzip;
use crate::json::Json;

/// nginx's status for a call that the client itself gave up; HTTP has none.
const CLIENT_CLOSED_REQUEST: u16 = 499;

/// A refusal with what HTTP wants to know besides.
#[derive(Debug)]
pub(crate) struct Problem {
    refusal: Refusal,
    status: StatusCode,
    allow: Vec<Method>,
    /// It is the coding of the body.
    is_coding: bool,
}

impl Problem {
    /// Answers with a status other than the one that follows from the code.
    fn with_status(refusal: Refusal, status: StatusCode) -> Self {
        Self {
            refusal,
            status,
            allow: Vec::new(),
            is_coding: false,
        }
    }

    /// There is no such route.
    pub(crate) fn no_route() -> Self {
        let message = "there is no such route; /openapi.json lists them all";
        Refusal::new(Code::NotFound, ErrorReason::MethodNotFound, message).into()
    }

    /// The route exists, for other HTTP methods.
    pub(crate) fn wrong_method(allow: Vec<Method>) -> Self {
        let message = "the route does not take this HTTP method";
        let refusal = Refusal::new(Code::Unimplemented, ErrorReason::MethodNotFound, message);
        Self {
            refusal,
            status: StatusCode::METHOD_NOT_ALLOWED,
            allow,
            is_coding: false,
        }
    }

    /// The body is of a type, or with `is_coding` in a coding, that is not taken.
    fn unsupported(refusal: Refusal, is_coding: bool) -> Self {
        Self {
            is_coding,
            ..Self::with_status(refusal, StatusCode::UNSUPPORTED_MEDIA_TYPE)
        }
    }

    /// The headers are larger than the limit.
    pub(crate) fn headers_too_large(limit_bytes: usize) -> Self {
        let message = format!("the headers are larger than {limit_bytes} bytes");
        let refusal = Refusal::new(Code::ResourceExhausted, ErrorReason::TooLarge, message);
        Self::with_status(refusal, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE)
    }

    /// Names the line of the body that it is about.
    pub(crate) fn in_line(mut self, number: u64) -> Self {
        self.refusal = self.refusal.metadata("line", number.to_string());
        self
    }

    /// The gRPC code, for metrics.
    pub(crate) fn code(&self) -> Code {
        self.refusal.code()
    }

    /// The same for a caller that speaks gRPC.
    pub(crate) fn into_status(self) -> tonic::Status {
        self.refusal.into()
    }

    /// The HTTP answer: `google.rpc.Status` as JSON.
    pub(crate) fn into_response(self, rpc_status: Option<&MessageDescriptor>) -> Response<Body> {
        let body = to_json(&self.refusal, rpc_status);
        let mut response = Response::new(Body::new(http_body_util::Full::new(body)));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(challenge) = challenge::challenge(&self.refusal, self.status) {
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
        if let Some(delay) = self.refusal.retry_delay() {
            // Whole seconds, rounded up: coming back early would only be refused again.
            let seconds = delay.as_secs() + u64::from(delay.subsec_nanos() > 0);
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.is_coding {
            let (name, taken) = gzip::TAKEN;
            headers.insert(name, taken);
        }
        if self.status == StatusCode::METHOD_NOT_ALLOWED {
            let allow: Vec<&str> = self.allow.iter().map(Method::as_str).collect();
            if let Ok(value) = HeaderValue::from_str(&allow.join(", ")) {
                headers.insert(ALLOW, value);
            }
        }
        response
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let status = http_status(&refusal);
        Self::with_status(refusal, status)
    }
}

/// The JSON of a refusal. Without the descriptor, or when a detail cannot be written, at least code
/// and message: an error must always reach the caller as one.
pub(crate) fn to_json(refusal: &Refusal, rpc_status: Option<&MessageDescriptor>) -> Bytes {
    let whole = rpc_status
        .and_then(|known| DynamicMessage::decode(known.clone(), refusal.to_stored()).ok())
        .and_then(|message| serde_json::to_vec(&Json(&message)).ok());
    let bare = || {
        let bare = serde_json::json!({
            "code": i32::from(refusal.code()),
            "message": refusal.message(),
            "details": [],
        });
        bare.to_string().into_bytes()
    };
    whole.unwrap_or_else(bare).into()
}

/// The mapping that `google/rpc/code.proto` documents, and the two reasons that HTTP tells apart.
fn http_status(refusal: &Refusal) -> StatusCode {
    if refusal.is(ErrorReason::TooLarge) {
        return StatusCode::PAYLOAD_TOO_LARGE;
    }
    match refusal.code() {
        Code::Ok => StatusCode::OK,
        Code::Cancelled => {
            StatusCode::from_u16(CLIENT_CLOSED_REQUEST).unwrap_or(StatusCode::BAD_REQUEST)
        }
        Code::InvalidArgument | Code::FailedPrecondition | Code::OutOfRange => {
            StatusCode::BAD_REQUEST
        }
        Code::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::AlreadyExists | Code::Aborted => StatusCode::CONFLICT,
        Code::PermissionDenied => StatusCode::FORBIDDEN,
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
        Code::Unimplemented => StatusCode::NOT_IMPLEMENTED,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::Unknown | Code::Internal | Code::DataLoss => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

#[cfg(test)]
mod tests;
