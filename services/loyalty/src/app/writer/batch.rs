//! Serving the calls of one batch.

use std::collections::{HashMap, HashSet};

use chassis::Refusal;
use contract::patron::r#type::v1::ErrorReason;
use idempotency::Key;
use idempotency::batch::{self, Kept, Outcome};
use postgres::DatabaseError;
use tonic::Code;

use super::WriterMetrics;
use super::job::Pending;
use crate::app::books::{Books, Need};
use crate::app::{AppError, Loyalty};

/// How often a transaction is tried. A request that was there before makes a second one necessary,
/// a deadlock or a lost connection another.
const ATTEMPTS: u32 = 5;

type Jobs = Vec<Box<dyn Pending>>;

/// Why a transaction was not committed.
enum Undone {
    /// Another request with one of the keys was there before.
    Repeated,
    /// It did not work.
    Failed(AppError),
}

impl<E: Into<AppError>> From<E> for Undone {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Answers every job.
pub(super) async fn serve(loyalty: &Loyalty, chain: u8, jobs: Jobs, metrics: &WriterMetrics) {
    let by = By {
        loyalty,
        chain,
        metrics,
    };
    if let Err((jobs, error)) = by.serve_together(jobs).await {
        by.give_up(jobs, error).await;
    }
}

/// Who serves a batch.
struct By<'a> {
    loyalty: &'a Loyalty,
    chain: u8,
    metrics: &'a WriterMetrics,
}

impl By<'_> {
    /// Answers every job, or hands back those that are left, with what stands in their way.
    async fn serve_together(&self, jobs: Jobs) -> Result<(), (Jobs, AppError)> {
        let (mut jobs, mut repeats) = sort(jobs);
        let mut attempt = 1;
        while !jobs.is_empty() {
            let written = write(self.loyalty, self.chain, &mut jobs);
            // Whoever waits has a deadline, but the writer has none, and all others wait for it.
            let written = self.loyalty.db.bounded(written).await;
            match written.map_err(Undone::from).flatten() {
                Ok(outcomes) => {
                    settle(jobs, repeats, outcomes);
                    return Ok(());
                }
                Err(Undone::Repeated) if attempt < ATTEMPTS => {
                    (jobs, repeats) = replay(self.loyalty, jobs, repeats).await?;
                }
                Err(Undone::Failed(error)) if attempt < ATTEMPTS && passes(&error) => {}
                Err(undone) => {
                    jobs.append(&mut repeats);
                    return Err((jobs, undone.into_error()));
                }
            }
            self.metrics.again();
            attempt += 1;
        }
        // Repeats were answered with their firsts.
        refuse_all(repeats, &in_progress());
        Ok(())
    }

    /// A batch that can't be written is written call by call, so that the one whose fault it is finds
    /// nobody else guilty. Who waits for a holder whom somebody else has locked keeps others waiting:
    /// that is tried once for each holder.
    async fn give_up(&self, jobs: Jobs, error: AppError) {
        if jobs.len() == 1 || is_outage(&error) {
            return refuse_all(jobs, &error.into());
        }
        tracing::warn!(%error, jobs = jobs.len(), "a batch failed; its calls are written one by one");
        let mut locked = HashSet::new();
        for job in jobs {
            let holder_id = job.need().holder_id();
            if locked.contains(&holder_id) {
                job.refuse(busy());
            } else if let Err((jobs, error)) = self.serve_together(vec![job]).await {
                if is_locked(&error) {
                    locked.insert(holder_id);
                }
                refuse_all(jobs, &error.into());
            }
            self.metrics.again();
        }
    }
}

impl Undone {
    fn into_error(self) -> AppError {
        match self {
            Self::Repeated => AppError::TooManyRepeats,
            Self::Failed(error) => error,
        }
    }
}

/// Tells late jobs so, and sets those aside whose key an earlier one of the batch has.
fn sort(jobs: Jobs) -> (Jobs, Jobs) {
    let (mut first, mut repeats): (Jobs, Jobs) = (Vec::with_capacity(jobs.len()), Vec::new());
    let mut keys = HashSet::with_capacity(jobs.len());
    for job in jobs {
        if job.is_late() {
            job.refuse(AppError::DeadlinePassed.into());
        } else if keys.insert(job.request().key().clone()) {
            first.push(job);
        } else {
            repeats.push(job);
        }
    }
    (first, repeats)
}

