//! Fields of which at most one may be set.

use prost_reflect::{MessageDescriptor, OneofDescriptor};
use serde_json::{Map, Value, json};

use super::constraints;

const EXTENSION: &str = "buf.validate.oneof";

/// Adds to the schema of a message that its oneofs hold one field, or none where the contract lets them.
pub(super) fn apply(schema: &mut Map<String, Value>, message: &MessageDescriptor) {
    let oneofs = message.oneofs().filter(|oneof| !oneof.is_synthetic());
    let mut choices: Vec<Value> = oneofs.map(|oneof| one_of(&oneof)).collect();
    match (choices.pop(), choices.is_empty()) {
        (None, _) => {}
        (Some(only), true) => {
            schema.insert("oneOf".to_owned(), only);
        }
        (Some(last), false) => {
            choices.push(last);
            let all = choices.into_iter().map(|choice| json!({ "oneOf": choice }));
            schema.insert("allOf".to_owned(), all.collect());
        }
    }
}

fn one_of(oneof: &OneofDescriptor) -> Value {
    let fields = oneof.fields();
    let mut choices: Vec<_> = fields
        .map(|field| json!({ "required": [field.json_name()] }))
        .collect();
    if !is_required(oneof) {
        choices.push(json!({ "not": { "anyOf": choices.clone() } }));
    }
    json!(choices)
}

/// Whether one of its fields must be set.
pub(super) fn is_required(oneof: &OneofDescriptor) -> bool {
    let pool = oneof.parent_message().parent_pool();
    let Some(extension) = pool.get_extension_by_name(EXTENSION) else {
        return false;
    };
    let options = oneof.options();
    let rules = options.get_extension(&extension);
    rules
        .as_message()
        .is_some_and(|rules| constraints::flag(rules, "required"))
}
