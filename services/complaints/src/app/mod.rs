//! The use cases, one file each: claim the request, load, let the domain decide, store facts, state
//! and event in one transaction.

mod advance;
mod close_case;
mod create_case;
mod create_message;
mod error;
mod follow_up;
mod get_case;
mod list_cases;
mod list_log;
mod owners;
mod page;
mod reopen_case;
mod resolve_case;

use chassis::paging::PageTokens;
use chassis::{Clock, Deadline};
use events::Outbox;
use jiff::Timestamp;
use postgres::Database;
use seal::Keyring;
use sqlx::{Postgres, Transaction};

use crate::domain::Stamp;
use crate::store::StoreError;

pub(crate) use error::CaseError;
pub(crate) use follow_up::FollowUp;

/// What the use cases work with. Cheap to clone.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) db: Database,
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
