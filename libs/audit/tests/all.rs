//! The record of a role that listens on a socket, in a real database.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, also in its helpers"
)]

#[path = "all/kept.rs"]
mod kept;
#[path = "all/listed.rs"]
mod listed;
#[path = "all/tampering.rs"]
mod tampering;
#[path = "all/world.rs"]
mod world;
