//! One migrating process at a time per database.

use std::time::Duration;

use sqlx::postgres::PgConnection;
use tokio::time::{Instant, sleep};

use super::MigrationError;

/// Key of the advisory lock: `patron` in ASCII. Advisory locks are local to their database.
const KEY: i64 = 0x7061_7472_6f6e;
/// Longest wait for another process that migrates.
const BOUND: Duration = Duration::from_mins(5);
const POLL: Duration = Duration::from_millis(50);

/// Waits for the lock and sets the session's limits. The lock goes with the connection at the
/// latest.
///
/// Polls, since a session that waits inside a statement holds a snapshot, and the other's
/// `CREATE INDEX CONCURRENTLY` would wait for that snapshot for ever.
pub(super) async fn take(owner: &mut PgConnection) -> Result<(), MigrationError> {
    super::set_limits(owner).await?;
    let started = Instant::now();
    loop {
        let taken: bool = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)")
            .bind(KEY)
            .fetch_one(&mut *owner)
            .await?;
        if taken {
            return Ok(());
        }
        if started.elapsed() >= BOUND {
            return Err(MigrationError::Locked {
                waited_s: BOUND.as_secs(),
            });
        }
        sleep(POLL).await;
    }
}

/// Gives the lock back. A failure means that the connection is gone, and the lock with it.
pub(super) async fn give_back(owner: &mut PgConnection) {
    let unlock = sqlx::query("SELECT pg_advisory_unlock($1)")
        .bind(KEY)
        .execute(owner)
        .await;
    if let Err(error) = unlock {
        tracing::warn!(%error, "the migration lock went with its connection");
    }
}
