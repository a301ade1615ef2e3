//! What a service does about what is older than it has to be kept.
//!
//! The profile service alone has rules, legal holds, runs and reports; it calls [`RemovalServer`] of whoever holds the
//! data through [`Removers`]. A service says what its records are and how they go by two functions of its schema, as
//! it does for erasures:
//!
//! ```sql
//! -- Removes at most so many records of a kind that are older than an instant, none of these customers; answers how many.
//! remove_old(store text, cut_off timestamptz, held uuid[], most integer) RETURNS bigint
//! -- Counts those that may go and those that are held.
//! count_old(store text, cut_off timestamptz, held uuid[]) RETURNS TABLE (removable bigint, held_back bigint)
//! ```
//!
//! **Holds.** The list of who is held is right until the `expire_time` of a call: until a little later the profile
//! service puts no hold on anybody. A removal that has not come so far is rolled back.

mod others;
mod server;
mod store;

use chassis::{Clock, Service};
use contract::patron::privacy::v1::removal_service_server::RemovalServiceServer;
use postgres::Database;
use sqlx::migrate::Migrator;

pub use others::{Remover, Removers};
pub use server::RemovalServer;

/// What runs have removed: versions 320 to 329 of a service's migrations.
pub static MIGRATIONS: Migrator = sqlx::migrate!();

/// Adds to a role that it removes what is old of these stores, which its schema knows.
#[must_use]
pub fn attach(
    service: Service,
    db: &Database,
    clock: Clock,
    stores: &'static [&'static str],
) -> Service {
    let server = RemovalServer::new(db.clone(), clock, stores);
    service.grpc(chassis::tuned!(RemovalServiceServer::new(server)))
}
