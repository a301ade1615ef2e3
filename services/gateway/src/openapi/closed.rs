//! What callers may send is told to the end: fields that the contract does not know are refused. What they are
//! answered may have more fields in a later version, and clients must bear that.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

const PREFIX: &str = "#/components/schemas/";

/// Closes the objects that a request body is made of.
pub(super) fn close_requests(
    paths: &mut Map<String, Value>,
    components: &mut BTreeMap<String, Value>,
) {
    let mut names = Vec::new();
    let operations = paths.values_mut().filter_map(Value::as_object_mut);
    for operation in operations.flat_map(Map::values_mut) {
        if let Some(body) = operation.get_mut("requestBody") {
            close(body, &mut names);
        }
    }
    // One that is closed is not looked at again: messages contain themselves.
    while let Some(name) = names.pop() {
        if let Some(schema) = components.get_mut(&name)
            && schema.get("additionalProperties").is_none()
        {
            close(schema, &mut names);
        }
    }
}

/// Closes the objects of a schema, and notes which others it refers to.
fn close(schema: &mut Value, names: &mut Vec<String>) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(|item| close(item, names)),
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get("$ref") {
                names.extend(reference.strip_prefix(PREFIX).map(str::to_owned));
            }
            members.values_mut().for_each(|member| close(member, names));
            let is_message = members.get("type") == Some(&json!("object"))
                && members.get("properties").is_some_and(Value::is_object);
            if is_message && !members.contains_key("additionalProperties") {
                members.insert("additionalProperties".to_owned(), json!(false));
            }
        }
        _ => {}
    }
}
