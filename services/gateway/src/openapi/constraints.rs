//! `buf.validate` rules as JSON Schema keywords. What has no keyword (CEL, cross-field rules) is
//! left to the server, which checks everything anyway.

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, ReflectMessage as _, Value as Field};
use serde_json::{Map, Value, json};

use super::{examples, zero};

const EXTENSION: &str = "buf.validate.field";

/// An unset field is not checked.
const IGNORE_IF_ZERO_VALUE: i64 = 1;

/// Nothing in the field is checked at the door: the service tells what is wrong with it.
const IGNORE_ALWAYS: i64 = 3;

/// The rules of a field.
pub(super) fn rules(field: &FieldDescriptor) -> Option<DynamicMessage> {
    let extension = field.parent_pool().get_extension_by_name(EXTENSION)?;
    let options = field.options();
    if !options.has_extension(&extension) {
        return None;
    }
    options.get_extension(&extension).as_message().cloned()
}

/// Whether the contract refuses a request that says nothing of the field: it must be set, or the value that
/// protobuf gives to what is not said breaks a rule.
pub(super) fn is_required(field: &FieldDescriptor, rules: &DynamicMessage) -> bool {
    if mode(rules).is_some() {
        return false;
    }
    if flag(rules, "required") {
        return true;
    }
    !field.supports_presence() && of_kind(rules).is_some_and(|(_, rules)| zero::breaks(&rules))
}

/// Adds the keywords that `rules` stand for to the schema of a field's value.
pub(super) fn apply(
    schema: &mut Map<String, Value>,
    field: &FieldDescriptor,
    rules: &DynamicMessage,
) {
    match mode(rules) {
        Some(Mode::Never) => {}
        Some(Mode::UnlessZero) if !field.supports_presence() => unless_zero(schema, field, rules),
        _ => keywords(schema, field, rules),
    }
}

/// The keywords hold for every value but the one that stands for none.
fn unless_zero(schema: &mut Map<String, Value>, field: &FieldDescriptor, rules: &DynamicMessage) {
    let mut limits = schema.clone();
    keywords(&mut limits, field, rules);
    limits.retain(|keyword, value| schema.get(keyword) != Some(value));
    if let (false, Some(zero)) = (limits.is_empty(), zero::of(field)) {
        schema.insert("anyOf".to_owned(), json!([{ "const": zero }, limits]));
    }
}

fn keywords(schema: &mut Map<String, Value>, field: &FieldDescriptor, rules: &DynamicMessage) {
    if flag(rules, "required") && !field.supports_presence() {
        not_zero(schema, field);
    }
    let Some((kind, rules)) = of_kind(rules) else {
        return;
    };
    let examples = examples::of_rules(&field.kind(), &rules);
    if !examples.is_empty() {
        schema.insert("examples".to_owned(), json!(examples));
    }
    match kind.as_str() {
        "string" => text(schema, &rules),
        "repeated" => list(schema, field, &rules),
        "bytes" => bytes(schema, &rules),
        "enum" => enumerated(schema, field, &rules),
        "map" => map(schema, field, &rules),
        "int64" | "uint64" | "sint64" | "fixed64" | "sfixed64" => in_text(schema, &rules),
        "int32" | "uint32" | "sint32" | "fixed32" | "sfixed32" | "float" | "double" => {
            bounds(
                schema,
                &rules,
                ["minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"],
            );
        }
        _ => {}
    }
}

/// `required` for what always has a value.
fn not_zero(schema: &mut Map<String, Value>, field: &FieldDescriptor) {
    if let Some(zero) = zero::of(field) {
        schema.insert("not".to_owned(), json!({ "const": zero }));
    }
}

/// 64-bit numbers are text in JSON, for which JSON Schema has no bounds: only the sign can be told.
fn in_text(schema: &mut Map<String, Value>, rules: &DynamicMessage) {
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
    let least = value(rules, "gte");
    let pattern = match least.and_then(|least| least.as_i64()) {
        Some(1..) => "^[1-9][0-9]{0,18}$",
        Some(0) => "^[0-9]{1,19}$",
        _ => return,
    };
    schema.insert("pattern".to_owned(), json!(pattern));
}

