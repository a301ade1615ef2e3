//! The use cases, one file each.

mod error;
mod get_questionnaire;
mod get_response;
mod get_score;
mod in_clear;
mod invitations;
mod invite;
mod list_questionnaires;
mod owners;
mod page;
mod submit_response;

use chassis::paging::PageTokens;
use chassis::{Clock, Deadline};
use events::Outbox;
use jiff::Timestamp;
use postgres::Database;
use seal::Keyring;
use sqlx::{Postgres, Transaction};

use crate::store::StoreError;

pub(crate) use error::SurveyError;
pub(crate) use invite::Asking;

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

    /// One moment of the database, for the statements of a read.
    async fn snapshot(&self) -> Result<Transaction<'static, Postgres>, SurveyError> {
        Ok(self.db.snapshot().await.map_err(StoreError::from)?)
    }
}

#[cfg(test)]
mod tests;
