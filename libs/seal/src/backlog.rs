//! Rows that were written in clear before their columns were sealed, sealed while the service goes on.
//!
//! Meanwhile the service reads rows of both kinds. They are looked for when a replica starts, and from time to time
//! after: a replica of the release before may still write some.
//!
//! What can't be sealed is passed over, so that it keeps nothing behind it from being sealed, stands in the log, and is
//! tried again.

use std::error::Error;
use std::slice;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chassis::Service;
use postgres::{Database, DatabaseError};
use sqlx::PgConnection;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::store::KeyError;

/// How often it is looked whether something is left.
const POLL: Duration = Duration::from_mins(10);
/// Most ids under which rows are sealed together.
const MOST: i64 = 100;
/// Time for that.
const TIME: Duration = Duration::from_secs(30);

/// Why rows could not be sealed.
#[derive(Debug, thiserror::Error)]
pub enum BacklogError {
    /// The database could not be asked: the next rows would fare no better.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// They can't be, whatever is behind them.
    #[error(transparent)]
    Rows(Box<dyn Error + Send + Sync>),
}

impl From<KeyError> for BacklogError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Database(error) => Self::Database(error),
            error => Self::Rows(Box::new(error)),
        }
    }
}

/// What a service still has in clear.
#[async_trait]
pub trait Backlog: Send + Sync + 'static {
    /// The first ids after one, in their order, under which something stands in clear.
    ///
    /// # Errors
    /// When the database could not be asked.
    async fn next(
        &self,
        db: &mut PgConnection,
        after: Uuid,
        limit: i64,
    ) -> Result<Vec<Uuid>, BacklogError>;

    /// Seals what stands in clear under these ids, in the transaction that is open; answers how many rows. Passed over is
    /// what others hold, and what people who are erased have said: it is about to go.
    ///
    /// # Errors
    /// When some of it can't be sealed; then nothing of it is.
    async fn seal(&self, db: &mut PgConnection, ids: &[Uuid]) -> Result<u64, BacklogError>;
}

/// Adds to a service that rows of before are sealed in its database while it goes on, in every replica.
#[must_use]
pub fn attach_backlog(service: Service, db: &Database, backlog: Arc<dyn Backlog>) -> Service {
    let db = db.clone();
    service.task("rows-in-clear", move |stop| {
        run(db.clone(), Arc::clone(&backlog), stop)
    })
}

/// Runs until stopped. What was done is not done again after a restart.
async fn run(db: Database, backlog: Arc<dyn Backlog>, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match seal_all(&db, &*backlog, &stop).await {
            Ok(0) => {}
            Ok(rows) => tracing::info!(rows, "rows that were in clear are sealed"),
            Err(error) => {
                tracing::warn!(%error, "rows that are in clear could not be sealed; it is tried again");
            }
        }
        stop.run_until_cancelled(tokio::time::sleep(POLL)).await;
    }
}

async fn seal_all(
    db: &Database,
    backlog: &dyn Backlog,
    stop: &CancellationToken,
) -> Result<u64, BacklogError> {
    let (mut after, mut rows) = (Uuid::nil(), 0_u64);
    while !stop.is_cancelled() {
        let ids = {
            let mut connection = db.acquire().await?;
            backlog.next(&mut connection, after, MOST).await?
        };
        let Some(last) = ids.last() else {
            break;
        };
        after = *last;
        let sealed = match seal_together(db, backlog, &ids).await {
            Err(BacklogError::Rows(_)) => seal_each(db, backlog, &ids).await?,
            sealed => sealed?,
        };
        rows = rows.saturating_add(sealed);
    }
    Ok(rows)
}

async fn seal_together(
    db: &Database,
    backlog: &dyn Backlog,
    ids: &[Uuid],
) -> Result<u64, BacklogError> {
    let mut tx = db.begin_with_deadline(TIME).await?;
    let rows = backlog.seal(&mut tx, ids).await?;
    tx.commit().await.map_err(DatabaseError::from)?;
    Ok(rows)
}

async fn seal_each(
    db: &Database,
    backlog: &dyn Backlog,
    ids: &[Uuid],
) -> Result<u64, BacklogError> {
    let mut rows = 0_u64;
    for id in ids {
        match seal_together(db, backlog, slice::from_ref(id)).await {
            Err(BacklogError::Rows(error)) => {
                tracing::error!(%id, %error, "what stands in clear can't be sealed");
            }
            sealed => rows = rows.saturating_add(sealed?),
        }
    }
    Ok(rows)
}
