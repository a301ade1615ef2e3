//! Tells whether a service can reach its database, and whether its own pool is the reason why not.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sqlx::{ConnectOptions as _, Connection as _};
use tokio::time::{Instant, timeout};

use crate::{Database, DatabaseError, PoolState};

/// Bounds of a [`Probe`].
#[derive(Clone, Copy, Debug)]
pub struct ProbeLimits {
    /// Longest wait for one answer. Default 1 s.
    pub answer: Duration,
    /// How long the pool may be starved, while the database answers, before the process should be
    /// replaced. Default 60 s.
    pub starvation: Duration,
}

impl Default for ProbeLimits {
    fn default() -> Self {
        Self {
            answer: Duration::from_secs(1),
            starvation: Duration::from_mins(1),
        }
    }
}

/// Why a service cannot use its database at this moment.
#[derive(Debug, thiserror::Error)]
pub enum NotReady {
    /// The database does not answer, neither through the pool nor beside it.
    #[error("the database does not answer: {source}")]
    Unreachable {
        /// What the direct attempt said.
        source: DatabaseError,
    },
    /// The database answers, but the pool gives no connection: overload, or lost permits.
    #[error("the pool gives no connection since {since:?}: {state:?}")]
    Starved {
        /// For how long it has been so.
        since: Duration,
        /// The pool now.
        state: PoolState,
    },
}

/// Asks the database through the pool, and beside it when the pool has nothing to give.
///
/// Readiness follows the database; liveness never does. Only a pool that stays starved although
/// the database answers is the process's own fault, and only a restart cures it.
#[derive(Debug)]
pub struct Probe {
    database: Database,
    limits: ProbeLimits,
    starved_since: Mutex<Option<Instant>>,
}

impl Probe {
    pub(crate) fn new(database: Database, limits: ProbeLimits) -> Self {
        Self {
            database,
            limits,
            starved_since: Mutex::new(None),
        }
    }

    /// Whether the database can be used now. Takes at most twice [`ProbeLimits::answer`].
    pub async fn ready(&self) -> Result<(), NotReady> {
        match self.ask_through_pool().await {
            Ok(()) => {
                self.note_starved(false);
                Ok(())
            }
            Err(error) => Err(self.find_cause(error).await),
        }
    }

    /// Whether the process should go on living: false once the pool has been starved for
    /// [`ProbeLimits::starvation`] in every [`ready`](Self::ready) since. Asks nobody.
    pub fn alive(&self) -> bool {
        let since = *self
            .starved_since
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        since.is_none_or(|since| since.elapsed() < self.limits.starvation)
    }

    async fn ask_through_pool(&self) -> Result<(), DatabaseError> {
        // Waiting for a permit may be given up without harm; a running query may not.
        let acquired = timeout(self.limits.answer, self.database.pool().acquire()).await;
        let mut connection = acquired.map_err(|_| sqlx::Error::PoolTimedOut)??;
        if let Ok(answer) = timeout(self.limits.answer, connection.ping()).await {
            return Ok(answer?);
        }
        connection.close_on_drop();
        Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()).into())
    }

    async fn find_cause(&self, error: DatabaseError) -> NotReady {
        let state = self.database.state();
        let out_of_permits = matches!(error, DatabaseError::Sql(sqlx::Error::PoolTimedOut));
        if !out_of_permits {
            self.note_starved(false);
            return NotReady::Unreachable { source: error };
        }
        if let Err(source) = self.ask_directly().await {
            self.note_starved(false);
            return NotReady::Unreachable { source };
        }
        NotReady::Starved {
            since: self.note_starved(true),
            state,
        }
    }

    async fn ask_directly(&self) -> Result<(), DatabaseError> {
        let options = self.database.pool().connect_options();
        let answer = timeout(self.limits.answer, async {
            options.connect().await?.close().await
        });
        Ok(answer
            .await
            .map_err(|_| sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()))??)
    }

    /// Notes what was seen and tells for how long the pool has been starved.
    fn note_starved(&self, starved: bool) -> Duration {
        let mut since = self
            .starved_since
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if !starved {
            *since = None;
            return Duration::ZERO;
        }
        since.get_or_insert_with(Instant::now).elapsed()
    }
}
