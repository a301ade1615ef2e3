//! Query parameters into the fields of a request.

use std::borrow::Cow;
use std::collections::BTreeSet;

use percent_encoding::percent_decode;
use prost_reflect::{DynamicMessage, ReflectMessage as _};

use super::field_path::FieldPath;
use super::path::has_whole_escapes;
use super::scalar;
use crate::surface::{Binding, BodyRule};
use crate::violation::{InvalidRequest, Violations};

/// Sets the fields that `query` names; every wrong parameter is told.
pub(crate) fn apply(
    message: &mut DynamicMessage,
    query: &str,
    binding: &Binding,
) -> Result<(), InvalidRequest> {
    let mut violations = Violations::default();
    let mut seen = BTreeSet::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        match (decode(key), decode(value)) {
            (Some(key), Some(value)) => {
                if let Err((field, description)) = set(message, &key, &value, binding, &mut seen) {
                    violations.push(field, description);
                }
            }
            (key, _) => violations.push(key.unwrap_or_default(), "is not percent-encoded UTF-8"),
        }
        if violations.is_full() {
            break;
        }
    }
    violations.into_result()
}

fn set(
    message: &mut DynamicMessage,
    key: &str,
    text: &str,
    binding: &Binding,
    seen: &mut BTreeSet<String>,
) -> Result<(), (String, String)> {
    let path = FieldPath::resolve(&message.descriptor(), key)
        .map_err(|error| (key.to_owned(), format!("unknown query parameter: {error}")))?;
    let name = path.name();
    let told = |description: &str| (name.clone(), description.to_owned());
    check_place(&path, binding).map_err(told)?;
    if path.leaf().is_map() {
        return Err(told("a map cannot be given in the query"));
    }
    let value = scalar::parse(&path.leaf().kind(), text)
        .map_err(|error| (name.clone(), error.to_string()))?;
    if path.leaf().is_list() {
        path.push(message, value);
        return Ok(());
    }
    if !seen.insert(name.clone()) {
        return Err(told("is given more than once"));
    }
    if let Some(rival) = path.rival(message) {
        return Err((name, format!("cannot be given together with `{rival}`")));
    }
    path.set(message, value);
    Ok(())
}

/// A field has one place: what path or body gives is not taken from the query.
fn check_place(path: &FieldPath, binding: &Binding) -> Result<(), &'static str> {
    let name = path.name();
    if binding.path_fields.iter().any(|field| field.name() == name) {
        return Err("is given by the path, not by the query");
    }
    match &binding.body {
        BodyRule::All => Err("is given by the body, not by the query"),
        BodyRule::Field(field) if path.first() == field => {
            Err("is given by the body, not by the query")
        }
        BodyRule::Field(_) | BodyRule::None => Ok(()),
    }
}

/// Percent-decodes; `+` is a space, as HTML forms send it.
fn decode(text: &str) -> Option<String> {
    if !has_whole_escapes(text) {
        return None;
    }
    let text = if text.contains('+') {
        Cow::Owned(text.replace('+', " "))
    } else {
        text.into()
    };
    percent_decode(text.as_bytes())
        .decode_utf8()
        .ok()
        .map(Cow::into_owned)
}
