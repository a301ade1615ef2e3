use std::time::Duration;

use chassis::Clock;
use postgres::{Database, DatabaseError};
use seal::Keyring;
use seal::store::KeyError;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::growing::{Growing, Sealed};
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
    keyring: Keyring,
    clock: Clock,
    metrics: Metrics,
    queue: mpsc::Receiver<Job>,
    /// Begun with the first entry.
    chain: Option<Growing>,
}

impl Writer {
    pub(crate) fn new(
        (db, keyring): (Database, Keyring),
        clock: Clock,
        metrics: Metrics,
        queue: mpsc::Receiver<Job>,
    ) -> Self {
        Self {
            db,
            keyring,
            clock,
            metrics,
            queue,
            chain: None,
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
        let mut next = None;
        while last_attempts < LAST_ATTEMPTS {
            match self.attempt(jobs, &mut next).await {
                Ok(true) => return self.kept(jobs),
                // Somebody has written in the chain who is not us: what we have to say goes elsewhere.
                Ok(false) => {
                    let chain_id = self.chain.take().map(|chain| chain.chain_id());
                    tracing::error!(audit.chain = ?chain_id, "the chain of this process was changed");
                    next = None;
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

    /// Writes what `next` holds, which is made of the entries first where it holds nothing.
    async fn attempt(&mut self, jobs: &[Job], next: &mut Option<Sealed>) -> Result<bool, KeyError> {
        let chain = match &mut self.chain {
            Some(chain) => chain,
            none => {
                let begun = Growing::begin(&self.db, &self.keyring, &self.clock);
                none.insert(self.db.bounded(begun).await??)
            }
        };
        let sealed = match next {
            Some(sealed) => sealed,
            none => none.insert(chain.seal(jobs, self.clock.now())?),
        };
        let is_written = self.db.bounded(write(&self.db, chain, sealed)).await??;
        if is_written {
            chain.grow(sealed);
        }
        Ok(is_written)
    }

    fn kept(&self, jobs: &mut Vec<Job>) {
        self.metrics.kept.inc_by(jobs.len() as u64);
        for kept in jobs.drain(..).filter_map(|job| job.kept) {
            // Whoever waited may have given up.
            let _ = kept.send(());
        }
    }
}

/// Writes a batch behind the end of the chain; false when it has another end. What an earlier
/// attempt has written without our learning of it is found to be there.
async fn write(db: &Database, chain: &Growing, sealed: &Sealed) -> Result<bool, DatabaseError> {
    let append = Append {
        started_at: chain.started_at,
        batch: &sealed.batch,
        subjects: &sealed.subjects,
        hash: &sealed.hash,
    };
    if store::append(db, &append).await? {
        return Ok(true);
    }
    let head = store::head(db, chain.chain_id()).await?;
    Ok(head.is_some_and(|head| head.sequence == sealed.batch.last && head.hash == sealed.hash))
}
