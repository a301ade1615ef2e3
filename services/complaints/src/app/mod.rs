//! The use cases, one file each: claim the request, load, let the domain decide, store facts, state
//! and event in one transaction.

mod advance;
mod close_case;
mod create_case;
mod create_message;
mod error;
mod follow_up;
mod get_case;
mod in_clear;
mod list_cases;
mod list_log;
mod owners;
mod page;
mod reopen_case;
mod resolve_case;

use chassis::paging::PageTokens;
use chassis::{Clock, Deadline, Refusal};
use events::Outbox;
use idempotency::{Claim, Keeping, Key};
use jiff::Timestamp;
use postgres::Database;
use prost::{Message, Name};
use seal::{DataKey, Keyring};
use sqlx::{PgConnection, Postgres, Transaction};

use crate::domain::{Case, Entry, Stamp};
use crate::store::{self, StoreError};

pub(crate) use error::CaseError;
pub(crate) use follow_up::FollowUp;

/// What the use cases work with. Cheap to clone.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) db: Database,
    /// Wraps the keys under which what people write is sealed.
    pub(crate) keyring: Keyring,
    pub(crate) clock: Clock,
    pub(crate) outbox: Outbox,
    pub(crate) pages: PageTokens,
}

/// Who asks, and until when an answer is of use.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// The caller's subject.
    pub(crate) caller: String,
    pub(crate) deadline: Deadline,
}

impl App {
    /// The present, as exact as the database keeps it: what is answered now and what is read back
    /// later must be equal.
    fn now(&self) -> Timestamp {
        let now = self.clock.now();
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }

    /// Claims the key of a request. What is answered is kept sealed, as what people write is.
    async fn claim<Q: Message + Name, R: Message + Default>(
        &self,
        call: &Call,
        key: Key,
        request: &Q,
    ) -> Result<Claim<Q, R>, Refusal> {
        let keeping = Keeping::Sealed(self.keyring.clone());
        idempotency::claim(&self.db, &keeping, call.deadline, key, request, self.now()).await
    }

    /// The key under which what is said in a case, and now by an entry, is sealed; `None`: nothing is said. There is none
    /// for a person who was erased.
    async fn key(
        &self,
        db: &mut PgConnection,
        case: &Case,
        entry: &Entry,
    ) -> Result<Option<DataKey>, StoreError> {
        if case.is_wordless() && entry.change.words().is_empty() {
            return Ok(None);
        }
        let key = store::sealed::key(db, &self.keyring, case.opening.customer, self.now());
        Ok(Some(key.await?))
    }

    /// One moment of the database, for the statements of a read.
    async fn snapshot(&self) -> Result<Transaction<'static, Postgres>, CaseError> {
        Ok(self.db.snapshot().await.map_err(StoreError::from)?)
    }

    /// Marks what this actor does now.
    fn stamp(&self, actor: &str) -> Stamp {
        Stamp {
            entry_id: self.clock.new_id(),
            at: self.now(),
            actor: actor.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
