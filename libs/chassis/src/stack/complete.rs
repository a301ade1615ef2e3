use std::pin::Pin;
use std::task::{Context, Poll, ready};

use contract::patron::r#type::v1::ErrorReason;
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use http_body::{Body as _, Frame};
use tonic::body::Body;
use tonic::{Code, Status};

use super::body::{AroundBody, Polled, wrap};
use super::{Around, Call, Handler, STATUS};
use crate::Refusal;

const MESSAGE: HeaderName = HeaderName::from_static("grpc-message");
const OK: HeaderValue = HeaderValue::from_static("0");

/// Gives every error that leaves exactly one `ErrorInfo`, also those that tonic makes itself, and
/// keeps back the text of those that were not made for callers.
#[derive(Clone)]
pub(super) struct Complete;

impl Around for Complete {
    async fn around(&self, call: Call, rest: &impl Handler) -> Response<Body> {
        let mut response = rest.handle(call).await;
        if response.headers().contains_key(STATUS) {
            complete(response.headers_mut());
            return response;
        }
        response.map(|body| wrap(body, Complete))
    }
}

impl AroundBody for Complete {
    fn poll(&mut self, body: Pin<&mut Body>, context: &mut Context<'_>) -> Polled {
        Poll::Ready(match ready!(body.poll_frame(context)) {
            Some(Ok(frame)) => match frame.into_trailers() {
                Ok(mut trailers) => {
                    complete(&mut trailers);
                    Some(Ok(Frame::trailers(trailers)))
                }
                Err(data) => Some(Ok(data)),
            },
            other => other,
        })
    }
}

fn complete(headers: &mut HeaderMap) {
    if headers.get(STATUS).is_none_or(|status| status == OK) {
        return;
    }
    let Some(status) = Status::from_header_map(headers) else {
        return;
    };
    headers.remove(MESSAGE);
    // The three headers of a status are always valid, so nothing is left out.
    if let Err(invalid) = presentable(&status).add_header(headers) {
        tracing::error!(error = %invalid, "an error can't be written");
    }
}

fn presentable(status: &Status) -> Status {
    let refusal = if status.details().is_empty() {
        bare(status)
    } else {
        Refusal::from_status(status)
    };
    Status::from(refusal)
}

/// A status that no handler has made with care.
fn bare(status: &Status) -> Refusal {
    match status.code() {
        Code::Internal if is_no_message(status.message()) => Refusal::new(
            Code::InvalidArgument,
            ErrorReason::InvalidArgument,
            "the call has no message that can be read",
        ),
        // Whatever it says, it was written for developers of Patron.
        Code::Internal | Code::Unknown | Code::DataLoss => {
            tracing::error!(error = %status.message(), "internal error");
            Refusal::new(Code::Internal, ErrorReason::Internal, "internal error")
        }
        // tonic's codes for a message beyond the limit: as it was sent, and as it was unpacked.
        Code::OutOfRange | Code::ResourceExhausted => Refusal::new(
            Code::ResourceExhausted,
            ErrorReason::TooLarge,
            status.message(),
        ),
        _ => Refusal::from_status(status),
    }
}

/// Whether tonic found no message in what the caller sent. It takes that for a fault of the server, and says in words
/// alone what it was; of what came back from another server it says something else.
fn is_no_message(text: &str) -> bool {
    text == "Missing request message." || text.ends_with("while sending request")
}
