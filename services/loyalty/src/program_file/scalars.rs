//! Single values.

use jiff::Timestamp;
use prost_reflect::{DynamicMessage, EnumDescriptor, Kind, MessageDescriptor, Value};

use super::FileFault;
use super::near::nearest;

/// A value of a kind that documents have.
pub(super) fn value(text: &str, kind: &Kind) -> Result<Value, FileFault> {
    match kind {
        Kind::String => Ok(Value::String(text.to_owned())),
        Kind::Bool => match text {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            _ => shape("true or false"),
        },
        Kind::Int32 => match text.parse() {
            Ok(number) => Ok(Value::I32(number)),
            Err(_) => shape("a whole number of 32 bits"),
        },
        Kind::Int64 => match text.parse() {
            Ok(number) => Ok(Value::I64(number)),
            Err(_) => shape("a whole number of 64 bits"),
        },
        Kind::Enum(names) => named(text, names),
        _ => shape("left out: this release can't read it from a file"),
    }
}

fn named(name: &str, names: &EnumDescriptor) -> Result<Value, FileFault> {
    if let Some(value) = names.get_value_by_name(name) {
        return Ok(Value::EnumNumber(value.number()));
    }
    let known: Vec<String> = names
        .values()
        .map(|value| value.name().to_owned())
        .collect();
    let near = nearest(name, known.iter().map(String::as_str)).map(str::to_owned);
    let name = name.to_owned();
    Err(FileFault::UnknownValue { name, near, known })
}

/// An instant, RFC 3339.
pub(super) fn timestamp(
    text: &str,
    descriptor: &MessageDescriptor,
) -> Result<DynamicMessage, FileFault> {
    let Ok(instant) = text.parse::<Timestamp>() else {
        return shape("an instant such as 2026-01-31T00:00:00Z or 2026-01-31T08:00:00+08:00");
    };
    let wire = contract::time::timestamp(instant);
    let mut message = DynamicMessage::new(descriptor.clone());
    message.set_field_by_name("seconds", Value::I64(wire.seconds));
    message.set_field_by_name("nanos", Value::I32(wire.nanos));
    Ok(message)
}

fn shape<T>(wanted: &'static str) -> Result<T, FileFault> {
    Err(FileFault::Shape { wanted })
}
