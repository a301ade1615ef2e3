use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::error::short;
use super::{RunError, Runs};
use crate::app::{Loyalty, liability, simulation};
use crate::store::runs::{self, Failure, Kind, Taken};
use contract::patron::loyalty::v1::ErrorReason;

/// How long work may go without a sign of life before another process begins it anew.
const LEASE: SignedDuration = SignedDuration::from_secs(60);
/// The time between two signs of life, at least.
const SIGN_OF_LIFE: SignedDuration = SignedDuration::from_secs(2);
/// How long queued work of another process may go unnoticed.
const POLL: Duration = Duration::from_secs(2);
/// The wait after the database could not be asked.
const RETRY: Duration = Duration::from_secs(1);
/// Tries before work is given up: by then it is what kills its processes.
const MOST_ATTEMPTS: i16 = 5;

/// Does what is queued, one piece at a time. Replicas share the work.
#[derive(Clone)]
pub(crate) struct Worker {
    pub(crate) loyalty: Loyalty,
    pub(crate) runs: Runs,
}

impl Worker {
    /// Works until it is told to stop.
    pub(crate) async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let worked = stop.run_until_cancelled(self.next()).await;
            let rest = match worked {
                Some(Ok(true)) | None => continue,
                Some(Ok(false)) => POLL,
                Some(Err(error)) => {
                    tracing::warn!(error = %error, "background work is tried again");
                    RETRY
                }
            };
            let woken = tokio::time::timeout(rest, self.runs.wake.notified());
            // Either way there may be something to do.
            let _ = stop.run_until_cancelled(woken).await;
        }
    }

    /// Does one piece of work; tells whether there was one.
    async fn next(&self) -> Result<bool, RunError> {
        let loyalty = &self.loyalty;
        let now = loyalty.now();
        let Some(taken) = runs::take(loyalty.db.pool(), now, lease(now)).await? else {
            return Ok(false);
        };
        let outcome = if taken.attempt > MOST_ATTEMPTS {
            Err(abandoned())
        } else {
            match self.work(&taken).await {
                Ok(result) => Ok(result),
                Err(error) => Err(error.as_final().ok_or(error)?),
            }
        };
        if let Err(failure) = &outcome {
            tracing::warn!(
                loyalty.run = %taken.run_id,
                reason = failure.reason,
                "background work has failed"
            );
        }
        runs::end(loyalty.db.pool(), &taken, &outcome, loyalty.now()).await?;
        Ok(true)
    }

    async fn work(&self, taken: &Taken) -> Result<Vec<u8>, RunError> {
        let progress = Progress {
            loyalty: &self.loyalty,
            taken,
            told_at: self.loyalty.now(),
        };
        match taken.kind {
            Kind::LiabilityReport => liability::compute(&self.loyalty, taken, progress).await,
            Kind::Simulation => simulation::compute(&self.loyalty, taken, progress).await,
        }
    }
}

/// Tells how far a piece of work is.
pub(crate) struct Progress<'a> {
    loyalty: &'a Loyalty,
    taken: &'a Taken,
    told_at: Timestamp,
}

impl Progress<'_> {
    /// So many holders have been looked at. Fails when another process has taken over.
    pub(crate) async fn tell(&mut self, holders: i64) -> Result<(), RunError> {
        let now = self.loyalty.now();
        if now.duration_since(self.told_at) < SIGN_OF_LIFE {
            return Ok(());
        }
        self.told_at = now;
        let pool = self.loyalty.db.pool();
        if runs::renew(pool, self.taken, holders, lease(now)).await? {
            Ok(())
        } else {
            Err(RunError::TakenOver)
        }
    }
}

fn lease(now: Timestamp) -> Timestamp {
    now.saturating_add(LEASE).unwrap_or(Timestamp::MAX)
}

fn abandoned() -> Failure {
    Failure {
        reason: short(ErrorReason::RunAbandoned).to_owned(),
        message: format!("given up after {MOST_ATTEMPTS} tries"),
    }
}
