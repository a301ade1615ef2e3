//! Use cases, one file each: load, decide, store, announce.

pub(crate) mod claw_back;
pub(crate) mod earn;
pub(crate) mod enrol;
mod error;
mod gate;
pub(crate) mod read;
pub(crate) mod redeem;
pub(crate) mod verify;

use chassis::Clock;
use events::Outbox;
use jiff::Timestamp;
use postgres::Database;
use prometheus_client::metrics::gauge::Gauge;
use uuid::Uuid;

use crate::domain::Occasion;
use crate::store;

pub(crate) use error::AppError;
pub(crate) use gate::Gate;

/// The program that customers join by themselves.
pub(crate) const DEFAULT_PROGRAM: &str = "default";

/// What the use cases work with. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Loyalty {
    pub(crate) db: Database,
    pub(crate) outbox: Outbox,
    pub(crate) clock: Clock,
    pub(crate) gate: Gate,
    /// `loyalty_ledger_imbalance`.
    pub(crate) imbalance: Gauge,
}

impl Loyalty {
    /// The present instant, as the database keeps it.
    pub(crate) fn now(&self) -> Timestamp {
        store::kept(self.clock.now())
    }

    /// Decides at this instant, with new ids at hand.
    fn decide<T>(&self, now: Timestamp, decision: impl FnOnce(Occasion<'_>) -> T) -> T {
        let new_id = || -> Uuid { self.clock.new_id() };
        decision(Occasion {
            now,
            new_id: &new_id,
        })
    }
}
