//! JSON to message.

use prost_reflect::{DynamicMessage, FieldDescriptor, MessageDescriptor, ReflectMessage as _};
use serde_json::error::Category;
use thiserror::Error;

use super::{diagnose, twice};
use crate::violation::{InvalidRequest, Violations};

/// A body that is not the JSON of the message.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum JsonError {
    /// Not JSON at all.
    #[error("the body is not JSON at line {line}, column {column}: {fault}")]
    Syntax {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// What the parser found.
        fault: String,
    },
    /// JSON, but not of this message.
    #[error(transparent)]
    Fields(#[from] InvalidRequest),
}

/// Reads a whole message. Unknown fields are refused. `path` is where the message stands in the
/// request, for the names of wrong fields.
pub(crate) fn decode(
    descriptor: &MessageDescriptor,
    path: &str,
    body: &[u8],
) -> Result<DynamicMessage, JsonError> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let message = DynamicMessage::deserialize(descriptor.clone(), &mut deserializer);
    let message = message
        .and_then(|message| deserializer.end().map(|()| message))
        .map_err(|error| {
            explain(&error, body, |value, found| {
                diagnose::message(descriptor, value, path, found);
            })
        })?;
    twice::refuse(descriptor, path, body)?;
    Ok(message)
}

/// Reads the value of one field of `message` and sets it there.
pub(crate) fn decode_field(
    message: &mut DynamicMessage,
    field: &FieldDescriptor,
    body: &[u8],
) -> Result<(), JsonError> {
    let value: serde_json::Value =
        serde_json::from_slice(body).map_err(|error| JsonError::syntax(&error))?;
    let descriptor = message.descriptor();
    let whole = serde_json::Map::from_iter([(field.json_name().to_owned(), value)]);
    let whole = serde_json::Value::Object(whole);
    let part = DynamicMessage::deserialize(descriptor.clone(), &whole).map_err(|error| {
        explain_value(&error, &whole, |value, found| {
            diagnose::message(&descriptor, value, "", found);
        })
    })?;
    twice::refuse_in_field(field, body)?;
    message.set_field(field, part.get_field(field).into_owned());
    Ok(())
}

fn explain(
    error: &serde_json::Error,
    body: &[u8],
    diagnose: impl FnOnce(&serde_json::Value, &mut Violations),
) -> JsonError {
    if error.classify() != Category::Data {
        return JsonError::syntax(error);
    }
    match serde_json::from_slice(body) {
        Ok(value) => explain_value(error, &value, diagnose),
        // The fields were wrong before the syntax was.
        Err(error) => JsonError::syntax(&error),
    }
}

fn explain_value(
    error: &serde_json::Error,
    value: &serde_json::Value,
    diagnose: impl FnOnce(&serde_json::Value, &mut Violations),
) -> JsonError {
    let mut found = Violations::default();
    diagnose(value, &mut found);
    if found.is_empty() {
        found.push("", error.to_string());
    }
    match found.into_result() {
        Err(invalid) => JsonError::Fields(invalid),
        Ok(()) => JsonError::syntax(error),
    }
}

impl JsonError {
    fn syntax(error: &serde_json::Error) -> Self {
        let text = error.to_string();
        // The place is told on its own, so not again in the words.
        let fault = text
            .split(" at line ")
            .next()
            .unwrap_or_default()
            .to_owned();
        Self::Syntax {
            line: error.line(),
            column: error.column(),
            fault,
        }
    }
}
