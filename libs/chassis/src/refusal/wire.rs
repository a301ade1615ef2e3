//! `google.rpc.Status` and its details. Written out here, because the stock types keep the metadata
//! in a hash map: the same refusal would have other bytes each time.

use std::borrow::Cow;
use std::collections::BTreeMap;

use bytes::Bytes;
use contract::checks::ERROR_DOMAIN;
use prost::Message;
use prost_types::Any;
use tonic::Code;

use super::Parts;

const ERROR_INFO: &str = "type.googleapis.com/google.rpc.ErrorInfo";
const BAD_REQUEST: &str = "type.googleapis.com/google.rpc.BadRequest";
const RETRY_INFO: &str = "type.googleapis.com/google.rpc.RetryInfo";

/// Most bytes of fields and what is wrong with them. A status travels as a header, in base64, and clients take 16 kB
/// of headers at most: beyond that they would see a broken connection, and no refusal.
const MOST_FIELD_BYTES: usize = 8 * 1024;
/// What each takes besides its texts.
const FRAMING_BYTES: usize = 8;
/// Of how many more fields something is wrong than are told.
const MORE_FIELDS: &str = "more_fields";

/// Stored bytes that are no refusal.
#[derive(Debug, thiserror::Error)]
#[error("the stored refusal can't be read")]
pub struct CorruptRefusal(#[from] prost::DecodeError);

#[derive(Clone, PartialEq, Message)]
struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}

#[derive(Clone, PartialEq, Message)]
struct ErrorInfo {
    #[prost(string, tag = "1")]
    reason: String,
    #[prost(string, tag = "2")]
    domain: String,
    #[prost(btree_map = "string, string", tag = "3")]
    metadata: BTreeMap<String, String>,
}

#[derive(Clone, PartialEq, Message)]
struct BadRequest {
    #[prost(message, repeated, tag = "1")]
    violations: Vec<FieldViolation>,
}

#[derive(Clone, PartialEq, Message)]
struct FieldViolation {
    #[prost(string, tag = "1")]
    field: String,
    #[prost(string, tag = "2")]
    description: String,
}

#[derive(Clone, PartialEq, Message)]
struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    delay: Option<prost_types::Duration>,
}

pub(super) fn encode(parts: &Parts) -> Bytes {
    let (told, more) = parts.fields.split_at(count_told(&parts.fields));
    let mut details = vec![any(ERROR_INFO, &error_info(parts, more.len()))];
    if !told.is_empty() {
        details.push(any(BAD_REQUEST, &bad_request(told)));
    }
    if let Some(delay) = parts.retry_after {
        // A delay beyond 10,000 years says no more than none.
        let delay = prost_types::Duration::try_from(delay).ok();
        details.push(any(RETRY_INFO, &RetryInfo { delay }));
    }
    details.extend(parts.others.iter().cloned());
    let status = RpcStatus {
        code: parts.code.into(),
        message: parts.message.clone(),
        details,
    };
    status.encode_to_vec().into()
}

fn any(type_url: &str, detail: &impl Message) -> Any {
    Any {
        type_url: type_url.to_owned(),
        value: detail.encode_to_vec(),
    }
}

/// How many fields there is room for, from the first.
fn count_told(fields: &[(String, String)]) -> usize {
    let mut left = MOST_FIELD_BYTES;
    let fits = |(field, description): &&(String, String)| {
        let bytes = field.len().saturating_add(description.len());
        let bytes = bytes.saturating_add(FRAMING_BYTES);
        let rest = left.checked_sub(bytes);
        left = rest.unwrap_or_default();
        rest.is_some()
    };
    fields.iter().take_while(fits).count()
}

fn error_info(parts: &Parts, more: usize) -> ErrorInfo {
    let mut metadata = parts.metadata.clone();
    if more > 0 {
        metadata.insert(MORE_FIELDS.to_owned(), more.to_string());
    }
    ErrorInfo {
        reason: parts.reason.clone().into_owned(),
        domain: ERROR_DOMAIN.to_owned(),
        metadata,
    }
}

fn bad_request(fields: &[(String, String)]) -> BadRequest {
    let violation = |(field, description): &(String, String)| FieldViolation {
        field: field.clone(),
        description: description.clone(),
    };
    BadRequest {
        violations: fields.iter().map(violation).collect(),
    }
}

/// Leaves the reason empty when the status has no `ErrorInfo` of ours.
pub(super) fn decode(stored: &[u8]) -> Result<Parts, CorruptRefusal> {
    let status = RpcStatus::decode(stored)?;
    let mut parts = Parts {
        code: Code::from_i32(status.code),
        reason: Cow::Borrowed(""),
        message: status.message,
        metadata: BTreeMap::new(),
        fields: Vec::new(),
        retry_after: None,
        others: Vec::new(),
    };
    for detail in status.details {
        read_detail(&mut parts, detail)?;
    }
    Ok(parts)
}

fn read_detail(parts: &mut Parts, detail: Any) -> Result<(), CorruptRefusal> {
    let value = detail.value.as_slice();
    match detail.type_url.as_str() {
        ERROR_INFO => {
            let info = ErrorInfo::decode(value)?;
            if info.domain == ERROR_DOMAIN {
                parts.reason = Cow::Owned(info.reason);
                parts.metadata = info.metadata;
            }
        }
        BAD_REQUEST => {
            let violations = BadRequest::decode(value)?.violations;
            parts.fields = violations
                .into_iter()
                .map(|v| (v.field, v.description))
                .collect();
        }
        RETRY_INFO => {
            let delay = RetryInfo::decode(value)?.delay;
            parts.retry_after = delay.and_then(|delay| delay.try_into().ok());
        }
        _ => parts.others.push(detail),
    }
    Ok(())
}
