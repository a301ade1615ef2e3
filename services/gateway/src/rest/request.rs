//! Path, query and body into one request message.

use std::collections::BTreeMap;

use http::HeaderMap;
use prost_reflect::{DynamicMessage, Value};
use serde_json::value::RawValue;
use thiserror::Error;

use super::body::{self, BodyError};
use super::field_path::FieldPath;
use super::path::RequestPath;
use super::{query, scalar};
use crate::surface::{Binding, ImpliedMask};
use crate::violation::{InvalidRequest, Violations};

/// A REST call that is no request of its method.
#[derive(Debug, Error)]
pub(crate) enum RequestError {
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error(transparent)]
    Fields(#[from] InvalidRequest),
}

/// What a REST call carries.
pub(crate) struct Parts<'c> {
    pub(crate) path: &'c RequestPath<'c>,
    pub(crate) query: &'c str,
    pub(crate) headers: &'c HeaderMap,
    pub(crate) body: &'c [u8],
}

/// Makes the request message of a call.
pub(crate) fn assemble(
    binding: &Binding,
    call: &Parts<'_>,
) -> Result<DynamicMessage, RequestError> {
    let mut message = body::read(binding, call.headers, call.body)?;
    query::apply(&mut message, call.query, binding)?;
    bind_path(&mut message, binding, call.path)?;
    if let Some(mask) = &binding.implied_mask {
        imply_mask(&mut message, mask, call.body);
    }
    Ok(message)
}

/// Sets what the path gives. A body may repeat it, but not contradict it.
fn bind_path(
    message: &mut DynamicMessage,
    binding: &Binding,
    path: &RequestPath<'_>,
) -> Result<(), InvalidRequest> {
    let mut violations = Violations::default();
    let captures = path.captures(&binding.template);
    for (text, field) in captures.iter().zip(&binding.path_fields) {
        if let Err(description) = bind(message, field, text) {
            violations.push(field.name(), description);
        }
    }
    violations.into_result()
}

fn bind(message: &mut DynamicMessage, field: &FieldPath, text: &str) -> Result<(), String> {
    let value = scalar::parse(&field.leaf().kind(), text).map_err(|error| error.to_string())?;
    if field.get(message).is_some_and(|given| given != value) {
        return Err("differs from the value in the path".to_owned());
    }
    if let Some(rival) = field.rival(message) {
        return Err(format!("stands in the path, so `{rival}` cannot be given"));
    }
    field.set(message, value);
    Ok(())
}

/// Without a mask, a `PATCH` changes the fields that its body names.
fn imply_mask(message: &mut DynamicMessage, mask: &ImpliedMask, body: &[u8]) {
    if message.has_field(&mask.field) {
        return;
    }
    // The body has been read as this very message before, so it is an object, or there is none: that names no field, as
    // `{}` does.
    let members = serde_json::from_slice::<BTreeMap<String, &RawValue>>(body).unwrap_or_default();
    let find = |name: &String| {
        let by_json_name = mask.resource.get_field_by_json_name(name);
        by_json_name.or_else(|| mask.resource.get_field_by_name(name))
    };
    let paths = members
        .keys()
        .filter_map(find)
        .map(|field| field.name().to_owned());
    let paths: Vec<_> = paths
        .filter(|name| !mask.excluded.contains(name))
        .map(Value::String)
        .collect();
    if let Value::Message(value) = message.get_field_mut(&mask.field) {
        let _known = value.try_set_field_by_name("paths", Value::List(paths));
    }
}
