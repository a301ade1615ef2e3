//! The chain of this process: where it ends, and the key under which its entries are put.

use chassis::Clock;
use jiff::Timestamp;
use postgres::Database;
use seal::store::{KeyError, provide};
use seal::{DataKey, Keyring, NoRandomness};
use uuid::Uuid;

use crate::chain::{Batch, Hash, SEALED, Subjects, genesis, pack, place};
use crate::recorder::Job;

/// A chain that grows.
#[derive(Debug)]
pub(crate) struct Growing {
    pub(crate) started_at: Timestamp,
    /// Under which all its entries are; it stands in the database, under the master key.
    key: DataKey,
    /// Number of the last entry.
    sequence: i64,
    /// Of the last batch.
    hash: Hash,
    recorded_at: Timestamp,
}

/// A batch, and with what it is kept.
pub(crate) struct Sealed {
    pub(crate) batch: Batch,
    pub(crate) subjects: Subjects,
    pub(crate) hash: Hash,
}

impl Growing {
    /// A new chain, whose key is kept before anything is put under it.
    pub(crate) async fn begin(
        db: &Database,
        keyring: &Keyring,
        clock: &Clock,
    ) -> Result<Self, KeyError> {
        let (chain_id, started_at) = (clock.new_id(), micros(clock.now()));
        let mut connection = db.pool().acquire().await?;
        let key = provide(&mut connection, keyring, chain_id, started_at).await?;
        Ok(Self {
            started_at,
            key,
            sequence: 0,
            hash: genesis(chain_id, started_at),
            recorded_at: started_at,
        })
    }

    pub(crate) fn chain_id(&self) -> Uuid {
        self.key.customer_id()
    }

    /// Makes a batch of entries behind the end of the chain. To be done once: an attempt to write it that is
    /// repeated must be the same.
    pub(crate) fn seal(&self, jobs: &[Job], now: Timestamp) -> Result<Sealed, NoRandomness> {
        let entries = jobs.iter().map(|job| &job.entry);
        let count = i64::try_from(jobs.len()).unwrap_or_default();
        let first = self.sequence + 1;
        let packed = pack(entries.clone());
        let batch = Batch {
            chain_id: self.chain_id(),
            first,
            last: self.sequence + count,
            recorded_at: micros(now).max(self.recorded_at),
            form: SEALED,
            entries: self.key.seal(place(first), &packed)?,
        };
        Ok(Sealed {
            hash: batch.hash(&self.hash),
            subjects: Subjects::of(entries),
            batch,
        })
    }

    /// The chain ends with this batch now.
    pub(crate) fn grow(&mut self, sealed: &Sealed) {
        self.sequence = sealed.batch.last;
        self.hash = sealed.hash;
        self.recorded_at = sealed.batch.recorded_at;
    }
}

/// To the microsecond, as the database keeps it.
fn micros(time: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(time.as_microsecond()).unwrap_or(time)
}
