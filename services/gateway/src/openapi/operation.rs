//! One operation: a REST binding of a method.

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value, json};

use super::comments::{self, Comments};
use super::examples::Example;
use super::path::Path;
use super::schema::{Schemas, below, is_required};
use super::{parameters, request_id_header};
use crate::rest::{FieldPath, is_http_body};
use crate::surface::{Binding, BodyRule};

/// The operation that a binding is; `number` counts the bindings of its method.
pub(super) fn of_binding(
    binding: &Binding,
    number: u32,
    path: &Path<'_>,
    comments: &Comments,
    schemas: &mut Schemas<'_>,
) -> Value {
    let method = &binding.method;
    let comment = comments.method(&method.descriptor);
    let mut operation = Map::new();
    let mut set = |key: &str, value: Value| operation.insert(key.to_owned(), value);
    set("operationId", json!(operation_id(binding, number)));
    set(
        "tags",
        json!([method.descriptor.parent_service().full_name()]),
    );
    set("summary", json!(comments::summary(&comment)));
    set("description", json!(comment));
    let example = Example::of_binding(binding);
    let parameters = parameters::of_binding(binding, path, example.as_ref(), schemas);
    if !parameters.is_empty() {
        set("parameters", json!(parameters));
    }
    if let Some(body) = request_body(binding, example.as_ref(), schemas) {
        set("requestBody", body);
    }
    set("responses", responses(binding, schemas));
    if method.rule.anonymous {
        set("security", json!([]));
    } else {
        set("x-patron-permission", json!(method.rule.permission));
    }
    set("x-patron-idempotent", json!(method.rule.idempotent));
    Value::Object(operation)
}

fn operation_id(binding: &Binding, number: u32) -> String {
    let descriptor = &binding.method.descriptor;
    let name = format!(
        "{}_{}",
        descriptor.parent_service().name(),
        descriptor.name()
    );
    if number == 1 {
        name
    } else {
        format!("{name}_{number}")
    }
}

fn request_body(
    binding: &Binding,
    example: Option<&Example>,
    schemas: &mut Schemas<'_>,
) -> Option<Value> {
    let request = binding.method.descriptor.input();
    let schema = match &binding.body {
        BodyRule::None => return None,
        BodyRule::All if is_http_body(&request) => return Some(any_body()),
        BodyRule::Field(field) if holds_http_body(field) => return Some(any_body()),
        BodyRule::Field(field) => match (field.kind(), given_by_path(binding, field)) {
            (Kind::Message(message), given) if !given.is_empty() => {
                schemas.object(&message, &given)
            }
            _ => schemas.field(field),
        },
        BodyRule::All => {
            let paths = binding.path_fields.iter();
            let bound: Vec<_> = paths.map(FieldPath::name).collect();
            if bound.is_empty() {
                schemas.message(&request)
            } else {
                schemas.object(&request, &bound)
            }
        }
    };
    // A stream of requests: the schema is that of each line.
    let media_type = if binding.method.takes_stream() {
        "application/x-ndjson"
    } else {
        "application/json"
    };
    let mut content = Map::from_iter([("schema".to_owned(), schema)]);
    let body = example.and_then(|example| example.body(binding));
    content.extend(body.map(|body| ("example".to_owned(), body)));
    let required = must_be_sent(binding);
    Some(json!({ "required": required, "content": { media_type: content } }))
}

/// Whether a call without a body is refused: no body says nothing of any field, and no line is no request.
fn must_be_sent(binding: &Binding) -> bool {
    if binding.method.takes_stream() {
        return false;
    }
    match &binding.body {
        BodyRule::None => false,
        BodyRule::All => {
            let given: Vec<_> = binding.path_fields.iter().map(FieldPath::name).collect();
            needs_more(&binding.method.descriptor.input(), &given)
        }
        // A message of which the path gives a part is there without a body.
        BodyRule::Field(field) => match (field.kind(), given_by_path(binding, field)) {
            (Kind::Message(message), given) if !given.is_empty() => needs_more(&message, &given),
            _ => is_required(field),
        },
    }
}

/// Whether a message is refused when nothing but these fields is given.
fn needs_more(message: &MessageDescriptor, given: &[String]) -> bool {
    let is_given = |field: &FieldDescriptor| given.iter().any(|name| name == field.name());
    let mut fields = message.fields();
    fields.any(|field| is_required(&field) && !is_given(&field))
}

/// Fields of the body's message that the path gives. The body may repeat them, which helps nobody.
fn given_by_path(binding: &Binding, body: &FieldDescriptor) -> Vec<String> {
    let paths: Vec<_> = binding.path_fields.iter().map(FieldPath::name).collect();
    below(&paths, body.name())
}

fn responses(binding: &Binding, schemas: &mut Schemas<'_>) -> Value {
    let answer = binding.method.descriptor.output();
    let content = match &binding.response_body {
        None if is_http_body(&answer) => json!({ "*/*": {} }),
        Some(field) if holds_http_body(field) => json!({ "*/*": {} }),
        Some(field) => json_content(binding, schemas.field(field), schemas),
        None => json_content(binding, schemas.message(&answer), schemas),
    };
    json!({
        "200": {
            "description": "Done.",
            "headers": {
                "x-request-id": request_id_header(),
                "patron-replayed": {
                    "description": "`true` when this is the answer that an earlier call with the \
                        same `request_id` got.",
                    "schema": { "type": "boolean" },
                },
            },
            "content": content,
        },
        "default": { "$ref": "#/components/responses/Error" },
    })
}

fn json_content(binding: &Binding, schema: Value, schemas: &mut Schemas<'_>) -> Value {
    if !binding.method.streams_answers() {
        return json!({ "application/json": { "schema": schema } });
    }
    let pool = binding.method.descriptor.parent_pool();
    let error = pool
        .get_message_by_name(super::errors::ERROR)
        .map(|error| schemas.message(&error));
    let line = json!({
        "type": "object",
        "description": "One line for each answer; a stream that fails ends with `error`.",
        "properties": { "result": schema, "error": error },
    });
    json!({
        "application/x-ndjson": { "schema": line },
        "text/event-stream": { "schema": { "type": "string" } },
    })
}

fn any_body() -> Value {
    json!({ "content": { "*/*": {} } })
}

fn holds_http_body(field: &FieldDescriptor) -> bool {
    !field.is_list() && matches!(field.kind(), Kind::Message(message) if is_http_body(&message))
}
