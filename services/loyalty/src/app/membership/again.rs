//! Memberships that could not follow the profiles of their customers: what was in the way may have
//! gone since, as when somebody has left a household.

use std::time::Duration;

use jiff::SignedDuration;
use prometheus_client::metrics::gauge::Gauge;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::follow::bring;
use crate::app::set_aside::set_aside;
use crate::app::{AppError, Loyalty};
use crate::store::membership::apart;

/// How long the task rests.
const REST: Duration = Duration::from_mins(1);
/// How long a membership rests that was tried in vain.
const PAUSE: SignedDuration = SignedDuration::from_mins(10);
/// Memberships of one turn.
const BATCH: i64 = 100;

/// Tries again until it is told to stop. `apart` shows how many do not follow.
pub(crate) async fn keep_following(loyalty: Loyalty, apart: Gauge, stop: CancellationToken) {
    loop {
        if let Err(error) = turn(&loyalty, &apart).await {
            tracing::warn!(%error, "memberships follow their profiles at the next turn");
        }
        let rest = tokio::time::sleep(REST);
        if stop.run_until_cancelled(rest).await.is_none() {
            return;
        }
    }
}

pub(crate) async fn turn(loyalty: &Loyalty, apart: &Gauge) -> Result<(), AppError> {
    let (db, now) = (loyalty.db.pool(), loyalty.now());
    for customer_id in apart::due(db, now - PAUSE, BATCH).await? {
        let tried = try_again(loyalty, customer_id).await;
        if !set_aside(tried, "the merge of a membership", customer_id)? {
            // Behind the others, which it would keep waiting.
            apart::note(db, &[customer_id], now).await?;
        }
    }
    apart.set(apart::count(db).await?);
    Ok(())
}

async fn try_again(loyalty: &Loyalty, customer_id: Uuid) -> Result<(), AppError> {
    let mut tx = loyalty.db.begin().await?;
    bring(loyalty, &mut tx, [customer_id].into()).await?;
    tx.commit().await?;
    loyalty.outbox.committed();
    Ok(())
}
