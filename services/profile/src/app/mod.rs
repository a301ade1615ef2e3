//! The use cases, one file each.

pub(crate) mod announce;
pub(crate) mod browse;
pub(crate) mod contact;
pub(crate) mod create_customer;
pub(crate) mod identity;
pub(crate) mod intake;
pub(crate) mod privacy;
pub(crate) mod update_customer;

use chassis::{Clock, Deadline, Refusal};
use events::Outbox;
use jiff::Timestamp;
use postgres::Database;
use seal::Keyring;
use sqlx::{Postgres, Transaction};

use crate::domain::instant::to_microsecond;
use crate::refusals;

/// What the use cases need. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct App {
    pub(crate) db: Database,
    pub(crate) outbox: Outbox,
    pub(crate) clock: Clock,
    pub(crate) secrets: contact::Secrets,
    /// Makes the fingerprints by which identifiers of people who were erased are refused.
    pub(crate) keyring: Keyring,
}

impl App {
    /// The present instant, as it can be stored.
    pub(crate) fn now(&self) -> Timestamp {
        to_microsecond(self.clock.now())
    }

    /// One connection, and on it one transaction, that ends with the call's time.
    async fn begin(&self, deadline: Deadline) -> Result<Transaction<'static, Postgres>, Refusal> {
        let begun = self.db.begin_with_deadline(deadline.remaining()).await;
        begun.map_err(refusals::database)
    }
}
