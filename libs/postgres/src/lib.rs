//! Pools, migrations, the embedded cluster, and a fresh database for each test.
//!
//! - [`Database`]: a pool that is guarded against every way a connection can hang; [`Probe`] tells
//!   a lost database from a starved pool; [`DatabaseError`] classifies what went wrong.
//! - [`Migrations`]: the libraries' and the service's migrations under one history, applied by the
//!   owner role, with the application role granted only what it needs. [`provision`] makes the
//!   database and both roles.
//! - [`Embedded`]: a private cluster on a unix socket, for `patron up`.
//! - [`testing`]: a real, empty, migrated database for each test, in milliseconds.
//!
//! # Queries that are checked at compile time
//! Static SQL uses the `sqlx::query!` family. Its metadata is committed in `.sqlx`, so building
//! needs no database; after changing SQL or migrations run `scripts/sqlx-prepare <crate>`. The
//! crate's `sqlx.toml` maps `timestamptz` to `jiff_sqlx::Timestamp`, `date` to `jiff_sqlx::Date`
//! and `uuid` to `uuid::Uuid`. A `query_as!` field that is not null may be a `jiff::Timestamp`
//! itself; a parameter is bound with `jiff_sqlx::ToSqlx::to_sqlx`.

mod begin;
mod config;
mod database;
mod digest;
mod distrust;
pub mod embedded;
mod error;
pub mod migrations;
mod probe;
mod provision;
mod sql;
pub mod testing;

pub use config::{DatabaseConfig, DatabaseUrl};
pub use database::{Database, PoolState};
pub use embedded::Embedded;
pub use error::DatabaseError;
pub use migrations::Migrations;
pub use probe::{NotReady, Probe, ProbeLimits};
pub use provision::{Provision, provision};
