//! What an error holds: the details that it may have, and the reasons that programs go by.

use std::collections::BTreeSet;

use prost_reflect::{EnumDescriptor, EnumValueDescriptor};
use serde_json::{Value, json};

use super::comments::Comments;
use super::schema::{Schemas, describe, reference, with_values};
use crate::surface::Surface;

/// What every error is.
pub(super) const ERROR: &str = "google.rpc.Status";

/// What the contract calls the reasons of a service, and how they begin there, but not in an answer.
const REASONS: &str = "ErrorReason";
const PREFIX: &str = "ERROR_REASON_";

/// The reason that is never given.
const UNSPECIFIED: &str = "UNSPECIFIED";

/// Holds the reason.
const ERROR_INFO: &str = "google.rpc.ErrorInfo";

/// The details that Patron gives.
const DETAILS: [&str; 3] = [ERROR_INFO, "google.rpc.BadRequest", "google.rpc.RetryInfo"];

/// The schema of all errors, with those of their details and reasons.
pub(super) fn schema(
    surface: &Surface,
    comments: &Comments,
    schemas: &mut Schemas<'_>,
) -> Option<Value> {
    let error = schemas.message(&surface.message(ERROR)?);
    let known = DETAILS.iter().filter_map(|name| surface.message(name));
    let mut details: Vec<_> = known.map(|message| schemas.message(&message)).collect();
    for name in DETAILS {
        if let Some(schema) = schemas.component_mut(name) {
            tell_type(schema, name);
        }
    }
    details.push(any_other());
    if let Some(items) = within(schemas, ERROR, "/properties/details/items") {
        *items = json!({ "oneOf": details });
    }
    let reasons = add_reasons(surface, comments, schemas);
    if let (false, Some(Value::Object(reason))) = (
        reasons.is_empty(),
        within(schemas, ERROR_INFO, "/properties/reason"),
    ) {
        reason.insert("anyOf".to_owned(), json!(reasons));
    }
    Some(error)
}

fn within<'s>(schemas: &'s mut Schemas<'_>, name: &str, pointer: &str) -> Option<&'s mut Value> {
    schemas.component_mut(name)?.pointer_mut(pointer)
}

/// A detail says of what type it is.
fn tell_type(schema: &mut Value, name: &str) {
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.insert("@type".to_owned(), json!({ "const": url(name) }));
    }
    if let Value::Object(schema) = schema {
        schema.insert("required".to_owned(), json!(["@type"]));
    }
}

/// What a service adds may be anything.
fn any_other() -> Value {
    json!({
        "type": "object",
        "properties": { "@type": { "type": "string", "not": { "enum": DETAILS.map(url) } } },
        "required": ["@type"],
        "additionalProperties": true,
    })
}

fn url(name: &str) -> String {
    format!("type.googleapis.com/{name}")
}

/// Adds a schema for the reasons of each service; answers the references to them.
fn add_reasons(surface: &Surface, comments: &Comments, schemas: &mut Schemas<'_>) -> Vec<Value> {
    let mut references = Vec::new();
    for descriptor in enums(surface) {
        // Not the name of the enum: a field of its type would hold the names as the contract has them.
        let name = format!("{}.Reason", descriptor.package_name());
        let named = |value: EnumValueDescriptor| {
            let name = short(value.name())?.to_owned();
            Some((name, comments.value(&value)))
        };
        let reasons: Vec<_> = descriptor.values().filter_map(named).collect();
        let names: Vec<_> = reasons.iter().map(|(name, _)| name).collect();
        let mut schema = json!({ "type": "string", "enum": names });
        let comment = "Reasons of errors, for programs to go by.".to_owned();
        describe(&mut schema, &with_values(comment, reasons));
        schemas.add(&name, schema);
        references.push(reference(&name));
    }
    references
}

/// The reasons as they are given in answers.
pub(super) fn reasons(surface: &Surface) -> BTreeSet<String> {
    let mut reasons = BTreeSet::new();
    for descriptor in enums(surface) {
        let values = descriptor.values();
        reasons.extend(values.filter_map(|value| short(value.name()).map(str::to_owned)));
    }
    reasons
}

fn enums(surface: &Surface) -> impl Iterator<Item = EnumDescriptor> {
    let enums = surface.pool().all_enums();
    enums.filter(|it| it.name() == REASONS && it.values().all(|it| it.name().starts_with(PREFIX)))
}

/// A reason as it is given in answers; none for the one that never is.
fn short(value: &str) -> Option<&str> {
    value
        .strip_prefix(PREFIX)
        .filter(|name| *name != UNSPECIFIED)
}

/// Adds for programs which reasons the comment of a method names.
pub(super) fn name_reasons(operation: &mut Value, reasons: &BTreeSet<String>) {
    let comment = operation.get("description").and_then(Value::as_str);
    // Names stand between backticks.
    let words = comment.unwrap_or_default().split('`').skip(1).step_by(2);
    let named: BTreeSet<_> = words.filter(|word| reasons.contains(*word)).collect();
    let (false, named) = (named.is_empty(), json!(named)) else {
        return;
    };
    if let Value::Object(operation) = operation {
        operation.insert("x-patron-reasons".to_owned(), named);
    }
}
