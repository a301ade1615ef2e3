//! A service that is asked to erase somebody: what it passes over, waits for, removes and tells.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "all/guard.rs"]
mod guard;
#[path = "all/steps.rs"]
mod steps;
#[path = "all/world.rs"]
mod world;
