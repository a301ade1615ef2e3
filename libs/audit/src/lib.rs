//! The record of who did and saw what.
//!
//! Every write is put on record, and every read whose answer can hold personal data, as the contract
//! declares it: there is no list of methods, so one that is added is on record from its first call. An
//! entry holds who called, on whose behalf, when, what, whose data, the names of the fields, why, and
//! how it ended; never what stood in a field.
//!
//! | Part | What it does |
//! |---|---|
//! | [`Recorder`] | chassis asks it what to keep; it takes the place of an entry before a call runs |
//! | `contract/` | what the contract says of each method, and a look at messages that decodes nothing else |
//! | `writer.rs` | one for each process: entries that wait are written together, as the next batch of its chain |
//! | `growing.rs` | that chain, and the key under which its entries are sealed before they are hashed |
//! | `chain/` | the hash of a batch, and the recomputation of chains: pure |
//! | `server/` | [`AuditServer`] lists the record and verifies it |
//!
//! [`attach`] adds all of it to a role.
//!
//! # Why nothing is missing
//! An answer leaves when its entry is committed; where it can't be, the caller gets `AUDIT_UNAVAILABLE`
//! in its place. A call that is given up halfway leaves its entry all the same, in a place that was taken
//! before it ran. What is left: a process that is killed between the commit of a write and that of its
//! entry. Nobody has an answer then, and who repeats the call by its `request_id` is put on record
//! (`docs/adr/0026-on-record-before-the-answer.md`).

mod attach;
mod chain;
mod contract;
mod draft;
mod growing;
mod metrics;
mod recorder;
mod server;
mod store;
mod upkeep;
mod writer;

use sqlx::migrate::Migrator;

pub use attach::attach;
pub use recorder::{PURPOSE, Recorder};
pub use server::AuditServer;
pub use writer::Writer;

/// The tables of the record: versions 400 to 499 of a service's migrations. They need those of `seal`.
pub static MIGRATIONS: Migrator = sqlx::migrate!();
