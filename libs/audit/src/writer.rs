use std::time::Duration;

use chassis::Clock;
use jiff::Timestamp;
use postgres::{Database, DatabaseError};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::chain::{Batch, Hash, Subjects, genesis, pack};
use crate::metrics::Metrics;
use crate::recorder::Job;
use crate::store::{self, Append};

/// Entries that may wait, and calls that may be under way.
pub(crate) const PLACES: usize = 4096;
/// Entries that are written together.
const BATCH: usize = 256;
/// The first wait before a batch is tried again; the waits grow to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// Attempts that are left to a process that is ending.
const LAST_ATTEMPTS: u32 = 5;

/// Writes the entries of one process, in the order in which calls ended, as one chain.
///
/// What came while a batch was being written is the next batch: under load many calls share a
/// commit, and a lone one waits for nobody.
#[derive(Debug)]
pub struct Writer {
    db: Database,
    clock: Clock,
    metrics: Metrics,
    queue: mpsc::Receiver<Job>,
    chain: Chain,
}

/// Where the chain of this process ends.
#[derive(Clone, Copy, Debug)]
struct Chain {
    chain_id: Uuid,
    started_at: Timestamp,
    /// Number of the last entry.
    sequence: i64,
    /// Of the last batch.
    hash: Hash,
    recorded_at: Timestamp,
}

impl Chain {
    fn begin(clock: &Clock) -> Self {
        let (chain_id, started_at) = (clock.new_id(), micros(clock.now()));
        Self {
            chain_id,
            started_at,
            sequence: 0,
            hash: genesis(chain_id, started_at),
            recorded_at: started_at,
        }
    }
}

/// To the microsecond, as the database keeps it.
fn micros(time: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(time.as_microsecond()).unwrap_or(time)
}

impl Writer {
    pub(crate) fn new(
        db: Database,
        clock: Clock,
        metrics: Metrics,
        queue: mpsc::Receiver<Job>,
    ) -> Self {
        let chain = Chain::begin(&clock);
        Self {
            db,
            clock,
            metrics,
            queue,
            chain,
        }
    }

    /// Writes until told to stop, and then what still comes from calls that are under way.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut jobs = Vec::with_capacity(BATCH);
        loop {
            let taken = tokio::select! {
                biased;
                taken = self.queue.recv_many(&mut jobs, BATCH) => taken,
                () = stop.cancelled(), if !self.queue.is_closed() => {
                    self.queue.close();
                    continue;
                }
            };
            if taken == 0 {
                return;
            }
            self.keep(&mut jobs, &stop).await;
        }
    }

    /// Writes a batch, however long it takes; a process that is ending gives it up after a while.
    async fn keep(&mut self, jobs: &mut Vec<Job>, stop: &CancellationToken) {
        let (mut wait, mut last_attempts) = (FIRST_WAIT, 0);
        let mut sealed = self.seal(jobs);
        while last_attempts < LAST_ATTEMPTS {
            match self.db.bounded(self.write(&sealed)).await.flatten() {
                Ok(true) => return self.kept(jobs, &sealed),
                // Somebody has written in the chain who is not us: what we have to say goes elsewhere.
                Ok(false) => {
                    tracing::error!(audit.chain = %self.chain.chain_id, "the chain of this process was changed");
                    self.chain = Chain::begin(&self.clock);
                    sealed = self.seal(jobs);
                }
                Err(error) => {
                    tracing::warn!(%error, entries = jobs.len(), "calls are not on record yet");
                }
            }
            self.metrics.failures.inc();
            last_attempts += u32::from(stop.is_cancelled());
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
        self.metrics.lost.inc_by(jobs.len() as u64);
        tracing::error!(entries = jobs.len(), "calls were not put on record");
        jobs.clear();
    }

    fn kept(&mut self, jobs: &mut Vec<Job>, sealed: &Sealed) {
        self.chain.sequence = sealed.batch.last;
        self.chain.hash = sealed.hash;
        self.chain.recorded_at = sealed.batch.recorded_at;
        self.metrics.kept.inc_by(jobs.len() as u64);
        for kept in jobs.drain(..).filter_map(|job| job.kept) {
            // Whoever waited may have given up.
            let _ = kept.send(());
        }
    }

    /// Writes a batch behind the end of the chain; false when it has another end. What an earlier
    /// attempt has written without our learning of it is found to be there.
    async fn write(&self, sealed: &Sealed) -> Result<bool, DatabaseError> {
        let append = Append {
            started_at: self.chain.started_at,
            batch: &sealed.batch,
            subjects: &sealed.subjects,
            hash: &sealed.hash,
        };
        if store::append(&self.db, &append).await? {
            return Ok(true);
        }
        let head = store::head(&self.db, self.chain.chain_id).await?;
        Ok(head.is_some_and(|head| head.sequence == sealed.batch.last && head.hash == sealed.hash))
    }

    /// Makes a batch of entries behind the end of the chain, once: an attempt that is repeated must be the
    /// same.
    fn seal(&self, jobs: &[Job]) -> Sealed {
        let entries = jobs.iter().map(|job| &job.entry);
        // At most BATCH.
        let count = i64::try_from(jobs.len()).unwrap_or_default();
        let batch = Batch {
            chain_id: self.chain.chain_id,
            first: self.chain.sequence + 1,
            last: self.chain.sequence + count,
            recorded_at: micros(self.clock.now()).max(self.chain.recorded_at),
            entries: pack(entries.clone()),
        };
        Sealed {
            hash: batch.seal(&self.chain.hash),
            subjects: Subjects::of(entries),
            batch,
        }
    }
}

/// A batch, and with what it is kept.
struct Sealed {
    batch: Batch,
    subjects: Subjects,
    hash: Hash,
}
