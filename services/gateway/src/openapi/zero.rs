//! The value that protobuf gives to a field of which nothing is said.

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, Value as Field};
use regex::Regex;
use serde_json::{Value, json};

use super::constraints::{flag, value};

/// Its JSON; none for messages, which are absent instead.
pub(super) fn of(field: &FieldDescriptor) -> Option<Value> {
    Some(match field.kind() {
        _ if field.is_list() => json!([]),
        _ if field.is_map() => json!({}),
        Kind::Message(_) => return None,
        Kind::Enum(descriptor) => json!(descriptor.get_value(0)?.name()),
        Kind::Bool => json!(false),
        Kind::String | Kind::Bytes => json!(""),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 | Kind::Uint64 | Kind::Fixed64 => json!("0"),
        _ => json!(0),
    })
}

/// Whether it breaks one of the rules of its kind.
pub(super) fn breaks(rules: &DynamicMessage) -> bool {
    is_too_short(rules) || is_out_of_bounds(rules) || is_out_of_form(rules) || is_refused(rules)
}

fn is_too_short(rules: &DynamicMessage) -> bool {
    ["min_len", "len", "min_bytes", "min_items", "min_pairs"]
        .iter()
        .any(|rule| number(rules, rule).is_some_and(|least| least > 0.0))
}

fn is_out_of_bounds(rules: &DynamicMessage) -> bool {
    let holds = |rule: &str, broken: fn(f64) -> bool| number(rules, rule).is_some_and(broken);
    holds("gte", |bound| bound > 0.0)
        || holds("gt", |bound| bound >= 0.0)
        || holds("lte", |bound| bound < 0.0)
        || holds("lt", |bound| bound <= 0.0)
}

/// A pattern that this program can't read is taken for one that the empty text has.
fn is_out_of_form(rules: &DynamicMessage) -> bool {
    let pattern = value(rules, "pattern");
    let pattern = pattern.as_ref().and_then(Value::as_str);
    let is_other = |pattern| Regex::new(pattern).is_ok_and(|it| !it.is_match(""));
    let formats = ["uuid", "email", "uri", "hostname"];
    pattern.is_some_and(is_other) || formats.iter().any(|format| flag(rules, format))
}

fn is_refused(rules: &DynamicMessage) -> bool {
    let is_zero = |value: &Field| match value {
        Field::EnumNumber(number) | Field::I32(number) => *number == 0,
        Field::String(text) => text.is_empty(),
        _ => false,
    };
    let list = |rule: &str| {
        let list = rules.get_field_by_name(rule)?;
        Some(list.as_list()?.to_vec())
    };
    let refused = list("not_in").unwrap_or_default();
    let allowed = list("in").unwrap_or_default();
    refused.iter().any(is_zero) || !(allowed.is_empty() || allowed.iter().any(is_zero))
}

fn number(rules: &DynamicMessage, rule: &str) -> Option<f64> {
    value(rules, rule)?.as_f64()
}
