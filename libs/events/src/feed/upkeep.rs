//! The feed's background work: partitions, marks, and a watch on the horizon.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use postgres::DatabaseError;
use tokio_util::sync::CancellationToken;

use super::Inner;
use super::horizon::HorizonWatch;
use super::page::ReadError;

/// How often the horizon is looked at, and the clock for what else is due.
const ROUND: Duration = Duration::from_secs(5);
/// How often partitions are made and dropped.
const PARTITIONS_EVERY: SignedDuration = SignedDuration::from_hours(24);
/// How often a mark is made.
const MARK_EVERY: SignedDuration = SignedDuration::from_hours(1);

/// Works until it is told to stop. What fails is done again in the next round.
pub(super) async fn run(feed: &Inner, stop: &CancellationToken) {
    let mut due = Due::default();
    let mut watch = HorizonWatch::new();
    loop {
        if let Err(error) = round(feed, &mut due, &mut watch).await {
            tracing::warn!(%error, "the upkeep of the outbox has failed; it will be tried again");
        }
        if stop
            .run_until_cancelled(tokio::time::sleep(ROUND))
            .await
            .is_none()
        {
            return;
        }
    }
}

/// When work was last done, by the service's clock.
#[derive(Debug, Default)]
struct Due {
    partitions: Option<Timestamp>,
    mark: Option<Timestamp>,
}

fn is_due(last: Option<Timestamp>, every: SignedDuration, now: Timestamp) -> bool {
    last.is_none_or(|last| now.duration_since(last) >= every)
}

async fn round(feed: &Inner, due: &mut Due, watch: &mut HorizonWatch) -> Result<(), ReadError> {
    let now = feed.outbox.clock().now();
    watch.look(&feed.db, &feed.metrics).await?;
    if is_due(due.mark, MARK_EVERY, now) {
        feed.marks.make(&feed.db).await?;
        due.mark = Some(now);
    }
    if is_due(due.partitions, PARTITIONS_EVERY, now) {
        keep_partitions(feed).await?;
        due.partitions = Some(now);
    }
    Ok(())
}

async fn keep_partitions(feed: &Inner) -> Result<(), DatabaseError> {
    let done = sqlx::query!(
        r#"SELECT created AS "created!", dropped AS "dropped!" FROM outbox_upkeep($1, $2)"#,
        i32::from(feed.config.days_ahead),
        i32::from(feed.config.days_kept),
    )
    .fetch_one(feed.db.pool())
    .await?;
    tracing::info!(
        created = done.created,
        dropped = done.dropped,
        "outbox partitions are in order"
    );
    Ok(())
}
