//! Text from a path or a query to the value of a field.

use std::str::FromStr;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use prost_reflect::{DynamicMessage, EnumDescriptor, Kind, MessageDescriptor, Value};
use thiserror::Error;

use crate::json;

/// Both alphabets, with and without padding: what a client sends in a URL varies.
const STANDARD: GeneralPurpose = engine(&alphabet::STANDARD);
const URL_SAFE: GeneralPurpose = engine(&alphabet::URL_SAFE);

/// Text that is no value of the field's type.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum ScalarError {
    #[error("expected {0}")]
    Expected(&'static str),
    #[error("`{0}` is none of the values of {1}")]
    UnknownEnumValue(String, String),
    #[error("{0}")]
    WellKnown(String),
    #[error("a message cannot be given as one value; name its fields")]
    Message,
}

/// Reads `text` as one value of `kind`.
pub(crate) fn parse(kind: &Kind, text: &str) -> Result<Value, ScalarError> {
    match kind {
        Kind::Double => float::<f64>(text).map(Value::F64),
        Kind::Float => float::<f32>(text).map(Value::F32),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => {
            integer(text, "a 32-bit signed integer").map(Value::I32)
        }
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => {
            integer(text, "a 64-bit signed integer").map(Value::I64)
        }
        Kind::Uint32 | Kind::Fixed32 => integer(text, "a 32-bit unsigned integer").map(Value::U32),
        Kind::Uint64 | Kind::Fixed64 => integer(text, "a 64-bit unsigned integer").map(Value::U64),
        Kind::Bool => boolean(text).map(Value::Bool),
        Kind::String => Ok(Value::String(text.to_owned())),
        Kind::Bytes => bytes(text),
        Kind::Enum(descriptor) => enumerated(descriptor, text),
        Kind::Message(descriptor) => well_known(descriptor, text),
    }
}

/// Digits with or without `-`, as in JSON: Rust would also take `+1`.
fn integer<T: FromStr>(text: &str, expected: &'static str) -> Result<T, ScalarError> {
    let number = text.parse().ok().filter(|_| !text.starts_with('+'));
    number.ok_or(ScalarError::Expected(expected))
}

fn boolean(text: &str) -> Result<bool, ScalarError> {
    text.parse()
        .map_err(|_| ScalarError::Expected("`true` or `false`"))
}

/// A number as in JSON, or one of the three names that protobuf's JSON gives to what is none. Rust would
/// also take `inf` and `+1`, and make infinity of a number that is too large.
fn float<T: FromStr + Copy + Into<f64>>(text: &str) -> Result<T, ScalarError> {
    let is_name = matches!(text, "NaN" | "Infinity" | "-Infinity");
    let begins_well = text.starts_with(|first: char| first == '-' || first.is_ascii_digit());
    let number: Option<T> = text.parse().ok().filter(|_| is_name || begins_well);
    number
        .filter(|&number| is_name || number.into().is_finite())
        .ok_or(ScalarError::Expected("a number"))
}

fn bytes(text: &str) -> Result<Value, ScalarError> {
    let decoded = STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text));
    decoded
        .map(|bytes| Value::Bytes(bytes.into()))
        .map_err(|_| ScalarError::Expected("base64"))
}

fn enumerated(descriptor: &EnumDescriptor, text: &str) -> Result<Value, ScalarError> {
    let by_name = descriptor
        .get_value_by_name(text)
        .map(|value| value.number());
    // Any number is a value of an open enum, as in JSON: the service knows what it accepts.
    by_name
        .or_else(|| text.parse().ok())
        .map(Value::EnumNumber)
        .ok_or_else(|| {
            ScalarError::UnknownEnumValue(text.to_owned(), descriptor.full_name().to_owned())
        })
}

/// Messages whose JSON is a single value: times, durations, masks and wrapped scalars.
fn well_known(descriptor: &MessageDescriptor, text: &str) -> Result<Value, ScalarError> {
    let value = match descriptor.full_name() {
        "google.protobuf.FieldMask" => return Ok(Value::Message(field_mask(descriptor, text)?)),
        "google.protobuf.BoolValue" => serde_json::Value::Bool(boolean(text)?),
        name if json::is_single_value(name) => serde_json::Value::String(text.to_owned()),
        _ => return Err(ScalarError::Message),
    };
    DynamicMessage::deserialize(descriptor.clone(), value)
        .map(Value::Message)
        .map_err(|error| ScalarError::WellKnown(error.to_string()))
}

/// In a URL a mask may hold proto names (`display_name`) as well as JSON names (`displayName`).
fn field_mask(descriptor: &MessageDescriptor, text: &str) -> Result<DynamicMessage, ScalarError> {
    let paths = text
        .split(',')
        .filter(|path| !path.is_empty())
        .map(snake_case)
        .collect();
    let mut mask = DynamicMessage::new(descriptor.clone());
    mask.transcode_from(&prost_types::FieldMask { paths })
        .map_err(|error| ScalarError::WellKnown(error.to_string()))?;
    Ok(mask)
}

fn snake_case(path: &str) -> String {
    let mut snake = String::with_capacity(path.len() + 4);
    for letter in path.trim().chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

const fn engine(alphabet: &alphabet::Alphabet) -> GeneralPurpose {
    let config = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent);
    GeneralPurpose::new(alphabet, config)
}
