//! Which fields of a JSON value break the contract of a message, each by its path.
//!
//! Only run when reading has failed already, so it may be slow: objects are walked along the
//! descriptors, and each leaf is read on its own to hear what is wrong with it.

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::Value;

use super::is_well_known;
use crate::violation::Violations;

/// Notes what is wrong with `value` as the JSON of `descriptor`.
pub(super) fn message(
    descriptor: &MessageDescriptor,
    value: &Value,
    path: &str,
    found: &mut Violations,
) {
    if is_well_known(descriptor.full_name()) {
        if let Err(error) = DynamicMessage::deserialize(descriptor.clone(), value) {
            found.push(path, error.to_string());
        }
        return;
    }
    let Value::Object(members) = value else {
        return found.push(
            path,
            format!("expected an object, found {}", kind_of(value)),
        );
    };
    for (name, value) in members {
        if found.is_full() {
            return;
        }
        let by_json_name = descriptor.get_field_by_json_name(name);
        match by_json_name.or_else(|| descriptor.get_field_by_name(name)) {
            Some(known) => field(&known, value, &join(path, known.name()), found),
            None => found.push(join(path, name), "unknown field"),
        }
    }
    oneofs(descriptor, members, path, found);
}

fn field(field: &FieldDescriptor, value: &Value, path: &str, found: &mut Violations) {
    if value.is_null() {
        return;
    }
    if field.is_map() {
        map(field, value, path, found);
    } else if field.is_list() {
        list(field, value, path, found);
    } else {
        element(field, value, path, found, Value::clone);
    }
}

fn list(field: &FieldDescriptor, value: &Value, path: &str, found: &mut Violations) {
    let Value::Array(elements) = value else {
        return found.push(path, format!("expected a list, found {}", kind_of(value)));
    };
    for (index, value) in elements.iter().enumerate() {
        if found.is_full() {
            return;
        }
        let path = format!("{path}[{index}]");
        element(field, value, &path, found, |value| {
            Value::Array(vec![value.clone()])
        });
    }
}

fn map(field: &FieldDescriptor, value: &Value, path: &str, found: &mut Violations) {
    let Value::Object(entries) = value else {
        return found.push(
            path,
            format!("expected an object, found {}", kind_of(value)),
        );
    };
    for (key, value) in entries {
        if found.is_full() {
            return;
        }
        let path = format!("{path}[{key:?}]");
        element(field, value, &path, found, |value| {
            Value::Object(serde_json::Map::from_iter([(key.clone(), value.clone())]))
        });
    }
}

/// One value of a field. `wrap` makes of it what the whole field would be.
fn element(
    field: &FieldDescriptor,
    value: &Value,
    path: &str,
    found: &mut Violations,
    wrap: impl FnOnce(&Value) -> Value,
) {
    if let Some(descriptor) = object_kind(field)
        && !value.is_null()
    {
        return message(&descriptor, value, path, found);
    }
    let whole = Value::Object(serde_json::Map::from_iter([(
        field.json_name().to_owned(),
        wrap(value),
    )]));
    if let Err(error) = DynamicMessage::deserialize(field.parent_message().clone(), &whole) {
        found.push(path, error.to_string());
    }
}

/// The message that each value of the field is, unless it has a JSON of its own.
fn object_kind(field: &FieldDescriptor) -> Option<MessageDescriptor> {
    let kind = match field.kind() {
        Kind::Message(entry) if field.is_map() => entry.map_entry_value_field().kind(),
        kind => kind,
    };
    kind.as_message()
        .filter(|message| !is_well_known(message.full_name()))
        .cloned()
}

fn oneofs(
    descriptor: &MessageDescriptor,
    members: &serde_json::Map<String, Value>,
    path: &str,
    found: &mut Violations,
) {
    for oneof in descriptor.oneofs() {
        let given: Vec<String> = oneof
            .fields()
            .filter(|field| {
                [field.json_name(), field.name()]
                    .iter()
                    .any(|name| members.get(*name).is_some_and(|value| !value.is_null()))
            })
            .map(|field| field.name().to_owned())
            .collect();
        if let [first, others @ ..] = given.as_slice()
            && !others.is_empty()
        {
            let others = others.join("`, `");
            found.push(
                join(path, first),
                format!("cannot be given together with `{others}`"),
            );
        }
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
