//! Rows that were written in clear before their columns were sealed, sealed while the service goes on.
//!
//! Meanwhile the service reads rows of both kinds. They are looked for when a replica starts, and from time to time
//! after: a replica of the release before may still write some.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chassis::Service;
use postgres::Database;
use sqlx::PgConnection;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How often it is looked whether something is left.
const POLL: Duration = Duration::from_mins(10);
/// Time for a part of it.
const TIME: Duration = Duration::from_secs(30);

/// Why rows could not be sealed.
pub type BacklogError = Box<dyn Error + Send + Sync>;

/// What a service still has in clear.
#[async_trait]
pub trait Backlog: Send + Sync + 'static {
    /// Seals some of it, behind `after` in the order of its ids, in the transaction that is open; `None`: there is no
    /// more behind it. Passed over is what others hold, and what people who are erased have said: it is about to go.
    ///
    /// # Errors
    /// When it could not be done; it is tried again later.
    async fn seal_some(
        &self,
        db: &mut PgConnection,
        after: Uuid,
    ) -> Result<Option<Part>, BacklogError>;
}

/// A part of what was in clear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The last id of it.
    pub last: Uuid,
    /// How many rows are sealed now.
    pub rows: u64,
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
        let mut tx = db.begin_with_deadline(TIME).await?;
        let part = backlog.seal_some(&mut tx, after).await?;
        tx.commit().await?;
        let Some(part) = part else {
            break;
        };
        after = part.last;
        rows = rows.saturating_add(part.rows);
    }
    Ok(rows)
}
