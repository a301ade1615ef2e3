//! Partitions of the record: made before they are needed, dropped when they are past their time.

use std::time::Duration;

use postgres::Database;
use tokio_util::sync::CancellationToken;

/// How often it is looked whether there is something to do.
const EVERY: Duration = Duration::from_hours(12);
/// The wait after a failure.
const AGAIN: Duration = Duration::from_mins(1);
/// Partitions ahead.
const MONTHS_AHEAD: i32 = 2;
/// How long entries are kept.
const MONTHS_KEPT: i32 = 36;

/// Works until it is told to stop.
pub(crate) async fn run(db: Database, stop: CancellationToken) {
    loop {
        let rest = match crate::store::upkeep(&db, MONTHS_AHEAD, MONTHS_KEPT).await {
            Ok((created, dropped)) => {
                tracing::info!(created, dropped, "partitions of the record are in order");
                EVERY
            }
            Err(error) => {
                tracing::warn!(%error, "the upkeep of the record has failed; it will be tried again");
                AGAIN
            }
        };
        if stop
            .run_until_cancelled(tokio::time::sleep(rest))
            .await
            .is_none()
        {
            return;
        }
    }
}
