//! How far the commit horizon is behind, and who holds it back.

use std::time::Duration;

use postgres::{Database, DatabaseError};
use tokio::time::Instant;

use super::metrics::FeedMetrics;
use super::page::ReadError;

/// Age of a horizon that nobody need look at.
pub(super) const MOMENT: Duration = Duration::from_secs(1);
/// Age of a horizon from which on the one who holds it back is named in the log.
const LONG: Duration = Duration::from_secs(10);

/// Watches the horizon, which belongs to the whole PostgreSQL cluster: a transaction that was left
/// open in any of its databases keeps every feed from going on.
#[derive(Debug)]
pub(super) struct HorizonWatch {
    held_at: u64,
    since: Instant,
}

impl HorizonWatch {
    pub(super) fn new() -> Self {
        Self {
            held_at: 0,
            since: Instant::now(),
        }
    }

    /// Looks once and reports.
    pub(super) async fn look(
        &mut self,
        db: &Database,
        metrics: &FeedMetrics,
    ) -> Result<(), ReadError> {
        let (horizon, ceiling) = read(db).await?;
        if horizon != self.held_at || horizon == ceiling {
            *self = Self {
                held_at: horizon,
                since: Instant::now(),
            };
        }
        let age = self.since.elapsed();
        metrics.horizon(ceiling.saturating_sub(horizon), age);
        if age >= LONG {
            self.name_holder(db, age).await?;
        }
        Ok(())
    }

    async fn name_holder(&self, db: &Database, age: Duration) -> Result<(), ReadError> {
        let Some(holder) = oldest_writer(db).await? else {
            return Ok(());
        };
        tracing::warn!(
            horizon = self.held_at,
            age_ms = age.as_millis(),
            holder.pid = holder.pid,
            holder.database = holder.database,
            holder.role = holder.role,
            holder.application = holder.application,
            "an open transaction holds back all event feeds of this PostgreSQL cluster"
        );
        Ok(())
    }
}

async fn read(db: &Database) -> Result<(u64, u64), ReadError> {
    let record = sqlx::query!(
        r#"SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS "horizon!",
               pg_snapshot_xmax(pg_current_snapshot())::text AS "ceiling!""#
    )
    .fetch_one(db.pool())
    .await
    .map_err(DatabaseError::from)?;
    let number = |text: String| {
        text.parse()
            .map_err(|_| ReadError::Corrupt { column: "horizon" })
    };
    Ok((number(record.horizon)?, number(record.ceiling)?))
}

struct Holder {
    pid: Option<i32>,
    database: Option<String>,
    role: Option<String>,
    application: Option<String>,
}

/// Every transaction that writes holds a lock on its own id, which everybody may see; the ids in
/// `pg_stat_activity` only those with special rights. What runs under another role hides its
/// application's name.
async fn oldest_writer(db: &Database) -> Result<Option<Holder>, ReadError> {
    let holder = sqlx::query_as!(
        Holder,
        r#"SELECT lock.pid, activity.datname::text AS database, activity.usename::text AS role,
               activity.application_name AS application
           FROM pg_locks AS lock LEFT JOIN pg_stat_activity AS activity USING (pid)
           WHERE lock.locktype = 'transactionid' AND lock.mode = 'ExclusiveLock' AND lock.granted
           ORDER BY age(lock.transactionid) DESC LIMIT 1"#
    );
    Ok(holder
        .fetch_optional(db.pool())
        .await
        .map_err(DatabaseError::from)?)
}
