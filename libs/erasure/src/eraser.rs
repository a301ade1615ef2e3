use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chassis::{Clock, Service};
use contract::patron::events::v1::PersonErased;
use events::{HandlerError, NewEvent, Outbox};
use postgres::{Database, DatabaseError};
use sqlx::PgTransaction;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::removed::{Removed, sum};
use crate::store::{self, Task};
use crate::{Outcome, erased};

/// How often is looked for something to do. Erasures are seldom, and nobody waits for them.
const POLL: Duration = Duration::from_millis(500);
/// The wait after a removal has failed.
const RETRY: Duration = Duration::from_secs(5);
/// Request ids that are looked through in one transaction: such that it takes some milliseconds.
const ANSWERS: i64 = 2_000;

/// What a service keeps of people.
#[async_trait]
pub trait PersonalData: Send + Sync + 'static {
    /// Removes what is kept of a person; names every store in which something can be. Done again it finds
    /// nothing. It is what the function `erase_person` of the service's schema does.
    ///
    /// # Errors
    /// When it could not; it is tried again.
    async fn remove(
        &self,
        tx: &mut PgTransaction<'_>,
        ids: &[Uuid],
    ) -> Result<Vec<Removed>, HandlerError> {
        Ok(store::erase_person(tx, ids).await?)
    }

    /// The ids of a person's things that answers of this service name without naming the person. Called
    /// before [`remove`](Self::remove).
    ///
    /// # Errors
    /// When the database could not be asked.
    async fn things(
        &self,
        _tx: &mut PgTransaction<'_>,
        _ids: &[Uuid],
    ) -> Result<Vec<Uuid>, HandlerError> {
        Ok(Vec::new())
    }

    /// Tells that all is removed. Services announce it.
    ///
    /// # Errors
    /// When it could not; it is tried again.
    async fn tell(
        &self,
        tx: &mut PgTransaction<'_>,
        outbox: &Outbox,
        report: Report,
    ) -> Result<(), HandlerError> {
        let erasure_id = report.erasure_id;
        let event = NewEvent::about(erasure_id, None, &report.encode(outbox.source()));
        Ok(outbox.append(tx, event).await?)
    }
}

/// What a service has removed of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The erasure.
    pub erasure_id: Uuid,
    /// Which time of asking it answers.
    pub round: i32,
    /// Store by store.
    pub stores: Vec<Removed>,
}

impl Report {
    fn encode(self, service: &str) -> PersonErased {
        PersonErased {
            erasure_id: self.erasure_id.to_string(),
            service: service.to_owned(),
            round: self.round,
            stores: self.stores.into_iter().map(Removed::encode).collect(),
        }
    }
}

/// Erases whom the service was asked to. Cheap to clone.
#[derive(Clone)]
pub struct Eraser {
    /// The database of the service.
    pub db: Database,
    /// Where it announces.
    pub outbox: Outbox,
    /// Its clock.
    pub clock: Clock,
    /// What it keeps of people.
    pub data: Arc<dyn PersonalData>,
}

/// Why a step was not taken. It is tried again.
#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    /// The database could not be asked.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The service could not remove what it keeps.
    #[error("{0}")]
    Data(HandlerError),
}

impl From<sqlx::Error> for EraseError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

impl From<HandlerError> for EraseError {
    fn from(error: HandlerError) -> Self {
        Self::Data(error)
    }
}

impl Eraser {
    /// Adds the work to a service.
    #[must_use]
    pub fn attach(self, service: Service) -> Service {
        service.task("erasures", move |stop| self.clone().run(stop))
    }

    async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let wait = match self.step().await {
                Ok(true) => continue,
                Ok(false) => POLL,
                Err(error) => {
                    tracing::error!(%error, "a person could not be erased now; it is tried again");
                    RETRY
                }
            };
            stop.run_until_cancelled(tokio::time::sleep(wait)).await;
        }
    }

    /// Takes one step of one erasure; tells whether there was one to take.
    ///
    /// # Errors
    /// When it could not be taken. Others come first then.
    pub async fn step(&self) -> Result<bool, EraseError> {
        let mut tx = self.db.begin().await?;
        let Some(task) = store::next(&mut tx).await? else {
            return Ok(false);
        };
        let id = task.erasure_id;
        match self.advance(&mut tx, task).await {
            Ok(()) => {
                tx.commit().await?;
                self.outbox.committed();
                Ok(true)
            }
            Err(error) => {
                tx.rollback().await?;
                store::note_failed(self.db.pool(), id).await?;
                Err(error)
            }
        }
    }

    async fn advance(&self, tx: &mut PgTransaction<'_>, task: Task) -> Result<(), EraseError> {
        if !task.has_ceiling {
            return Ok(store::set_ceiling(tx, task.erasure_id).await?);
        }
        match &task.mentions {
            None => self.remove(tx, task).await,
            Some(mentions) => {
                let mentions = mentions.clone();
                self.look_through(tx, task, &mentions).await
            }
        }
    }

    async fn remove(&self, tx: &mut PgTransaction<'_>, task: Task) -> Result<(), EraseError> {
        let ids = &task.customer_ids;
        let mut named = self.data.things(tx, ids).await?;
        named.extend(ids);
        let mut removed = self.data.remove(tx, ids).await?;
        // After the rows: whoever waited for a lock on them has announced nothing since.
        removed.push(Removed {
            store: "outbox".to_owned(),
            outcome: Outcome::Anonymized,
            rows: store::erase_announced(tx, ids).await?,
        });
        removed.push(Removed {
            store: "dead_letters".to_owned(),
            outcome: Outcome::Deleted,
            rows: store::delete_parked(tx, ids).await?,
        });
        let mentions: Vec<String> = named.iter().map(Uuid::to_string).collect();
        let removed = sum(task.removed.0, removed);
        store::note_removed(tx, task.erasure_id, &mentions, removed).await?;
        Ok(())
    }

    async fn look_through(
        &self,
        tx: &mut PgTransaction<'_>,
        task: Task,
        mentions: &[String],
    ) -> Result<(), EraseError> {
        let after = task.scanned_to;
        let Some(last) = store::next_answers(tx, after, ANSWERS).await? else {
            return self.confirm(tx, task).await;
        };
        let refusal = erased().to_stored();
        let answers = Removed {
            store: "idempotency_keys".to_owned(),
            outcome: Outcome::Anonymized,
            rows: store::replace_answers(tx, (after, last), mentions, &refusal).await?,
        };
        let removed = sum(task.removed.0, vec![answers]);
        store::note_scanned(tx, task.erasure_id, last, removed).await?;
        Ok(())
    }

    async fn confirm(&self, tx: &mut PgTransaction<'_>, task: Task) -> Result<(), EraseError> {
        let none = Removed {
            store: "idempotency_keys".to_owned(),
            outcome: Outcome::Anonymized,
            rows: 0,
        };
        let report = Report {
            erasure_id: task.erasure_id,
            round: task.round,
            stores: sum(task.removed.0, vec![none]),
        };
        self.data.tell(tx, &self.outbox, report).await?;
        store::note_confirmed(tx, task.erasure_id, self.clock.now()).await?;
        Ok(())
    }
}
