//! Messages that are written in a way of their own: which they are, and random ones within the ranges that they have.

use jiff::Timestamp;
use proptest::prelude::RngExt as _;
use prost::Message as _;
use prost_reflect::{DynamicMessage, Kind, MessageDescriptor, ReflectMessage as _, Value};

use super::random::{Place, Random};

const PACKAGE: &str = "google.protobuf.";

/// The longest duration that there is, in seconds.
const LONGEST: i64 = 315_576_000_000;

/// What an `Any` may hold in these tests: one with a JSON of its own, and one without.
const HELD: [&str; 2] = ["google.protobuf.Timestamp", "test.v1.Inner"];

/// The name of one of `google.protobuf`'s messages; empty for all others.
pub(super) fn name(descriptor: &MessageDescriptor) -> &str {
    descriptor
        .full_name()
        .strip_prefix(PACKAGE)
        .unwrap_or_default()
}

/// Whether its JSON is one text, number or truth, so that a query can hold it.
pub(super) fn is_value(descriptor: &MessageDescriptor) -> bool {
    let name = name(descriptor);
    let is_wrapper = name.ends_with("Value") && !is_free(descriptor);
    is_wrapper || matches!(name, "Timestamp" | "Duration" | "FieldMask")
}

/// Whether its JSON is whatever it holds.
pub(super) fn is_free(descriptor: &MessageDescriptor) -> bool {
    matches!(
        name(descriptor),
        "Struct" | "Value" | "ListValue" | "Any" | "Empty"
    )
}

/// Whether it is not JSON but the body itself.
pub(super) fn is_raw(descriptor: &MessageDescriptor) -> bool {
    descriptor.full_name() == "google.api.HttpBody"
}

/// One of these messages; none for all others.
pub(super) fn random(
    random: &mut Random,
    descriptor: &MessageDescriptor,
    depth: usize,
) -> Option<DynamicMessage> {
    let mut message = DynamicMessage::new(descriptor.clone());
    match name(descriptor) {
        _ if is_raw(descriptor) => {
            let content_type = *random.pick(&["text/csv", "application/octet-stream"]);
            set(
                &mut message,
                "content_type",
                Value::String(content_type.to_owned()),
            );
            set(&mut message, "data", random.value(&Kind::Bytes, depth));
        }
        "Timestamp" => {
            let day = 24 * 60 * 60;
            // A day from the ends, so that each instant can be told in any zone.
            let first = -62_135_596_800 + day;
            let last = Timestamp::MAX.as_second() - day;
            set(
                &mut message,
                "seconds",
                Value::I64(random.0.random_range(first..last)),
            );
            set(&mut message, "nanos", Value::I32(nanos(random)));
        }
        "Duration" => {
            let sign = if random.chance(50) { 1 } else { -1 };
            let seconds = random.0.random_range(0..LONGEST);
            set(
                &mut message,
                "seconds",
                Value::I64(seconds * i64::from(sign)),
            );
            set(&mut message, "nanos", Value::I32(nanos(random) * sign));
        }
        "FieldMask" => {
            let count = random.0.random_range(0..4);
            let paths = (0..count).map(|_| Value::String(path(random))).collect();
            set(&mut message, "paths", Value::List(paths));
        }
        "Any" => hold(&mut message, random, depth),
        "Value" => return Some(free(message, random, depth)),
        _ => return None,
    }
    Some(message)
}

/// None, or some with few or many digits.
fn nanos(random: &mut Random) -> i32 {
    let unit = *random.pick(&[0, 1, 1_000, 1_000_000]);
    random.0.random_range(0..1_000_000_000 / unit.max(1)) * unit
}

fn path(random: &mut Random) -> String {
    let paths = [
        "name",
        "display_name",
        "inner.by_text",
        "a_b_c",
        "line2.created_at",
    ];
    (*random.pick(&paths)).to_owned()
}

fn hold(any: &mut DynamicMessage, random: &mut Random, depth: usize) {
    let pool = any.descriptor().parent_pool().clone();
    let held: Vec<_> = HELD
        .iter()
        .filter_map(|name| pool.get_message_by_name(name))
        .collect();
    let held = random.pick(&held).clone();
    let url = format!("type.googleapis.com/{}", held.full_name());
    let message = random.message(&held, Place::Body, depth + 1);
    set(any, "type_url", Value::String(url));
    set(any, "value", Value::Bytes(message.encode_to_vec().into()));
}

/// Always of one kind: JSON has no word for none. It has no numbers that are none, either.
fn free(mut message: DynamicMessage, random: &mut Random, depth: usize) -> DynamicMessage {
    let nested = ["struct_value", "list_value"];
    let plain = ["null_value", "number_value", "string_value", "bool_value"];
    let is_nested = depth < 6 && random.chance(30);
    let name = if is_nested {
        *random.pick(&nested)
    } else {
        *random.pick(&plain)
    };
    let field = message.descriptor().get_field_by_name(name).unwrap();
    let value = match field.kind() {
        Kind::Double => Value::F64(f64::from(random.0.random::<i32>()) / 8.0),
        Kind::Enum(_) => Value::EnumNumber(0),
        kind => random.value(&kind, depth + 1),
    };
    message.set_field(&field, value);
    message
}

fn set(message: &mut DynamicMessage, field: &str, value: Value) {
    message.set_field_by_name(field, value);
}
