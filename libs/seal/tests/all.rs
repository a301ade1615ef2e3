//! Sealed values open where they were sealed and nowhere else; tombstones hold.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[path = "all/keys.rs"]
mod keys;
#[path = "all/values.rs"]
mod values;
