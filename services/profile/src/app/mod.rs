//! The use cases, one file each.

pub(crate) mod accounts;
pub(crate) mod announce;
pub(crate) mod attributes;
pub(crate) mod browse;
pub(crate) mod contact;
pub(crate) mod create_customer;
pub(crate) mod export;
pub(crate) mod health;
pub(crate) mod hearing;
pub(crate) mod identity;
pub(crate) mod imports;
pub(crate) mod intake;
pub(crate) mod interactions;
mod policies;
pub(crate) mod privacy;
pub(crate) mod quality;
pub(crate) mod ratings;
pub(crate) mod reach;
pub(crate) mod readers;
pub(crate) mod rotate;
mod seal_remarks;
mod search;
pub(crate) mod segments;
pub(crate) mod tag_rules;
pub(crate) mod tags;
pub(crate) mod traits;
pub(crate) mod update_customer;

use std::time::Duration;

use chassis::{Clock, Deadline, Refusal};
use events::Outbox;
use idempotency::{Claim, Keeping, Key};
use jiff::{SignedDuration, Timestamp};
use postgres::Database;
use prost::{Message, Name};
use seal::Keyring;
use sqlx::{PgConnection, Postgres, Transaction};
use uuid::Uuid;

use crate::domain::ids::CustomerId;
use crate::domain::instant::to_microsecond;
use crate::domain::points::phone::Country;
use crate::refusals;
use crate::store::{Keys, StoreError};

/// Time for what comes without a deadline, which only calls in this process can.
pub(crate) const DEFAULT_TIME: Duration = Duration::from_secs(30);

/// What the use cases need. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct App {
    pub(crate) db: Database,
    pub(crate) outbox: Outbox,
    pub(crate) clock: Clock,
    pub(crate) secrets: contact::Secrets,
    /// Wraps the keys under which personal data is sealed, and makes the fingerprints by which it is found, and by
    /// which identifiers of people who were erased are refused.
    pub(crate) keyring: Keyring,
    /// Of which country national phone numbers are of people whose own is not known.
    pub(crate) country: Option<Country>,
    /// How long what was confirmed holds.
    pub(crate) stale_after: SignedDuration,
}

impl App {
    /// The present instant, as it can be stored.
    pub(crate) fn now(&self) -> Timestamp {
        to_microsecond(self.clock.now())
    }

    /// Claims the key of a request. What is answered is kept sealed, as all that is known of people.
    pub(crate) async fn claim<Q: Message + Name, R: Message + Default>(
        &self,
        deadline: Deadline,
        key: Key,
        request: &Q,
    ) -> Result<Claim<Q, R>, Refusal> {
        let keeping = Keeping::Sealed(self.keyring.clone());
        idempotency::claim(&self.db, &keeping, deadline, key, request, self.now()).await
    }

    /// The keys of the customers whom a transaction writes.
    async fn keys(
        &self,
        db: &mut PgConnection,
        customers: impl IntoIterator<Item = CustomerId>,
    ) -> Result<Keys, StoreError> {
        let customers: Vec<Uuid> = customers.into_iter().map(|id| id.0).collect();
        Keys::of(db, &self.keyring, &customers, self.now()).await
    }

    /// One connection, and on it one transaction, that ends with the call's time.
    async fn begin(&self, deadline: Deadline) -> Result<Transaction<'static, Postgres>, Refusal> {
        let begun = self.db.begin_with_deadline(deadline.remaining()).await;
        begun.map_err(refusals::database)
    }

    /// As [`begin`](Self::begin), to read: what its statements see is one moment of the database.
    async fn snapshot(
        &self,
        deadline: Deadline,
    ) -> Result<Transaction<'static, Postgres>, Refusal> {
        let begun = self.db.snapshot_with_deadline(deadline.remaining()).await;
        begun.map_err(refusals::database)
    }
}
