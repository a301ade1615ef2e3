//! The customers that a request names, wherever in it: by the contract's own names of fields, so that a new
//! method is looked at on the day it is added.

use access::Method;
use prost_reflect::{DynamicMessage, MethodDescriptor, Value};

const ONE: &str = "customer_id";
const SEVERAL: &str = "customer_ids";

/// Whether requests are a stream, of which nobody can know what is still to come.
pub(super) fn is_stream(method: &Method) -> bool {
    descriptor(method).is_none_or(|it| it.is_client_streaming())
}

/// The ids in all fields that end so; `None` when the message is not the method's.
pub(super) fn customers(method: &Method, message: &[u8]) -> Option<Vec<String>> {
    let descriptor = descriptor(method)?;
    let message = DynamicMessage::decode(descriptor.input(), message).ok()?;
    let mut found = Vec::new();
    collect(&message, &mut found);
    found.sort_unstable();
    found.dedup();
    Some(found)
}

fn descriptor(method: &Method) -> Option<MethodDescriptor> {
    let service = contract::pool().get_service_by_name(&method.service)?;
    service.methods().find(|it| it.name() == method.name)
}

fn collect(message: &DynamicMessage, found: &mut Vec<String>) {
    for (field, value) in message.fields() {
        let name = field.name();
        if name.ends_with(ONE) || name.ends_with(SEVERAL) {
            texts(value, found);
        } else {
            inside(value, found);
        }
    }
}

fn texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) if !text.is_empty() => found.push(text.clone()),
        Value::List(items) => items.iter().for_each(|item| texts(item, found)),
        _ => {}
    }
}

fn inside(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Message(message) => collect(message, found),
        Value::List(items) => items.iter().for_each(|item| inside(item, found)),
        Value::Map(entries) => entries.values().for_each(|entry| inside(entry, found)),
        _ => {}
    }
}
