//! The library against a real PostgreSQL.

#![expect(clippy::expect_used, reason = "a helper that fails fails its test")]

#[path = "all/database.rs"]
mod database;
#[path = "all/embedded.rs"]
mod embedded;
#[path = "all/migrations.rs"]
mod migrations;
#[path = "all/probe.rs"]
mod probe;
#[path = "all/provision.rs"]
mod provision;
#[path = "all/support.rs"]
mod support;
#[path = "all/testing.rs"]
mod testing;
