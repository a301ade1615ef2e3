//! What a service holds of a person, record by record, for the person.
//!
//! Tables of a service are found in its schema: whatever has a `customer_id` is handed out, so that a table that
//! comes later is not forgotten. What a service says ([`Shape`]) is what its tables are held for, which of them hold
//! nothing but copies, and how numbers and encoded columns are written for people.
//!
//! Records are read by the primary key, some at a time: no transaction stays open while somebody reads.

mod open;
mod others;
mod row;
mod sealed;
mod server;
mod shape;
mod store;

use chassis::Service;
use contract::patron::privacy::v1::disclosure_service_server::DisclosureServiceServer;
use postgres::Database;

pub use contract::patron::privacy::v1::Origin;
pub use open::{NotOpened, Opener};
pub use others::{Discloser, Disclosers, Records, UnknownDiscloser};
pub use sealed::{KEY_OF_CUSTOMER, SealedTable, SealedTables, bytes, id, key_beside};
pub use server::DisclosureServer;
pub use shape::{Kind, Shape};

/// Adds to a role that it tells what it holds.
#[must_use]
pub fn attach(service: Service, db: &Database, shape: &'static Shape) -> Service {
    attach_server(service, DisclosureServer::new(db.clone(), shape))
}

/// The same, by a server that was made for it.
#[must_use]
pub fn attach_server(service: Service, server: DisclosureServer) -> Service {
    service.grpc(chassis::tuned!(DisclosureServiceServer::new(server)))
}
