//! A request message as the call of REST that means it: into path, query and body, as `google/api/http.proto` says.

use bytes::Bytes;
use http::Method;
use prost_reflect::{DynamicMessage, FieldDescriptor, ReflectMessage as _, Value};

use super::bindings::Binding;
use super::random::Random;
use super::requests::{PathValues, at};
use super::{json, text, well_known};

/// A call of REST.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) verb: Method,
    pub(super) target: String,
    pub(super) content_type: String,
    pub(super) body: Bytes,
}

/// The call that means these requests: one, or those of a stream, which differ in their bodies alone.
pub(super) fn call(
    binding: &Binding,
    path: &PathValues,
    requests: &[DynamicMessage],
    random: &mut Random,
) -> Call {
    let mut target = path_of(binding, path, random);
    let mut bodies = Vec::new();
    for (index, request) in requests.iter().enumerate() {
        let mut rest = request.clone();
        for (field, _) in path {
            let (holder, name) = at(&mut rest, field);
            holder.clear_field_by_name(&name);
        }
        let (body, rest) = take_body(binding, rest, random);
        bodies.push(body);
        if index == 0 {
            add_query(&mut target, &rest, random);
        }
    }
    Call {
        verb: binding.verb.clone(),
        target,
        content_type: content_type(binding, &bodies),
        body: bodies
            .iter()
            .map(|it| it.bytes.clone())
            .collect::<Vec<_>>()
            .join(&b"\n"[..])
            .into(),
    }
}

/// A body, or a line of one.
#[derive(Default)]
struct Body {
    content_type: Option<String>,
    bytes: Vec<u8>,
}

impl Body {
    fn of_message(message: &DynamicMessage, random: &mut Random) -> Self {
        if !well_known::is_raw(&message.descriptor()) {
            return Self::json(&json::message(message, random));
        }
        let field = |name| message.get_field_by_name(name).unwrap().into_owned();
        Self {
            content_type: field("content_type").as_str().map(str::to_owned),
            bytes: field("data").as_bytes().unwrap().to_vec(),
        }
    }

    fn json(json: &serde_json::Value) -> Self {
        Self {
            content_type: None,
            bytes: json.to_string().into_bytes(),
        }
    }
}

/// Takes what the body gives out of a request. Where nothing is to be said, there is none.
fn take_body(
    binding: &Binding,
    mut rest: DynamicMessage,
    random: &mut Random,
) -> (Body, DynamicMessage) {
    if binding.body == "*" {
        let body = Body::of_message(&rest, random);
        return (body, DynamicMessage::new(rest.descriptor()));
    }
    let field = rest.descriptor().get_field_by_name(&binding.body);
    let Some(field) = field.filter(|field| rest.has_field(field)) else {
        return (Body::default(), rest);
    };
    let value = rest.get_field(&field).into_owned();
    rest.clear_field(&field);
    let body = match &value {
        Value::Message(message) => Body::of_message(message, random),
        value => Body::json(&json::value_of(&field, value, random)),
    };
    (body, rest)
}

fn content_type(binding: &Binding, bodies: &[Body]) -> String {
    let json = if binding.method.is_client_streaming() {
        "application/x-ndjson"
    } else {
        "application/json"
    };
    let raw = bodies.iter().find_map(|it| it.content_type.clone());
    raw.unwrap_or_else(|| json.to_owned())
}

fn add_query(target: &mut String, request: &DynamicMessage, random: &mut Random) {
    let mut query = Vec::new();
    pairs(request, "", &mut query, random);
    if !query.is_empty() {
        target.push('?');
        target.push_str(&query.join("&"));
    }
}

/// The path of a template, with the values for its variables.
fn path_of(binding: &Binding, values: &PathValues, random: &mut Random) -> String {
    let mut pieces = binding.template.split('{');
    let mut path = pieces.next().unwrap().to_owned();
    let descriptor = binding.method.input();
    for (piece, (field, value)) in pieces.zip(values) {
        let (variable, after) = piece.split_once('}').unwrap();
        let mut message = DynamicMessage::new(descriptor.clone());
        let (holder, name) = at(&mut message, field);
        let kind = holder.descriptor().get_field_by_name(&name).unwrap().kind();
        let text = text::single(&kind, value, random);
        if variable.contains('=') {
            let segments = text.split('/').map(text::escaped);
            path.push_str(&segments.collect::<Vec<_>>().join("/"));
        } else {
            path.push_str(&text::escaped(&text));
        }
        path.push_str(after);
    }
    path
}

/// The fields of a message as the parameters of a query.
fn pairs(message: &DynamicMessage, within: &str, found: &mut Vec<String>, random: &mut Random) {
    for (field, value) in message.fields() {
        let name = if random.chance(50) {
            field.name()
        } else {
            field.json_name()
        };
        let name = format!("{within}{name}");
        match value {
            Value::Message(part) if !well_known::is_value(&part.descriptor()) => {
                pairs(part, &format!("{name}."), found, random);
            }
            Value::List(values) => {
                found.extend(values.iter().map(|it| pair(&name, &field, it, random)));
            }
            value => found.push(pair(&name, &field, value, random)),
        }
    }
}

fn pair(name: &str, field: &FieldDescriptor, value: &Value, random: &mut Random) -> String {
    let mut text = text::escaped(&text::single(&field.kind(), value, random));
    if random.chance(50) {
        // As HTML forms send it.
        text = text.replace("%20", "+");
    }
    format!("{name}={text}")
}
