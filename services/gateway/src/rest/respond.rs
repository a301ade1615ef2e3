//! Answers of a service as HTTP answers.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, Response};
use prost_reflect::{DynamicMessage, FieldDescriptor, ReflectMessage as _};
use thiserror::Error;
use tonic::body::Body;
use tonic::metadata::MetadataMap;

use super::body::is_http_body;
use crate::json::{FieldJson, Json};
use crate::surface::Binding;

/// Metadata that clients may see as headers.
const PUBLIC_PREFIX: &str = "patron-";

/// An answer that has no JSON, for example a time before the year 1.
#[derive(Debug, Error)]
#[error("the answer of {method} has no JSON")]
pub(crate) struct UnwritableAnswer {
    method: String,
    source: serde_json::Error,
}

/// The answer to a unary call.
pub(crate) fn unary(
    binding: &Binding,
    metadata: &MetadataMap,
    answer: &DynamicMessage,
) -> Result<Response<Body>, UnwritableAnswer> {
    let (content_type, body) = content(binding, answer)?;
    let mut response = Response::new(Body::new(http_body_util::Full::new(body)));
    *response.headers_mut() = public_headers(metadata);
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    Ok(response)
}

/// Content type and bytes of one answer.
pub(super) fn content(
    binding: &Binding,
    answer: &DynamicMessage,
) -> Result<(HeaderValue, Bytes), UnwritableAnswer> {
    if let Some(raw) = http_body(answer, binding.response_body.as_ref()) {
        return Ok(raw);
    }
    let json = to_json(binding, answer)?;
    Ok((HeaderValue::from_static("application/json"), json.into()))
}

/// The JSON of one answer, or of the one field of it that the binding shows.
pub(super) fn to_json(
    binding: &Binding,
    answer: &DynamicMessage,
) -> Result<Vec<u8>, UnwritableAnswer> {
    let written = match &binding.response_body {
        Some(field) => serde_json::to_vec(&FieldJson {
            message: answer,
            field,
        }),
        None => serde_json::to_vec(&Json(answer)),
    };
    written.map_err(|source| UnwritableAnswer {
        method: binding.method.full_name.to_string(),
        source,
    })
}

/// Type and data of an answer that is a `google.api.HttpBody`, or shows a field that is one.
fn http_body(
    answer: &DynamicMessage,
    field: Option<&FieldDescriptor>,
) -> Option<(HeaderValue, Bytes)> {
    if let Some(field) = field {
        let value = answer.get_field(field);
        return http_body(value.as_message()?, None);
    }
    if !is_http_body(&answer.descriptor()) {
        return None;
    }
    let content_type = answer.get_field_by_name("content_type")?;
    let data = answer.get_field_by_name("data")?;
    let content_type = content_type
        .as_str()
        .and_then(|text| HeaderValue::from_str(text).ok());
    let content_type = content_type.filter(|value| !value.is_empty());
    let fallback = HeaderValue::from_static("application/octet-stream");
    Some((
        content_type.unwrap_or(fallback),
        data.as_bytes().cloned().unwrap_or_default(),
    ))
}

/// The metadata that becomes headers.
pub(super) fn public_headers(metadata: &MetadataMap) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in metadata.as_ref() {
        if name.as_str().starts_with(PUBLIC_PREFIX) && !name.as_str().ends_with("-bin") {
            headers.append(name.clone(), value.clone());
        }
    }
    headers
}

/// Whether the binding's answers are raw bytes instead of JSON.
pub(super) fn answers_raw(binding: &Binding) -> bool {
    let output = binding.method.descriptor.output();
    match &binding.response_body {
        Some(field) => field.kind().as_message().is_some_and(is_http_body) && !field.is_list(),
        None => is_http_body(&output),
    }
}

/// The bytes of an answer that is raw.
pub(super) fn data_of(binding: &Binding, answer: &DynamicMessage) -> Bytes {
    http_body(answer, binding.response_body.as_ref())
        .map(|(_, data)| data)
        .unwrap_or_default()
}
