//! A pool of connections in which nothing can wait for ever.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions, Postgres};
use sqlx::{AssertSqlSafe, Connection as _, SqlSafeStr as _, SqlStr, Transaction};

use crate::begin::Begin;
use crate::distrust::Distrust;
use crate::{DatabaseConfig, DatabaseError, Probe, ProbeLimits};

/// Longest wait for a sign of life when a connection goes back to the pool, or comes from it after
/// [`STALE_AFTER`].
const SIGN_OF_LIFE: Duration = Duration::from_secs(5);

/// Idle time after which a connection is asked for a sign of life before use. Busy pools never get
/// there, so the hot path pays no round trip for it.
const STALE_AFTER: Duration = Duration::from_secs(5);

/// Statements that may each take the longest they are allowed to within [`Database::bounded`].
const STATEMENTS_OF_WORK: u32 = 4;

/// How often the server looks whether the client of a running statement is still there.
const CLIENT_CHECK_MS: u64 = 1_000;

/// A pool of guarded connections to one database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Database {
    pool: PgPool,
    statement_timeout: Duration,
    waiting: Arc<AtomicU32>,
    distrust: Distrust,
}

/// How a transaction begins that sees one state of the database to its end, and writes nothing.
const SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";

/// The pool at one moment, in connections; `waiting` in callers of [`Database::begin`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolState {
    /// Most that there may be.
    pub max: u32,
    /// Open ones.
    pub size: u32,
    /// Open ones that nobody uses.
    pub idle: u32,
    /// Open ones in use, or being opened or given back.
    pub in_use: u32,
    /// Callers that wait for one.
    pub waiting: u32,
}

impl Database {
    /// Makes the pool and proves it with one connection.
    pub async fn connect(config: &DatabaseConfig) -> Result<Self, DatabaseError> {
        config.validate()?;
        let distrust = Distrust::default();
        let pool = pool_options(config, distrust.clone())
            .connect_with(connect_options(config)?)
            .await?;
        Ok(Self::over(pool, config, distrust))
    }

    /// Makes the pool without asking the database, which may be down at this moment.
    pub fn connect_lazy(config: &DatabaseConfig) -> Result<Self, DatabaseError> {
        config.validate()?;
        let distrust = Distrust::default();
        let pool = pool_options(config, distrust.clone());
        let pool = pool.connect_lazy_with(connect_options(config)?);
        Ok(Self::over(pool, config, distrust))
    }

    /// Another pool of the same database, for statements that find few rows by their keys in tables of
    /// any size. Their plans are made once for each connection, and use the indexes of keys whatever is known
    /// of the tables.
    #[must_use]
    pub fn keyed(&self, max_connections: u32) -> Self {
        let options = PgConnectOptions::clone(&self.pool.connect_options());
        let options = options.options([
            ("plan_cache_mode", "force_generic_plan"),
            ("enable_bitmapscan", "off"),
            ("enable_hashjoin", "off"),
            ("enable_mergejoin", "off"),
        ]);
        let pool = self.pool.options().clone();
        Self {
            pool: pool
                .max_connections(max_connections)
                .connect_lazy_with(options),
            statement_timeout: self.statement_timeout,
            waiting: Arc::default(),
            distrust: self.distrust.clone(),
        }
    }

    fn over(pool: PgPool, config: &DatabaseConfig, distrust: Distrust) -> Self {
        let statement_timeout = config.statement_timeout();
        Self {
            pool,
            statement_timeout,
            waiting: Arc::default(),
            distrust,
        }
    }

    /// Begins a transaction. Dropping it rolls it back.
    pub async fn begin(&self) -> Result<Transaction<'static, Postgres>, DatabaseError> {
        self.begun("BEGIN".into_sql_str()).await
    }

    /// A connection for statements that need no transaction.
    pub async fn acquire(&self) -> Result<PoolConnection<Postgres>, DatabaseError> {
        let _waiting = Waiting::count(&self.waiting);
        Ok(self.pool.acquire().await?)
    }

    /// Begins a transaction of a request that has `remaining` time: none of its statements may run
    /// longer. Costs no more round trips than [`begin`](Self::begin).
    pub async fn begin_with_deadline(
        &self,
        remaining: Duration,
    ) -> Result<Transaction<'static, Postgres>, DatabaseError> {
        self.begin_as("BEGIN", remaining).await
    }

    /// Begins a transaction that reads, and sees one state of the database to its end: what several
    /// statements read fits together. It writes nothing, so it has no transaction id and holds back
    /// neither feeds nor writers.
    pub async fn snapshot(&self) -> Result<Transaction<'static, Postgres>, DatabaseError> {
        self.begun(SNAPSHOT.into_sql_str()).await
    }

    /// Begins a [`snapshot`](Self::snapshot) of a request that has `remaining` time.
    pub async fn snapshot_with_deadline(
        &self,
        remaining: Duration,
    ) -> Result<Transaction<'static, Postgres>, DatabaseError> {
        self.begin_as(SNAPSHOT, remaining).await
    }

    async fn begin_as(
        &self,
        begin: &'static str,
        remaining: Duration,
    ) -> Result<Transaction<'static, Postgres>, DatabaseError> {
        let remaining_ms = remaining.as_millis();
        if remaining_ms == 0 {
            // To the server a statement_timeout of 0 means "none at all".
            return Err(DatabaseError::DeadlinePassed);
        }
        if remaining >= self.statement_timeout {
            return self.begun(begin.into_sql_str()).await;
        }
        let limited = format!("{begin}; SET LOCAL statement_timeout = {remaining_ms}");
        self.begun(AssertSqlSafe(limited).into_sql_str()).await
    }

    async fn begun(
        &self,
        statement: SqlStr,
    ) -> Result<Transaction<'static, Postgres>, DatabaseError> {
        let _waiting = Waiting::count(&self.waiting);
        let connection = self.pool.acquire().await?;
        Ok(Begin::new(connection, statement, &self.distrust).await?)
    }

    /// Does work on this database that no caller's deadline bounds: a loop's, which others wait for. The limits
    /// of statements are the server's; one that has gone without a word keeps none of them, and the next turn
    /// may find another server. The work must bear to be done again: it may have been done.
    pub async fn bounded<W: Future>(&self, work: W) -> Result<W::Output, DatabaseError> {
        let longest = self.statement_timeout * STATEMENTS_OF_WORK;
        let outcome = tokio::time::timeout(longest, work).await;
        outcome.map_err(|_| DatabaseError::Silent)
    }

    /// The pool itself, for single statements. Each statement on it acquires a connection of its
    /// own: for more than one, [`begin`](Self::begin) or acquire once.
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// The pool's figures, for metrics.
    pub fn state(&self) -> PoolState {
        let size = self.pool.size();
        let idle = u32::try_from(self.pool.num_idle()).unwrap_or(u32::MAX);
        PoolState {
            max: self.pool.options().get_max_connections(),
            size,
            idle,
            // The two counters are read one after the other.
            in_use: size.saturating_sub(idle),
            waiting: self.waiting.load(Ordering::Relaxed),
        }
    }

    /// Watches this pool for readiness and liveness.
    pub fn probe(&self, limits: ProbeLimits) -> Probe {
        Probe::new(self.clone(), limits)
    }

    /// Refuses new work and closes the connections as they come back, for at most `bound`.
    /// Tells whether all came back.
    pub async fn close(&self, bound: Duration) -> bool {
        tokio::time::timeout(bound, self.pool.close()).await.is_ok()
    }
}

