//! Use cases, one file each: load, decide, store, announce.

pub(crate) mod accrue;
pub(crate) mod adjustments;
pub(crate) mod benefits;
pub(crate) mod books;
pub(crate) mod challenges;
pub(crate) mod coupons;
#[cfg(test)]
pub(crate) mod desk;
pub(crate) mod draws;
mod eligibility;
pub(crate) mod end_of_day;
pub(crate) mod enrol;
mod error;
pub(crate) mod explanation;
pub(crate) mod grants;
pub(crate) mod growth;
pub(crate) mod holds;
pub(crate) mod households;
pub(crate) mod liability;
pub(crate) mod membership;
mod once;
pub(crate) mod packages;
pub(crate) mod programs;
pub(crate) mod rating;
pub(crate) mod read;
pub(crate) mod redeem;
pub(crate) mod referrals;
pub(crate) mod rewards;
pub(crate) mod runs;
mod set_aside;
pub(crate) mod simulation;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod tiers;
pub(crate) mod transfers;
pub(crate) mod verify;
pub(crate) mod writer;

use std::sync::Arc;

use chassis::{Clock, Secret};
use events::Outbox;
use jiff::Timestamp;
use postgres::Database;
use prometheus_client::metrics::gauge::Gauge;
use sqlx::{Postgres, Transaction};

use crate::domain::membership::CardPrefix;
use crate::store;

pub(crate) use error::AppError;
pub(crate) use once::Call;
pub(crate) use programs::{Programs, ProgramsError};
use rewards::Crowd;

/// The program that customers join by themselves.
pub(crate) const DEFAULT_PROGRAM: &str = "default";

/// What the use cases work with. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Loyalty {
    pub(crate) db: Database,
    pub(crate) outbox: Outbox,
    pub(crate) clock: Clock,
    /// The programs, ready for use.
    pub(crate) programs: Programs,
    /// Where buyers of rewards wait.
    pub(crate) crowd: Crowd,
    /// `loyalty_parked_ratings`.
    pub(crate) parked: Gauge,
    /// What referral codes and the seeds of draws are computed under. All replicas share it.
    pub(crate) secret: Arc<Secret<[u8; 32]>>,
    /// What card numbers begin with.
    pub(crate) card_prefix: CardPrefix,
    /// `loyalty_ledger_imbalance`.
    pub(crate) imbalance: Gauge,
}

impl Loyalty {
    /// The present instant, as the database keeps it.
    pub(crate) fn now(&self) -> Timestamp {
        store::kept(self.clock.now())
    }

    /// One moment of the database, for the statements of a read. The default program is there in it.
    pub(crate) async fn snapshot(&self) -> Result<Transaction<'static, Postgres>, AppError> {
        self.programs.make_first(&self.db).await?;
        Ok(self.db.snapshot().await?)
    }
}
