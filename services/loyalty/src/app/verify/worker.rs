//! Making verifications in the background, one at a time in each process.

use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use prost::Message as _;
use tokio_util::sync::CancellationToken;

use super::report::Report;
use super::run::{Verified, Watch, verify};
use super::{POLL, Verifications};
use crate::app::AppError;
use crate::domain::audit::Head;
use crate::store::verifications::{
    self, Counts, Ended, NewVerification, Progress, VerificationRow,
};
use crate::wire;

/// How long a verification is left to whoever runs it without a sign of life.
const LEASE: SignedDuration = SignedDuration::from_secs(60);
/// How often a sign of life is given.
const RENEWAL: SignedDuration = SignedDuration::from_secs(5);
/// A verification that was begun so often and never came to its end does not begin again.
const ATTEMPTS: i16 = 3;
/// Who asks for the daily one.
const SCHEDULE: &str = "schedule";

impl Verifications {
    /// Makes the verifications that are asked for, until told to stop.
    pub(crate) async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            match self.turn(&stop).await {
                Ok(true) => {}
                Ok(false) => self.rest(&stop, POLL).await,
                Err(error) => {
                    tracing::warn!(%error, "verifications can't be looked for");
                    self.rest(&stop, POLL).await;
                }
            }
        }
    }

    async fn rest(&self, stop: &CancellationToken, time: Duration) {
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.asked.notified() => {}
            () = tokio::time::sleep(time) => {}
        }
    }

    /// Makes one verification, if there is one to make.
    async fn turn(&self, stop: &CancellationToken) -> Result<bool, AppError> {
        self.schedule().await?;
        self.show_imbalance().await?;
        let (pool, now) = (self.loyalty.db.pool(), self.loyalty.now());
        let Some(taken) = verifications::take(pool, now, later(now, LEASE)).await? else {
            return Ok(false);
        };
        if taken.attempts > ATTEMPTS {
            let failure = "it was begun several times and never came to its end";
            self.fail(&taken, failure).await?;
            return Ok(true);
        }
        let Some(made) = stop.run_until_cancelled(self.make(&taken)).await else {
            // Whoever comes next begins it anew when the lease is over.
            return Ok(false);
        };
        match made {
            Ok(verified) => self.conclude(&taken, &verified).await?,
            Err(AppError::VerificationTaken) => {}
            Err(error) => {
                tracing::error!(%error, "a verification of the ledger failed");
                self.fail(&taken, "it could not be carried out; the log tells why")
                    .await?;
            }
        }
        Ok(true)
    }

    /// Lets the verification of the day wait, unless one of the replicas has done so.
    async fn schedule(&self) -> Result<(), AppError> {
        if !self.is_daily {
            return Ok(());
        }
        let now = self.loyalty.now();
        let new = NewVerification {
            verification_id: self.loyalty.clock.new_id(),
            created_by: SCHEDULE,
            created_at: now,
            scheduled_for: Some(now.to_zoned(TimeZone::UTC).date()),
        };
        Ok(verifications::insert(self.loyalty.db.pool(), &new).await?)
    }

    /// Every replica shows what the last verification has found, whoever made it.
    async fn show_imbalance(&self) -> Result<(), AppError> {
        let last = verifications::last_result(self.loyalty.db.pool(), false).await?;
        let is_different = last.is_some_and(|last| last.progress == Progress::Different);
        self.loyalty.imbalance.set(i64::from(is_different));
        Ok(())
    }

    async fn make(&self, taken: &VerificationRow) -> Result<Verified, AppError> {
        let mut watch = Renewing {
            verifications: self,
            taken,
            renewed_at: self.loyalty.now(),
        };
        verify(&self.loyalty, self.reported().await?, &mut watch).await
    }

    /// Where the chains ended when everything added up for the last time.
    async fn reported(&self) -> Result<Vec<Head>, AppError> {
        let last = verifications::last_result(self.loyalty.db.pool(), true).await?;
        Ok(last.map_or_else(Vec::new, |last| wire::heads(&last.result)))
    }

    async fn conclude(&self, taken: &VerificationRow, verified: &Verified) -> Result<(), AppError> {
        let now = self.loyalty.now();
        let report = Report::of(taken, verified, now);
        let signed = self.notary.as_ref().map(|notary| notary.sign(&report));
        let is_sound = verified.findings.count == 0;
        if let Some(difference) = verified.findings.first.first() {
            tracing::error!(
                ledger.verification = %taken.verification_id,
                ledger.differences = verified.findings.count,
                %difference,
                "the ledger does not add up"
            );
        }
        let progress = if is_sound {
            Progress::Sound
        } else {
            Progress::Different
        };
        let ended = Ended {
            progress,
            ended_at: now,
            counts: verified.counts(),
            result: &wire::result(verified_parts(verified)).encode_to_vec(),
            report: &signed.transpose()?.unwrap_or_default(),
            failure: "",
        };
        verifications::end(self.loyalty.db.pool(), taken, &ended).await?;
        self.show_imbalance().await
    }

    async fn fail(&self, taken: &VerificationRow, failure: &str) -> Result<(), AppError> {
        let ended = Ended {
            progress: Progress::Failed,
            ended_at: self.loyalty.now(),
            counts: taken.counts,
            result: &[],
            report: "",
            failure,
        };
        Ok(verifications::end(self.loyalty.db.pool(), taken, &ended).await?)
    }
}

fn verified_parts(verified: &Verified) -> wire::Parts<'_> {
    wire::Parts {
        differences: &verified.findings.first,
        heads: &verified.heads,
        totals: &verified.totals,
    }
}

/// Renews the lease of a verification while it runs.
struct Renewing<'a> {
    verifications: &'a Verifications,
    taken: &'a VerificationRow,
    renewed_at: Timestamp,
}

impl Watch for Renewing<'_> {
    async fn heard(&mut self, counts: Counts) -> Result<(), AppError> {
        let loyalty = &self.verifications.loyalty;
        let now = loyalty.now();
        if now < later(self.renewed_at, RENEWAL) {
            return Ok(());
        }
        self.renewed_at = now;
        let until = later(now, LEASE);
        if verifications::renew(loyalty.db.pool(), self.taken, counts, until).await? {
            Ok(())
        } else {
            Err(AppError::VerificationTaken)
        }
    }
}

fn later(instant: Timestamp, by: SignedDuration) -> Timestamp {
    instant.checked_add(by).unwrap_or(Timestamp::MAX)
}
