//! Protobuf's JSON, both ways, for any message of a descriptor pool.
//!
//! Reading is `prost-reflect`'s, which follows the specification; when it refuses, the body is read
//! once more, slowly, to tell the caller every wrong field by its path. Writing is our own, because
//! clients and the replay of an answer need the same text for the same message: map keys are
//! sorted, and fields without presence are always there.

mod decode;
mod diagnose;
mod encode;
mod twice;

pub(crate) use decode::{JsonError, decode, decode_field};
pub(crate) use encode::{FieldJson, Json};

/// Whether the JSON of this message is one string or number instead of an object.
pub(crate) fn is_single_value(full_name: &str) -> bool {
    matches!(
        full_name,
        "google.protobuf.Timestamp"
            | "google.protobuf.Duration"
            | "google.protobuf.FieldMask"
            | "google.protobuf.FloatValue"
            | "google.protobuf.DoubleValue"
            | "google.protobuf.Int32Value"
            | "google.protobuf.Int64Value"
            | "google.protobuf.UInt32Value"
            | "google.protobuf.UInt64Value"
            | "google.protobuf.BoolValue"
            | "google.protobuf.StringValue"
            | "google.protobuf.BytesValue"
    )
}

/// Whether the specification gives this message a JSON of its own.
pub(crate) fn is_well_known(full_name: &str) -> bool {
    is_single_value(full_name)
        || matches!(
            full_name,
            "google.protobuf.Any"
                | "google.protobuf.Struct"
                | "google.protobuf.ListValue"
                | "google.protobuf.Value"
                | "google.protobuf.Empty"
        )
}
