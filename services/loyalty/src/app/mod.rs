//! Use cases, one file each: load, decide, store, announce.

pub(crate) mod accrue;
pub(crate) mod books;
pub(crate) mod claw_back;
pub(crate) mod earn;
pub(crate) mod enrol;
mod error;
pub(crate) mod holds;
mod programs;
pub(crate) mod read;
pub(crate) mod redeem;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod verify;
pub(crate) mod writer;

use chassis::Clock;
use events::Outbox;
use jiff::Timestamp;
use postgres::Database;
use prometheus_client::metrics::gauge::Gauge;

use crate::store;

pub(crate) use error::AppError;
pub(crate) use programs::Programs;

/// The program that customers join by themselves.
pub(crate) const DEFAULT_PROGRAM: &str = "default";

/// What the use cases work with. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Loyalty {
    pub(crate) db: Database,
    pub(crate) outbox: Outbox,
    pub(crate) clock: Clock,
    pub(crate) programs: Programs,
    /// `loyalty_ledger_imbalance`.
    pub(crate) imbalance: Gauge,
}

impl Loyalty {
    /// The present instant, as the database keeps it.
    pub(crate) fn now(&self) -> Timestamp {
        store::kept(self.clock.now())
    }
}
