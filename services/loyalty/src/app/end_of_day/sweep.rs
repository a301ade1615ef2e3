use std::time::Duration;

use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::steps::{activate, time_out};
use crate::app::books::{Books, Need};
use crate::app::set_aside::set_aside;
use crate::app::{AppError, Loyalty};
use crate::store::end_of_day;

/// How long points whose time has come wait at most.
const INTERVAL: Duration = Duration::from_secs(30);
/// Holders in one transaction.
const BATCH: i64 = 100;
/// Batches of one sweep. What is left is found by the next one.
const MOST_BATCHES: usize = 100;

/// Looks for holds and pending points whose time has come, until it is told to stop.
pub(crate) async fn keep_sweeping(loyalty: Loyalty, stop: CancellationToken) {
    let mut interval = tokio::time::interval(INTERVAL);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while stop.run_until_cancelled(interval.tick()).await.is_some() {
        for _ in 0..MOST_BATCHES {
            match sweep(&loyalty).await {
                Ok(true) if !stop.is_cancelled() => {}
                Ok(_) => break,
                Err(error) => {
                    tracing::warn!(%error, "what is due could not be done; it is tried again");
                    break;
                }
            }
        }
    }
}

/// Ends some holds and activates some points; true when there may be more of them. Replicas that do
/// it at once wait for each other's locks and then find it done.
pub(crate) async fn sweep(loyalty: &Loyalty) -> Result<bool, AppError> {
    let now = loyalty.now();
    let overdue = end_of_day::overdue_holds(loyalty.db.pool(), None, now, BATCH).await?;
    let mut holders: Vec<Uuid> = overdue.iter().map(|(holder_id, _)| *holder_id).collect();
    let ripe = end_of_day::ripe_holders(loyalty.db.pool(), now, BATCH).await?;
    let is_more = overdue.len().max(ripe.len()) >= usize::try_from(BATCH).unwrap_or(usize::MAX);
    holders.extend(ripe);
    holders.sort_unstable();
    holders.dedup();
    if holders.is_empty() {
        return Ok(false);
    }
    match do_all(loyalty, &holders).await {
        Err(error) if !error.is_passing() => {
            // One of them can't be done; the others can, each by itself.
            let mut is_any_done = false;
            for holder_id in holders {
                let done = do_all(loyalty, &[holder_id]).await;
                is_any_done |= set_aside(done, "what is due of a member", holder_id)?;
            }
            Ok(is_more && is_any_done)
        }
        done => done.map(|()| is_more),
    }
}

async fn do_all(loyalty: &Loyalty, holders: &[Uuid]) -> Result<(), AppError> {
    let mut tx = loyalty.db.begin().await?;
    let needs = holders
        .iter()
        .map(|holder_id| Need::of(*holder_id).all_live_lots());
    let needs: Vec<Need> = needs.collect();
    let mut books = Books::open(loyalty, &mut tx, &needs).await?;
    for holder_id in holders {
        activate(&mut books, *holder_id, "activation")?;
    }
    time_out(loyalty, &mut tx, &mut books, holders).await?;
    books.write(&mut tx).await?;
    tx.commit().await?;
    loyalty.outbox.committed();
    Ok(())
}
