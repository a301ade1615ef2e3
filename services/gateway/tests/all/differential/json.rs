//! The JSON of a message in the forms that protobuf's JSON lets a client write it, whichever comes up: written for
//! these tests, after the specification, with nothing of what reads it.

use prost_reflect::{
    DynamicMessage, EnumDescriptor, FieldDescriptor, Kind, ReflectMessage as _, Value,
};
use serde_json::{Map, Value as Json, json};

use super::random::Random;
use super::{text, well_known};

/// A whole message.
pub(super) fn message(message: &DynamicMessage, random: &mut Random) -> Json {
    let descriptor = message.descriptor();
    match well_known::name(&descriptor) {
        "Timestamp" | "Duration" => json!(text::time(message, random)),
        "FieldMask" => json!(text::mask(message, text::camel_case)),
        "Struct" => part(message, "fields", random),
        "ListValue" => part(message, "values", random),
        "Value" => free(message, random),
        "Any" => any(message, random),
        _ if well_known::is_value(&descriptor) => part(message, "value", random),
        _ => Json::Object(fields(message, random)),
    }
}

fn fields(message: &DynamicMessage, random: &mut Random) -> Map<String, Json> {
    let mut members = Map::new();
    for field in message.descriptor().fields() {
        let name = if random.chance(70) {
            field.json_name()
        } else {
            field.name()
        };
        if message.has_field(&field) {
            let value = message.get_field(&field);
            members.insert(name.to_owned(), value_of(&field, &value, random));
        } else if random.chance(10) && !is_free_value(&field) {
            members.insert(name.to_owned(), nothing(&field, random));
        }
    }
    members
}

/// For `google.protobuf.Value`, `null` is something.
fn is_free_value(field: &FieldDescriptor) -> bool {
    matches!(field.kind(), Kind::Message(it) if well_known::name(&it) == "Value")
}

/// What stands for a field of which nothing is said: `null`, or, where it is always there, its default.
fn nothing(field: &FieldDescriptor, random: &mut Random) -> Json {
    if field.supports_presence() || random.chance(50) {
        return Json::Null;
    }
    let value = Value::default_value_for_field(field);
    value_of(field, &value, random)
}

/// The value of a whole field.
pub(super) fn value_of(field: &FieldDescriptor, value: &Value, random: &mut Random) -> Json {
    match (value, field.kind()) {
        (Value::Map(entries), Kind::Message(entry)) => {
            let (keys, values) = (entry.map_entry_key_field(), entry.map_entry_value_field());
            let entry = |(key, value): (&prost_reflect::MapKey, &Value)| {
                let key = text::plain(&keys.kind(), &key.clone().into());
                (key, single(&values.kind(), value, random))
            };
            Json::Object(entries.iter().map(entry).collect())
        }
        (Value::List(values), kind) => values
            .iter()
            .map(|value| single(&kind, value, random))
            .collect(),
        (value, kind) => single(&kind, value, random),
    }
}

fn single(kind: &Kind, value: &Value, random: &mut Random) -> Json {
    match value {
        Value::Bool(value) => json!(value),
        Value::String(value) => json!(value),
        Value::Bytes(value) => json!(text::bytes(value, random)),
        Value::Message(value) => message(value, random),
        Value::EnumNumber(number) => enumerated(kind.as_enum().unwrap(), *number, random),
        Value::F32(value) if !value.is_finite() => json!(text::plain(kind, &Value::F32(*value))),
        Value::F64(value) if !value.is_finite() => json!(text::plain(kind, &Value::F64(*value))),
        // Numbers may always be given as text, and those of 64 bits should.
        number if random.chance(50) => json!(text::plain(kind, number)),
        Value::I32(value) => json!(value),
        Value::I64(value) => json!(value),
        Value::U32(value) => json!(value),
        Value::U64(value) => json!(value),
        Value::F32(value) => json!(value),
        Value::F64(value) => json!(value),
        Value::List(_) | Value::Map(_) => panic!("a list within a list"),
    }
}

fn enumerated(descriptor: &EnumDescriptor, number: i32, random: &mut Random) -> Json {
    match descriptor.get_value(number) {
        Some(value) if random.chance(70) => json!(value.name()),
        _ => json!(number),
    }
}

/// A message whose JSON is that of its one field.
fn part(message: &DynamicMessage, field: &str, random: &mut Random) -> Json {
    let field = message.descriptor().get_field_by_name(field).unwrap();
    value_of(&field, &message.get_field(&field), random)
}

fn free(message: &DynamicMessage, random: &mut Random) -> Json {
    let (field, value) = message.fields().next().unwrap();
    match value {
        Value::EnumNumber(_) => Json::Null,
        // Here a number is a number and no text.
        Value::F64(number) => json!(number),
        value => value_of(&field, value, random),
    }
}

fn any(holder: &DynamicMessage, random: &mut Random) -> Json {
    let any: prost_types::Any = holder.transcode_to().unwrap();
    let name = any.type_url.rsplit('/').next().unwrap();
    let pool = holder.descriptor().parent_pool().clone();
    let held = pool.get_message_by_name(name).unwrap();
    let held = DynamicMessage::decode(held, any.value.as_slice()).unwrap();
    let mut members = match message(&held, random) {
        Json::Object(members) => members,
        value => Map::from_iter([("value".to_owned(), value)]),
    };
    members.insert("@type".to_owned(), json!(any.type_url));
    Json::Object(members)
}