/// Counts one waiting caller for as long as it lives.
struct Waiting<'a>(&'a AtomicU32);

impl<'a> Waiting<'a> {
    fn count(counter: &'a AtomicU32) -> Self {
        counter.fetch_add(1, Ordering::Relaxed);
        Self(counter)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn pool_options(config: &DatabaseConfig, distrust: Distrust) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(config.max_connections)
        .min_connections(config.min_connections)
        .acquire_timeout(Duration::from_millis(config.acquire_timeout_ms))
        .max_lifetime(Duration::from_secs(config.max_lifetime_s))
        .idle_timeout(Duration::from_secs(config.idle_timeout_s))
        // A ping on every acquire doubles the round trips of a short read; connections that rested
        // are asked below.
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for >= STALE_AFTER {
                    sign_of_life(connection).await?;
                }
                Ok(true)
            })
        })
        // sqlx 0.9.0 pings a returned connection without a bound and keeps its permit meanwhile: if
        // the connection died silently, the permit is lost for ever (sqlx issue 4349). Asking
        // first, with a bound, closes such a connection and frees the permit.
        .after_release(move |connection, _| {
            let is_distrusted = distrust.lasts();
            Box::pin(async move {
                if is_distrusted {
                    return Err(silent());
                }
                sign_of_life(connection).await.map(|()| true)
            })
        })
}

async fn sign_of_life(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    // No query is raced here: whoever loses is closed, never used again.
    match tokio::time::timeout(SIGN_OF_LIFE, connection.ping()).await {
        Ok(answer) => answer,
        Err(_) => Err(silent()),
    }
}

fn silent() -> sqlx::Error {
    sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())
}

fn connect_options(config: &DatabaseConfig) -> Result<PgConnectOptions, DatabaseError> {
    let options: PgConnectOptions = config.url.expose().parse()?;
    let options = options.application_name(&config.application_name).options([
        ("statement_timeout", config.statement_timeout_ms),
        ("lock_timeout", config.lock_timeout_ms),
        (
            "idle_in_transaction_session_timeout",
            config.idle_in_transaction_timeout_ms,
        ),
        // A statement whose client is gone stops within a second instead of running to its end.
        ("client_connection_check_interval", CLIENT_CHECK_MS),
    ]);
    // What services ask has an index. A plan from when a table was small would read all of it for each
    // call, until somebody analyses the table. What has no index is read as a whole all the same.
    let options = options.options([("enable_seqscan", "off")]);
    if options.get_socket().is_some() || options.get_host().starts_with('/') {
        return Ok(options);
    }
    // The driver cannot set socket options, so it is the server that notices a silent end; here
    // `sign_of_life` and the statement's deadline do.
    Ok(options.options([
        ("tcp_keepalives_idle", config.tcp_keepalive_s),
        (
            "tcp_keepalives_interval",
            (config.tcp_keepalive_s / 3).max(1),
        ),
        ("tcp_keepalives_count", 3),
        ("tcp_user_timeout", config.tcp_user_timeout_ms),
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DatabaseUrl;

    #[tokio::test]
    async fn work_that_the_database_never_answers_comes_to_an_end_and_other_work_is_done() {
        let config = DatabaseConfig {
            url: DatabaseUrl::new("postgres:///nowhere"),
            statement_timeout_ms: 50,
            lock_timeout_ms: 50,
            ..DatabaseConfig::default()
        };
        let db = Database::connect_lazy(&config).expect("a pool");
        let outcome = db.bounded(std::future::pending::<()>()).await;
        let silence = outcome.expect_err("nobody answers");
        assert!(silence.is_unavailable() && !silence.is_timeout());
        let done = db.bounded(std::future::ready(7)).await;
        assert_eq!(done.expect("it is done"), 7);
    }
}
