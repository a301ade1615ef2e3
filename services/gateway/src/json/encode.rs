//! Message to JSON.

use base64::display::Base64Display;
use base64::prelude::BASE64_STANDARD;
use prost_reflect::{
    DynamicMessage, FieldDescriptor, Kind, MapKey, ReflectMessage as _, SerializeOptions, Value,
};
use serde::ser::{Error as _, Serialize, SerializeMap as _, Serializer};

use super::is_well_known;

/// Only used for the well-known types, whose JSON does not depend on it.
static OPTIONS: SerializeOptions = SerializeOptions::new();

/// A message as protobuf JSON. Fields without presence are always written, also empty lists and
/// maps, so that clients see one shape; unset messages and `optional` fields are left out.
pub(crate) struct Json<'m>(pub(crate) &'m DynamicMessage);

/// One field of a message as protobuf JSON; `null` when it is not set.
pub(crate) struct FieldJson<'m> {
    pub(crate) message: &'m DynamicMessage,
    pub(crate) field: &'m FieldDescriptor,
}

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.descriptor().full_name() {
            "google.protobuf.Any" => any(self.0, serializer),
            name if is_well_known(name) => self.0.serialize_with_options(serializer, &OPTIONS),
            _ => {
                let mut map = serializer.serialize_map(None)?;
                fields(self.0, &mut map)?;
                map.end()
            }
        }
    }
}

impl Serialize for FieldJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.field.supports_presence() && !self.message.has_field(self.field) {
            return serializer.serialize_none();
        }
        let value = self.message.get_field(self.field);
        ValueJson {
            value: &value,
            kind: &self.field.kind(),
        }
        .serialize(serializer)
    }
}

fn fields<M: serde::ser::SerializeMap>(
    message: &DynamicMessage,
    map: &mut M,
) -> Result<(), M::Error> {
    for field in message.descriptor().fields() {
        if field.supports_presence() && !message.has_field(&field) {
            continue;
        }
        let value = message.get_field(&field);
        map.serialize_entry(
            field.json_name(),
            &ValueJson {
                value: &value,
                kind: &field.kind(),
            },
        )?;
    }
    Ok(())
}

/// `@type` beside the fields. A message that the pool does not know is kept as base64: an error
/// with a strange detail must still reach the client as an error.
fn any<S: Serializer>(message: &DynamicMessage, serializer: S) -> Result<S::Ok, S::Error> {
    let any: prost_types::Any = message.transcode_to().map_err(S::Error::custom)?;
    let name = any.type_url.rsplit('/').next().unwrap_or_default();
    let known = message.descriptor().parent_pool().get_message_by_name(name);
    let payload = known.and_then(|known| DynamicMessage::decode(known, any.value.as_slice()).ok());

    let mut map = serializer.serialize_map(None)?;
    map.serialize_entry("@type", &any.type_url)?;
    match payload {
        Some(payload) if is_well_known(name) => map.serialize_entry("value", &Json(&payload))?,
        Some(payload) => fields(&payload, &mut map)?,
        None => map.serialize_entry("value", &Base64(&any.value))?,
    }
    map.end()
}

struct ValueJson<'v> {
    value: &'v Value,
    kind: &'v Kind,
}

impl Serialize for ValueJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.value {
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::I32(value) => serializer.serialize_i32(*value),
            Value::U32(value) => serializer.serialize_u32(*value),
            // As text: a double, which is what most JSON readers have, does not hold 64 bits.
            Value::I64(value) => serializer.collect_str(value),
            Value::U64(value) => serializer.collect_str(value),
            // The fewest digits that mean the largest float mean a larger double: who reads doubles would refuse it.
            Value::F32(value) if value.is_finite() && value.abs() >= f32::MAX => {
                serializer.serialize_f64(f64::from(*value))
            }
            Value::F32(value) if value.is_finite() => serializer.serialize_f32(*value),
            Value::F32(value) => serializer.serialize_str(non_finite(f64::from(*value))),
            Value::F64(value) if value.is_finite() => serializer.serialize_f64(*value),
            Value::F64(value) => serializer.serialize_str(non_finite(*value)),
            Value::String(value) => serializer.serialize_str(value),
            Value::Bytes(value) => Base64(value).serialize(serializer),
            Value::EnumNumber(number) => enumerated(self.kind, *number, serializer),
            Value::Message(message) => Json(message).serialize(serializer),
            Value::List(values) => serializer.collect_seq(values.iter().map(|value| ValueJson {
                value,
                kind: self.kind,
            })),
            Value::Map(entries) => {
                let kind = entry_kind(self.kind);
                let mut entries: Vec<_> = entries.iter().collect();
                entries.sort_unstable_by_key(|(key, _)| *key);
                serializer.collect_map(
                    entries
                        .into_iter()
                        .map(|(key, value)| (KeyText(key), ValueJson { value, kind: &kind })),
                )
            }
        }
    }
}

fn entry_kind(kind: &Kind) -> Kind {
    match kind {
        Kind::Message(entry) if entry.is_map_entry() => entry.map_entry_value_field().kind(),
        other => other.clone(),
    }
}

/// By name; a value that the contract does not know yet, by number.
fn enumerated<S: Serializer>(kind: &Kind, number: i32, serializer: S) -> Result<S::Ok, S::Error> {
    let descriptor = kind.as_enum();
    if descriptor.is_some_and(|known| known.full_name() == "google.protobuf.NullValue") {
        return serializer.serialize_none();
    }
    match descriptor.and_then(|known| known.get_value(number)) {
        Some(value) => serializer.serialize_str(value.name()),
        None => serializer.serialize_i32(number),
    }
}

fn non_finite(value: f64) -> &'static str {
    if value.is_nan() {
        "NaN"
    } else if value > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    }
}

struct Base64<'b>(&'b [u8]);

impl Serialize for Base64<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&Base64Display::new(self.0, &BASE64_STANDARD))
    }
}

struct KeyText<'k>(&'k MapKey);

impl Serialize for KeyText<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            MapKey::Bool(key) => serializer.collect_str(key),
            MapKey::I32(key) => serializer.collect_str(key),
            MapKey::I64(key) => serializer.collect_str(key),
            MapKey::U32(key) => serializer.collect_str(key),
            MapKey::U64(key) => serializer.collect_str(key),
            MapKey::String(key) => serializer.serialize_str(key),
        }
    }
}
