//! `buf.validate` rules as JSON Schema keywords. What has no keyword (CEL, cross-field rules) is
//! left to the server, which checks everything anyway.

use prost_reflect::{DynamicMessage, FieldDescriptor, ReflectMessage as _, Value as Field};
use serde_json::{Map, Value, json};

const EXTENSION: &str = "buf.validate.field";

/// `IGNORE_IF_ZERO_VALUE`: an unset field is not checked.
const IGNORE_IF_ZERO_VALUE: i32 = 1;

/// The rules of a field.
pub(super) fn rules(field: &FieldDescriptor) -> Option<DynamicMessage> {
    let extension = field.parent_pool().get_extension_by_name(EXTENSION)?;
    let options = field.options();
    if !options.has_extension(&extension) {
        return None;
    }
    options.get_extension(&extension).as_message().cloned()
}

/// Whether a value must be given.
pub(super) fn is_required(rules: &DynamicMessage) -> bool {
    let ignored = value(rules, "ignore") == Some(json!(IGNORE_IF_ZERO_VALUE));
    let flag = rules
        .get_field_by_name("required")
        .and_then(|value| value.as_bool());
    flag == Some(true) && !ignored
}

/// Adds the keywords that `rules` stand for to the schema of a field's value.
pub(super) fn apply(schema: &mut Map<String, Value>, rules: &DynamicMessage) {
    let Some(kind) = rules
        .descriptor()
        .oneofs()
        .find(|oneof| oneof.name() == "type")
    else {
        return;
    };
    let Some(field) = kind.fields().find(|field| rules.has_field(field)) else {
        return;
    };
    let value = rules.get_field(&field);
    let Some(rules) = value.as_message() else {
        return;
    };
    match field.name() {
        "string" => text(schema, rules),
        "repeated" => list(schema, rules),
        "map" => {
            copy(schema, rules, "min_pairs", "minProperties");
            copy(schema, rules, "max_pairs", "maxProperties");
        }
        // Their JSON is text, for which JSON Schema has no bounds.
        "int64" | "uint64" | "sint64" | "fixed64" | "sfixed64" => {
            bounds(
                schema,
                rules,
                [
                    "x-minimum",
                    "x-exclusive-minimum",
                    "x-maximum",
                    "x-exclusive-maximum",
                ],
            );
        }
        "int32" | "uint32" | "sint32" | "fixed32" | "sfixed32" | "float" | "double" => {
            bounds(
                schema,
                rules,
                ["minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"],
            );
        }
        _ => {}
    }
}

fn text(schema: &mut Map<String, Value>, rules: &DynamicMessage) {
    copy(schema, rules, "min_len", "minLength");
    copy(schema, rules, "max_len", "maxLength");
    if let Some(length) = value(rules, "len") {
        schema.insert("minLength".to_owned(), length.clone());
        schema.insert("maxLength".to_owned(), length);
    }
    copy(schema, rules, "pattern", "pattern");
    let formats = [
        ("uuid", "uuid"),
        ("email", "email"),
        ("uri", "uri"),
        ("hostname", "hostname"),
    ];
    for (rule, format) in formats {
        let flag = rules
            .get_field_by_name(rule)
            .and_then(|value| value.as_bool());
        if flag == Some(true) {
            schema.insert("format".to_owned(), json!(format));
        }
    }
    let allowed = rules.get_field_by_name("in");
    let allowed: Vec<_> = allowed
        .as_deref()
        .and_then(Field::as_list)
        .unwrap_or_default()
        .iter()
        .filter_map(Field::as_str)
        .collect();
    if !allowed.is_empty() {
        schema.insert("enum".to_owned(), json!(allowed));
    }
}

fn list(schema: &mut Map<String, Value>, rules: &DynamicMessage) {
    copy(schema, rules, "min_items", "minItems");
    copy(schema, rules, "max_items", "maxItems");
    if rules
        .get_field_by_name("unique")
        .and_then(|value| value.as_bool())
        == Some(true)
    {
        schema.insert("uniqueItems".to_owned(), json!(true));
    }
    let items = rules.get_field_by_name("items");
    if let (Some(Field::Message(items)), Some(Value::Object(schema))) =
        (items.as_deref(), schema.get_mut("items"))
    {
        apply(schema, items);
    }
}

fn bounds(schema: &mut Map<String, Value>, rules: &DynamicMessage, keywords: [&str; 4]) {
    for (rule, keyword) in ["gte", "gt", "lte", "lt"].into_iter().zip(keywords) {
        copy(schema, rules, rule, keyword);
    }
}

fn copy(schema: &mut Map<String, Value>, rules: &DynamicMessage, rule: &str, keyword: &str) {
    if let Some(value) = value(rules, rule) {
        schema.insert(keyword.to_owned(), value);
    }
}

/// The value of a rule that is set: a number, a text, the number of an enum value.
fn value(rules: &DynamicMessage, rule: &str) -> Option<Value> {
    if !rules.has_field_by_name(rule) {
        return None;
    }
    Some(match &*rules.get_field_by_name(rule)? {
        Field::U64(value) => json!(value),
        Field::I64(value) => json!(value),
        Field::U32(value) => json!(value),
        Field::I32(value) | Field::EnumNumber(value) => json!(value),
        Field::F32(value) => json!(value),
        Field::F64(value) => json!(value),
        Field::String(value) => json!(value),
        _ => return None,
    })
}
