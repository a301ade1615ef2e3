//! Sealed values open where they were sealed and nowhere else; tombstones hold.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "all/keys.rs"]
mod keys;
#[path = "all/values.rs"]
mod values;
