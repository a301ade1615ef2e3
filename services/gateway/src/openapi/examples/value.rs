//! Single values: those that the contract gives, and those that follow from its rules.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, Value as Field};
use serde_json::{Value, json};

use crate::openapi::constraints;

/// An id as Patron gives them (UUIDv7). Nothing has it.
const ID: &str = "0198c2f4-6d3b-7a51-9c0e-2f6b1d84e7a3";

/// When whatever an example tells of happened.
const TIME: &str = "2026-01-15T09:30:00Z";

/// The example that the contract gives of a field's value.
pub(super) fn declared(field: &FieldDescriptor) -> Option<Value> {
    let (_, rules) = constraints::of_kind(&constraints::rules(field)?)?;
    if field.is_map() {
        return None;
    }
    if field.is_list() {
        let items = rules.get_field_by_name("items")?;
        let (_, items) = constraints::of_kind(items.as_message()?)?;
        let item = of_rules(&field.kind(), &items).into_iter().next()?;
        return Some(Value::Array(vec![item; least_items(field)]));
    }
    of_rules(&field.kind(), &rules).into_iter().next()
}

/// All examples among the rules of a kind, as JSON.
pub(in crate::openapi) fn of_rules(kind: &Kind, rules: &DynamicMessage) -> Vec<Value> {
    let examples = rules.get_field_by_name("example");
    let examples = examples.as_deref().and_then(Field::as_list);
    let examples = examples.unwrap_or_default().iter();
    examples.filter_map(|it| json_of(kind, it)).collect()
}

fn json_of(kind: &Kind, value: &Field) -> Option<Value> {
    Some(match (kind, value) {
        (Kind::Enum(descriptor), Field::I32(number)) => {
            json!(descriptor.get_value(*number)?.name())
        }
        (_, Field::String(text)) => json!(text),
        (_, Field::Bool(flag)) => json!(flag),
        (_, Field::Bytes(bytes)) => json!(STANDARD.encode(bytes)),
        (_, Field::I32(number)) => json!(number),
        (_, Field::U32(number)) => json!(number),
        (_, Field::I64(number)) => json!(number.to_string()),
        (_, Field::U64(number)) => json!(number.to_string()),
        (_, Field::F32(number)) => json!(number),
        (_, Field::F64(number)) => json!(number),
        // Times, durations, masks.
        (_, Field::Message(message)) => serde_json::to_value(message).ok()?,
        _ => return None,
    })
}

/// A value that the rules of a field allow; none where they say too little.
pub(super) fn derived(field: &FieldDescriptor) -> Option<Value> {
    let rules = constraints::rules(field).and_then(|rules| Some(constraints::of_kind(&rules)?.1));
    if field.is_map() {
        return None;
    }
    if field.is_list() {
        let items = rules.and_then(|rules| rules.get_field_by_name("items")?.as_message().cloned());
        let items = items.and_then(|items| Some(constraints::of_kind(&items)?.1));
        let item = of_kind(&field.kind(), items.as_ref())?;
        return Some(Value::Array(vec![item; least_items(field)]));
    }
    of_kind(&field.kind(), rules.as_ref())
}

/// How many items a list must have to have any.
pub(super) fn least_items(field: &FieldDescriptor) -> usize {
    let rules = constraints::rules(field).and_then(|rules| Some(constraints::of_kind(&rules)?.1));
    let least = rules.and_then(|rules| constraints::value(&rules, "min_items")?.as_u64());
    usize::try_from(least.unwrap_or(1).max(1)).unwrap_or(1)
}

fn of_kind(kind: &Kind, rules: Option<&DynamicMessage>) -> Option<Value> {
    match kind {
        Kind::Message(message) => of_well_known(message.full_name()),
        Kind::Enum(descriptor) => {
            let refused = rules.and_then(|rules| rules.get_field_by_name("not_in"));
            let refused = refused
                .as_deref()
                .and_then(Field::as_list)
                .unwrap_or_default();
            let mut values = descriptor.values().filter(|value| value.number() != 0);
            let is_refused = |number| refused.iter().any(|it| it.as_i32() == Some(number));
            let value = values.find(|value| !is_refused(value.number()))?;
            Some(json!(value.name()))
        }
        Kind::String => {
            let is_id = rules.is_some_and(|rules| constraints::flag(rules, "uuid"));
            is_id.then(|| json!(ID))
        }
        Kind::Bool => Some(json!(true)),
        Kind::Bytes => None,
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 | Kind::Uint64 | Kind::Fixed64 => {
            Some(json!(least(rules).to_string()))
        }
        _ => Some(json!(least(rules))),
    }
}

/// One, or the least whole number above it that is allowed.
fn least(rules: Option<&DynamicMessage>) -> i64 {
    let bound = |rule| rules.and_then(|rules| constraints::value(rules, rule)?.as_i64());
    let above = bound("gt").map(|bound| bound.saturating_add(1));
    let least = bound("gte").or(above).unwrap_or(1).max(1);
    least.min(bound("lte").unwrap_or(i64::MAX))
}

fn of_well_known(name: &str) -> Option<Value> {
    Some(match name {
        "google.protobuf.Timestamp" => json!(TIME),
        "google.protobuf.Duration" => json!("3600s"),
        "google.type.Date" => json!({ "year": 2026, "month": 1, "day": 15 }),
        "google.protobuf.Struct" | "google.protobuf.Empty" => json!({}),
        _ => return None,
    })
}
