//! JSON schemas of single values.

use prost_reflect::Kind;
use serde_json::{Value, json};

/// The schema of a scalar; none for messages and enums.
pub(super) fn of_kind(kind: &Kind) -> Option<Value> {
    Some(match kind {
        Kind::Double => json!({ "type": "number", "format": "double" }),
        Kind::Float => json!({ "type": "number", "format": "float" }),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => {
            json!({ "type": "integer", "format": "int32" })
        }
        Kind::Uint32 | Kind::Fixed32 => {
            json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX })
        }
        // 64 bits do not fit into a double, so protobuf's JSON writes them as text.
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => {
            json!({ "type": "string", "format": "int64", "pattern": "^-?[0-9]{1,19}$" })
        }
        Kind::Uint64 | Kind::Fixed64 => {
            json!({ "type": "string", "format": "uint64", "pattern": "^[0-9]{1,20}$" })
        }
        Kind::Bool => json!({ "type": "boolean" }),
        Kind::String => json!({ "type": "string" }),
        Kind::Bytes => json!({ "type": "string", "contentEncoding": "base64" }),
        Kind::Message(_) | Kind::Enum(_) => return None,
    })
}

/// The schema of a message that has a JSON of its own.
pub(super) fn of_well_known(full_name: &str) -> Option<Value> {
    Some(match full_name {
        "google.protobuf.Timestamp" => json!({ "type": "string", "format": "date-time" }),
        "google.protobuf.Duration" => {
            json!({ "type": "string", "pattern": r"^-?[0-9]+(\.[0-9]{1,9})?s$" })
        }
        "google.protobuf.FieldMask" => {
            json!({ "type": "string", "description": "Names of fields, separated by commas." })
        }
        "google.protobuf.Any" => json!({
            "type": "object",
            "properties": { "@type": { "type": "string" } },
            "required": ["@type"],
            "additionalProperties": true,
        }),
        "google.protobuf.Struct" | "google.protobuf.Empty" => json!({ "type": "object" }),
        "google.protobuf.ListValue" => json!({ "type": "array", "items": {} }),
        "google.protobuf.Value" => json!({}),
        "google.protobuf.DoubleValue" => return of_kind(&Kind::Double),
        "google.protobuf.FloatValue" => return of_kind(&Kind::Float),
        "google.protobuf.Int64Value" => return of_kind(&Kind::Int64),
        "google.protobuf.UInt64Value" => return of_kind(&Kind::Uint64),
        "google.protobuf.Int32Value" => return of_kind(&Kind::Int32),
        "google.protobuf.UInt32Value" => return of_kind(&Kind::Uint32),
        "google.protobuf.BoolValue" => return of_kind(&Kind::Bool),
        "google.protobuf.StringValue" => return of_kind(&Kind::String),
        "google.protobuf.BytesValue" => return of_kind(&Kind::Bytes),
        _ => return None,
    })
}
