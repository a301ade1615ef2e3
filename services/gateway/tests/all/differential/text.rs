//! Single values as text: in a path, in a query, and where JSON has no better word for them.

use base64::Engine as _;
use base64::prelude::{
    BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD,
};
use jiff::Timestamp;
use jiff::tz::Offset;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use prost_reflect::{DynamicMessage, Kind, ReflectMessage as _, Value};

use super::random::Random;
use super::well_known;

/// All that has no meaning in a URL (RFC 3986, section 2.3) may stand there as it is.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

pub(super) fn escaped(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}

/// A value in one of the forms that a URL may give it.
pub(super) fn single(kind: &Kind, value: &Value, random: &mut Random) -> String {
    match (kind, value) {
        (_, Value::Bytes(value)) => bytes(value, random),
        (Kind::Enum(_), Value::EnumNumber(number)) if random.chance(30) => number.to_string(),
        (_, Value::Message(value)) => message(value, random),
        (kind, value) => plain(kind, value),
    }
}

fn message(message: &DynamicMessage, random: &mut Random) -> String {
    match well_known::name(&message.descriptor()) {
        "Timestamp" | "Duration" => time(message, random),
        "FieldMask" if random.chance(50) => mask(message, str::to_owned),
        "FieldMask" => mask(message, camel_case),
        _ => {
            let field = message.descriptor().get_field_by_name("value").unwrap();
            single(&field.kind(), &message.get_field(&field), random)
        }
    }
}

/// A value in its usual form.
pub(super) fn plain(kind: &Kind, value: &Value) -> String {
    match value {
        Value::Bool(value) => value.to_string(),
        Value::I32(value) => value.to_string(),
        Value::I64(value) => value.to_string(),
        Value::U32(value) => value.to_string(),
        Value::U64(value) => value.to_string(),
        Value::F32(value) if value.is_finite() => format!("{value:?}"),
        Value::F64(value) if value.is_finite() => format!("{value:?}"),
        Value::F32(value) => infinite(value.is_sign_positive()),
        Value::F64(value) => infinite(value.is_sign_positive()),
        Value::String(value) => value.clone(),
        Value::EnumNumber(number) => {
            let value = kind.as_enum().unwrap().get_value(*number);
            value.map_or_else(|| number.to_string(), |value| value.name().to_owned())
        }
        other => panic!("{other:?} is not one plain value"),
    }
}

fn infinite(is_positive: bool) -> String {
    let name = if is_positive { "Infinity" } else { "-Infinity" };
    name.to_owned()
}

/// Base64 in either alphabet, with its padding or without.
pub(super) fn bytes(value: &[u8], random: &mut Random) -> String {
    let engines = [
        BASE64_STANDARD,
        BASE64_STANDARD_NO_PAD,
        BASE64_URL_SAFE,
        BASE64_URL_SAFE_NO_PAD,
    ];
    random.pick(&engines).encode(value)
}

/// A `Timestamp`, in whatever zone, or a `Duration`.
pub(super) fn time(message: &DynamicMessage, random: &mut Random) -> String {
    let number = |name| message.get_field_by_name(name).unwrap().into_owned();
    let seconds = number("seconds").as_i64().unwrap();
    let nanos = number("nanos").as_i32().unwrap();
    if well_known::name(&message.descriptor()) == "Duration" {
        return duration(seconds, nanos);
    }
    let instant = Timestamp::new(seconds, nanos).unwrap();
    if random.chance(70) {
        return instant.to_string();
    }
    let hours = *random.pick(&[-11, 0, 2]);
    instant
        .display_with_offset(Offset::constant(hours))
        .to_string()
}

fn duration(seconds: i64, nanos: i32) -> String {
    let sign = if seconds < 0 || nanos < 0 { "-" } else { "" };
    let (seconds, nanos) = (seconds.unsigned_abs(), nanos.unsigned_abs());
    let fraction = match nanos {
        0 => String::new(),
        _ if nanos % 1_000_000 == 0 => format!(".{:03}", nanos / 1_000_000),
        _ => format!(".{nanos:09}"),
    };
    format!("{sign}{seconds}{fraction}s")
}

/// The paths of a `FieldMask`.
pub(super) fn mask(message: &DynamicMessage, name: fn(&str) -> String) -> String {
    let paths = message.get_field_by_name("paths").unwrap().into_owned();
    let paths = paths.as_list().unwrap().iter();
    let names: Vec<_> = paths.map(|path| name(path.as_str().unwrap())).collect();
    names.join(",")
}

/// `display_name` as `displayName`.
pub(super) fn camel_case(path: &str) -> String {
    let mut words = path.split('_');
    let mut name = words.next().unwrap().to_owned();
    for word in words {
        name.push_str(&word[..1].to_ascii_uppercase());
        name.push_str(&word[1..]);
    }
    name
}