/// One transaction: lock and read, decide in the order of coming, write, commit.
async fn write(
    loyalty: &Loyalty,
    chain: u8,
    jobs: &mut Jobs,
) -> Result<Vec<Option<Outcome>>, Undone> {
    let mut tx = loyalty.db.begin().await?;
    let needs: Vec<Need> = jobs.iter().map(|job| job.need()).collect();
    let mut books = Books::open(loyalty, &mut tx, &needs).await?;
    books.link_to(chain);
    let mut outcomes = Vec::with_capacity(jobs.len());
    for job in jobs.iter_mut() {
        outcomes.push(job.decide(&mut books)?);
    }
    let kept = jobs.iter().zip(&outcomes);
    let kept: Vec<_> = kept
        .filter_map(|(job, outcome)| Some((job.request(), outcome.as_ref()?)))
        .collect();
    if !batch::keep(&mut tx, &kept, books.now()).await? {
        tx.rollback().await?;
        return Err(Undone::Repeated);
    }
    books.write(&mut tx).await?;
    tx.commit().await?;
    loyalty.outbox.committed();
    Ok(outcomes)
}

/// Answers all jobs of a batch that is committed.
fn settle(jobs: Jobs, repeats: Jobs, outcomes: Vec<Option<Outcome>>) {
    let mut kept: HashMap<Key, Kept> = HashMap::new();
    if !repeats.is_empty() {
        let outcomes = jobs.iter().zip(&outcomes);
        let outcomes =
            outcomes.filter_map(|(job, outcome)| Some((job.request(), outcome.as_ref()?)));
        kept = outcomes
            .map(|(request, outcome)| (request.key().clone(), outcome.kept(request)))
            .collect();
    }
    for job in jobs {
        job.settle();
    }
    for job in repeats {
        match kept.get(job.request().key()) {
            Some(kept) => job.replay(kept),
            // The first one came to nothing that is kept; so this one may be tried again.
            None => job.refuse(in_progress()),
        }
    }
}

/// Answers those whose key was there before, and hands back the others; all of them when the keys
/// can't be asked for.
async fn replay(
    loyalty: &Loyalty,
    mut jobs: Jobs,
    mut repeats: Jobs,
) -> Result<(Jobs, Jobs), (Jobs, AppError)> {
    let kept = match find(loyalty, &jobs).await {
        Ok(kept) => kept,
        Err(error) => {
            jobs.append(&mut repeats);
            return Err((jobs, error));
        }
    };
    let rest = |jobs: Jobs| {
        let mut rest = Vec::with_capacity(jobs.len());
        for job in jobs {
            match kept.get(job.request().key()) {
                Some(kept) => job.replay(kept),
                None => rest.push(job),
            }
        }
        rest
    };
    Ok((rest(jobs), rest(repeats)))
}

async fn find(loyalty: &Loyalty, jobs: &Jobs) -> Result<HashMap<Key, Kept>, AppError> {
    let found = async {
        let mut connection = loyalty.db.pool().acquire().await?;
        let requests = jobs.iter().map(|job| job.request());
        Ok(batch::find(&mut connection, requests).await?)
    };
    loyalty.db.bounded(found).await?
}

fn refuse_all(jobs: impl IntoIterator<Item = Box<dyn Pending>>, refusal: &Refusal) {
    for job in jobs {
        job.refuse(refusal.clone());
    }
}

/// Whether trying again at once may help.
fn passes(error: &AppError) -> bool {
    error
        .database()
        .is_some_and(DatabaseError::is_serialization_or_deadlock)
}

/// Whether the database can't be reached: then no call is to blame.
fn is_outage(error: &AppError) -> bool {
    error.database().is_some_and(DatabaseError::is_unavailable)
}

/// Whether somebody else has kept a row locked for too long.
fn is_locked(error: &AppError) -> bool {
    error.database().is_some_and(DatabaseError::is_locked_out)
}

fn in_progress() -> Refusal {
    let message = "the same request is being worked on by another call";
    Refusal::new(Code::Aborted, ErrorReason::RequestInProgress, message)
        .retry_after(super::RETRY_AFTER)
}

fn busy() -> Refusal {
    let message = "others are at work on the member; the same request again tells the outcome";
    Refusal::new(Code::Unavailable, ErrorReason::Unavailable, message)
        .retry_after(super::RETRY_AFTER)
}
