//! Telling that a version has come into force, when its instant has come.

use std::time::Duration;

use sqlx::PgTransaction;
use tokio_util::sync::CancellationToken;

use super::announce_event;
use crate::app::{AppError, DEFAULT_PROGRAM, Loyalty};
use crate::store::program::{self as store, Due};
use crate::wire::programs as encode;

/// How often is looked. Only who listens to the events waits for it: the version itself is in force
/// at its instant.
const INTERVAL: Duration = Duration::from_secs(1);
/// Versions that are announced in one transaction.
const BATCH: i64 = 20;

/// Announces what has come into force until it is told to stop. The first thing that it does is to
/// see to it that there is a default program.
pub(crate) async fn run(loyalty: Loyalty, stop: CancellationToken) {
    let mut interval = tokio::time::interval(INTERVAL);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while stop.run_until_cancelled(interval.tick()).await.is_some() {
        if let Err(error) = announce_due(&loyalty).await {
            tracing::warn!(%error, "versions of programs could not be announced; it is tried again");
        }
    }
}

async fn announce_due(loyalty: &Loyalty) -> Result<(), AppError> {
    let mut tx = loyalty.db.begin().await?;
    loyalty.programs.schedule(&mut tx, DEFAULT_PROGRAM).await?;
    let mut announced = 0;
    for due in store::due(&mut *tx, loyalty.now(), BATCH).await? {
        announced += usize::from(announce(loyalty, &mut tx, &due).await?);
    }
    tx.commit().await?;
    if announced > 0 {
        loyalty.outbox.committed();
    }
    Ok(())
}

async fn announce(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    due: &Due,
) -> Result<bool, AppError> {
    // Another replica may be at it; its row says so, and is waited for.
    if !store::announced(&mut **tx, due, loyalty.now()).await? {
        return Ok(false);
    }
    let schedule = store::schedule(&mut **tx, &due.program_id).await?;
    let event = encode::activated(due, schedule.before(due.version));
    announce_event(&loyalty.outbox, tx, &due.program_id, &event).await?;
    Ok(true)
}
