//! The body of a REST call into the request message.

use std::borrow::Cow;

use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderValue};
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value};
use thiserror::Error;

use crate::json::{self, JsonError};
use crate::surface::{Binding, BodyRule};

/// The message that stands for a body of any type.
const HTTP_BODY: &str = "google.api.HttpBody";

/// A body that cannot be taken.
#[derive(Debug, Error)]
pub(crate) enum BodyError {
    #[error("the body must be application/json, not {content_type}")]
    MediaType { content_type: String },
    #[error("the body must be gzip or not encoded, and in a stream not encoded; it is {encoding}")]
    Encoded { encoding: String },
    #[error("this method takes no body")]
    Unexpected,
    #[error(transparent)]
    Json(#[from] JsonError),
}

/// Makes the request message with what the body gives.
pub(crate) fn read(
    binding: &Binding,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<DynamicMessage, BodyError> {
    let request = binding.method.descriptor.input();
    check_encoding(headers)?;
    match &binding.body {
        BodyRule::None => nothing(&request, body),
        BodyRule::All if is_http_body(&request) => Ok(raw(request, headers, body)),
        BodyRule::All => {
            check_media_type(binding, headers, body)?;
            let body = if is_blank(body) { b"{}" } else { body };
            Ok(json::decode(&request, "", body)?)
        }
        BodyRule::Field(field) => one_field(request, binding, field, headers, body),
    }
}

/// Some clients send `{}` where there is nothing to say.
fn nothing(request: &MessageDescriptor, body: &[u8]) -> Result<DynamicMessage, BodyError> {
    if is_blank(body) || body.trim_ascii() == b"{}" {
        return Ok(DynamicMessage::new(request.clone()));
    }
    Err(BodyError::Unexpected)
}

fn one_field(
    request: MessageDescriptor,
    binding: &Binding,
    field: &FieldDescriptor,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<DynamicMessage, BodyError> {
    let mut message = DynamicMessage::new(request);
    match single_message(field) {
        Some(descriptor) if is_http_body(&descriptor) => {
            message.set_field(field, Value::Message(raw(descriptor, headers, body)));
        }
        // Left unset: whether the field may be missing is for the contract's own rules to say.
        _ if is_blank(body) => {}
        Some(descriptor) => {
            check_media_type(binding, headers, body)?;
            let value = json::decode(&descriptor, field.name(), body)?;
            message.set_field(field, Value::Message(value));
        }
        None => {
            check_media_type(binding, headers, body)?;
            json::decode_field(&mut message, field, body)?;
        }
    }
    Ok(message)
}

/// Whether the body is bytes as they are, not JSON.
pub(super) fn takes_raw(binding: &Binding) -> bool {
    match &binding.body {
        BodyRule::None => false,
        BodyRule::All => is_http_body(&binding.method.descriptor.input()),
        BodyRule::Field(field) => single_message(field).is_some_and(|it| is_http_body(&it)),
    }
}

fn single_message(field: &FieldDescriptor) -> Option<MessageDescriptor> {
    match field.kind() {
        Kind::Message(message) if !field.is_list() && !field.is_map() => Some(message),
        _ => None,
    }
}

/// Whether a message is `google.api.HttpBody`, which is not JSON but the body itself.
pub(crate) fn is_http_body(message: &MessageDescriptor) -> bool {
    message.full_name() == HTTP_BODY
}

fn raw(descriptor: MessageDescriptor, headers: &HeaderMap, body: &[u8]) -> DynamicMessage {
    let mut message = DynamicMessage::new(descriptor);
    let content_type = content_type(headers).into_owned();
    // Both fields are those of google/api/httpbody.proto; a message of that name has them.
    let _known = message.try_set_field_by_name("content_type", Value::String(content_type));
    let _known = message.try_set_field_by_name("data", Value::Bytes(body.to_vec().into()));
    message
}

fn is_blank(body: &[u8]) -> bool {
    body.trim_ascii().is_empty()
}

/// What came as gzip in one piece has been unpacked before, and its headers say nothing of it any more.
fn check_encoding(headers: &HeaderMap) -> Result<(), BodyError> {
    let encoding = headers.get(CONTENT_ENCODING).map(HeaderValue::as_bytes);
    match encoding {
        None | Some(b"" | b"identity") => Ok(()),
        Some(other) => Err(BodyError::Encoded {
            encoding: String::from_utf8_lossy(other).into_owned(),
        }),
    }
}

/// A form or a plain text from another web page must not be taken for JSON. No type at all is
/// taken for JSON, since such a page cannot send none.
fn check_media_type(binding: &Binding, headers: &HeaderMap, body: &[u8]) -> Result<(), BodyError> {
    let content_type = content_type(headers);
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    let is_json = essence.is_empty()
        || essence.eq_ignore_ascii_case("application/json")
        || essence.to_ascii_lowercase().ends_with("+json");
    let is_lines = || {
        let types = ["application/x-ndjson", "application/jsonl"];
        types
            .iter()
            .any(|lines| essence.eq_ignore_ascii_case(lines))
    };
    if is_json || is_blank(body) || (binding.method.takes_stream() && is_lines()) {
        return Ok(());
    }
    Err(BodyError::MediaType {
        content_type: content_type.into_owned(),
    })
}

fn content_type(headers: &HeaderMap) -> Cow<'_, str> {
    headers
        .get(CONTENT_TYPE)
        .map_or(Cow::Borrowed(""), |value| {
            String::from_utf8_lossy(value.as_bytes())
        })
}