/// Values of the enum that are refused. An enum's schema names none that it does not define.
fn enumerated(schema: &mut Map<String, Value>, field: &FieldDescriptor, rules: &DynamicMessage) {
    let Kind::Enum(descriptor) = field.kind() else {
        return;
    };
    let refused = rules.get_field_by_name("not_in");
    let refused = refused.as_deref().and_then(Field::as_list);
    let names: Vec<_> = refused
        .unwrap_or_default()
        .iter()
        .filter_map(|number| descriptor.get_value(number.as_i32()?))
        .map(|value| value.name().to_owned())
        .collect();
    if !names.is_empty() {
        schema.insert("not".to_owned(), json!({ "enum": names }));
    }
}

/// Rules that do not always hold.
enum Mode {
    UnlessZero,
    Never,
}

fn mode(rules: &DynamicMessage) -> Option<Mode> {
    match value(rules, "ignore")?.as_i64()? {
        IGNORE_IF_ZERO_VALUE => Some(Mode::UnlessZero),
        IGNORE_ALWAYS => Some(Mode::Never),
        _ => None,
    }
}

/// The rules of a field's kind: `string`, `repeated`, …
pub(super) fn of_kind(rules: &DynamicMessage) -> Option<(String, DynamicMessage)> {
    let descriptor = rules.descriptor();
    let kinds = descriptor.oneofs().find(|oneof| oneof.name() == "type")?;
    let kind = kinds.fields().find(|kind| rules.has_field(kind))?;
    let of_kind = rules.get_field(&kind).as_message().cloned()?;
    Some((kind.name().to_owned(), of_kind))
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
        if flag(rules, rule) {
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

/// The length of bytes is that of their base64, with the padding or without, in either alphabet. The last
/// character has no bits that stand for nothing.
fn bytes(schema: &mut Map<String, Value>, rules: &DynamicMessage) {
    let Some(length) = value(rules, "len").and_then(|length| length.as_u64()) else {
        return;
    };
    let (whole, end) = match length % 3 {
        0 => (length / 3 * 4, ""),
        1 => (length / 3 * 4 + 1, "[AQgw](==)?"),
        _ => (length / 3 * 4 + 2, "[AEIMQUYcgkosw048]=?"),
    };
    let pattern = format!("^([A-Za-z0-9+/]{{{whole}}}|[A-Za-z0-9_-]{{{whole}}}){end}$");
    schema.insert("pattern".to_owned(), json!(pattern));
}

fn list(schema: &mut Map<String, Value>, field: &FieldDescriptor, rules: &DynamicMessage) {
    copy(schema, rules, "min_items", "minItems");
    copy(schema, rules, "max_items", "maxItems");
    if flag(rules, "unique") {
        schema.insert("uniqueItems".to_owned(), json!(true));
    }
    let items = rules.get_field_by_name("items");
    if let (Some(Field::Message(items)), Some(Value::Object(schema))) =
        (items.as_deref(), schema.get_mut("items"))
    {
        keywords(schema, field, items);
    }
}

fn map(schema: &mut Map<String, Value>, field: &FieldDescriptor, rules: &DynamicMessage) {
    copy(schema, rules, "min_pairs", "minProperties");
    copy(schema, rules, "max_pairs", "maxProperties");
    let Kind::Message(entry) = field.kind() else {
        return;
    };
    let part = |name| rules.get_field_by_name(name)?.as_message().cloned();
    if let Some(keys) = part("keys") {
        let mut names = Map::new();
        keywords(&mut names, &entry.map_entry_key_field(), &keys);
        if !names.is_empty() {
            schema.insert("propertyNames".to_owned(), Value::Object(names));
        }
    }
    if let (Some(values), Some(Value::Object(schema))) =
        (part("values"), schema.get_mut("additionalProperties"))
    {
        keywords(schema, &entry.map_entry_value_field(), &values);
    }
}

fn bounds(schema: &mut Map<String, Value>, rules: &DynamicMessage, keywords: [&str; 4]) {
    for (rule, keyword) in ["gte", "gt", "lte", "lt"].into_iter().zip(keywords) {
        copy(schema, rules, rule, keyword);
    }
}

/// Whether a rule that is on or off is on.
pub(super) fn flag(rules: &DynamicMessage, rule: &str) -> bool {
    let value = rules.get_field_by_name(rule);
    value.and_then(|value| value.as_bool()).unwrap_or_default()
}

fn copy(schema: &mut Map<String, Value>, rules: &DynamicMessage, rule: &str, keyword: &str) {
    if let Some(value) = value(rules, rule) {
        schema.insert(keyword.to_owned(), value);
    }
}

/// The value of a rule that is set: a number, a text, the number of an enum value.
pub(super) fn value(rules: &DynamicMessage, rule: &str) -> Option<Value> {
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
