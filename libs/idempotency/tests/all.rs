//! The crate's properties against a real PostgreSQL.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, also in its helpers"
)]

#[path = "all/batch.rs"]
mod batch;
#[path = "all/crash.rs"]
mod crash;
#[path = "all/outcome.rs"]
mod outcome;
#[path = "all/parallel.rs"]
mod parallel;
#[path = "all/sealed.rs"]
mod sealed;
#[path = "all/world.rs"]
mod world;
