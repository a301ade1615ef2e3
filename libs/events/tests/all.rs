//! Outbox, feed and consumers against a real PostgreSQL, with real processes that are killed.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails by panicking, also in its helpers"
)]

#[path = "all/admin.rs"]
mod admin;
#[path = "all/commit_ack.rs"]
mod commit_ack;
#[path = "all/effects.rs"]
mod effects;
#[path = "all/gaps.rs"]
mod gaps;
#[path = "all/horizon.rs"]
mod horizon;
#[path = "all/kill.rs"]
mod kill;
#[path = "all/leases.rs"]
mod leases;
#[path = "all/outbox.rs"]
mod outbox;
#[path = "all/pace.rs"]
mod pace;
#[path = "all/parking.rs"]
mod parking;
#[path = "all/process.rs"]
mod process;
#[path = "all/remote.rs"]
mod remote;
#[path = "all/retention.rs"]
mod retention;
#[path = "all/throughput.rs"]
mod throughput;
#[path = "all/world.rs"]
mod world;
