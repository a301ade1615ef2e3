//! Entries, the batches that they are kept in, and the chains of batches: pure.

mod packed;
#[cfg(test)]
mod tests;
mod verify;

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use seal::{DataKey, Place};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

pub(crate) use packed::{pack, unpack};
pub(crate) use verify::{Finding, Findings, Head, Origin, Problem, Verifier};

/// A SHA-256.
pub(crate) type Hash = [u8; 32];

/// Forms in which batches are kept. A later one has another number.
///
/// Packed: what was written before entries were sealed.
const PACKED: i16 = 1;
/// Packed, and sealed under the key of the chain.
pub(crate) const SEALED: i16 = 2;

/// What a method does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Read,
    Write,
}

impl Kind {
    /// Its number as it is kept.
    pub(crate) fn number(self) -> i32 {
        match self {
            Self::Read => 1,
            Self::Write => 2,
        }
    }
}

/// One call. Lists are sorted and without repetitions when they are written; read from the database they
/// are whatever stands there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) called_at: Timestamp,
    pub(crate) actor: Arc<str>,
    pub(crate) on_behalf_of: Arc<str>,
    pub(crate) method: Arc<str>,
    pub(crate) kind: i32,
    pub(crate) code: i32,
    pub(crate) customer_ids: Vec<Uuid>,
    pub(crate) resources: Vec<String>,
    pub(crate) read_fields: Vec<Arc<str>>,
    pub(crate) written_fields: Vec<Arc<str>>,
    pub(crate) purpose: Arc<str>,
    pub(crate) trace_id: String,
    pub(crate) partial: bool,
}

/// Entries that were put on record together, at their place in a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Batch {
    pub(crate) chain_id: Uuid,
    /// Number of the first entry.
    pub(crate) first: i64,
    /// Number of the last.
    pub(crate) last: i64,
    pub(crate) recorded_at: Timestamp,
    /// One of the forms.
    pub(crate) form: i16,
    /// The entries in that form.
    pub(crate) entries: Vec<u8>,
}

impl Batch {
    /// Its hash, after the batch with the hash `before`: of the entries as they are kept, so that whoever can't
    /// read them can verify them, also when their key is gone.
    pub(crate) fn hash(&self, before: &Hash) -> Hash {
        // There is no form 0. All but the last have a length of their own, so no two batches are hashed as the
        // same bytes.
        let form = u8::try_from(self.form).unwrap_or_default();
        Sha256::new()
            .chain_update(before)
            .chain_update([form])
            .chain_update(self.chain_id.as_bytes())
            .chain_update(self.first.to_be_bytes())
            .chain_update(self.last.to_be_bytes())
            .chain_update(self.recorded_at.as_microsecond().to_be_bytes())
            .chain_update(&self.entries)
            .finalize()
            .into()
    }

    /// The entries packed, as far as they can be read with this key of the chain.
    pub(crate) fn open(&self, key: Option<&DataKey>) -> Option<Vec<u8>> {
        match self.form {
            PACKED => Some(self.entries.clone()),
            SEALED => key?.open(place(self.first), &self.entries).ok(),
            _ => None,
        }
    }
}

/// Where the entries of the batch that begins with this one stand, for which they are sealed: they open in this
/// chain and at this number only.
pub(crate) fn place(first: i64) -> Place<'static> {
    Place {
        table: "audit_batches",
        column: "entries",
        row: Uuid::nil(),
        version: first,
    }
}

/// Who is found in a batch: it is listed by them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Subjects {
    /// Callers, and those on whose behalf they called.
    pub(crate) actors: BTreeSet<String>,
    /// Customers whom the calls name.
    pub(crate) customer_ids: BTreeSet<Uuid>,
}

impl Subjects {
    pub(crate) fn of<'e>(entries: impl IntoIterator<Item = &'e Entry>) -> Self {
        let mut subjects = Self::default();
        for entry in entries {
            for actor in [&entry.actor, &entry.on_behalf_of] {
                if !actor.is_empty() && !subjects.actors.contains(&**actor) {
                    subjects.actors.insert(actor.to_string());
                }
            }
            subjects.customer_ids.extend(&entry.customer_ids);
        }
        subjects
    }
}

/// A batch as it stands in the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) batch: Batch,
    pub(crate) actors: Vec<String>,
    pub(crate) customer_ids: Vec<Uuid>,
    pub(crate) hash: Vec<u8>,
    /// The entries packed; `None` where they could not be opened.
    pub(crate) packed: Option<Vec<u8>>,
}

impl Kept {
    /// The entries with their numbers; `None` when they are not what was packed, or found by other subjects.
    pub(crate) fn entries(&self) -> Option<Vec<(i64, Entry)>> {
        let entries = unpack(self.packed.as_deref()?)?;
        let subjects = Subjects::of(&entries);
        let count = i64::try_from(entries.len()).ok()?;
        let is_whole = self.batch.first.checked_add(count)? == self.batch.last.checked_add(1)?
            && subjects.actors.iter().eq(&self.actors)
            && subjects.customer_ids.iter().eq(&self.customer_ids);
        is_whole.then(|| (self.batch.first..).zip(entries).collect())
    }
}

/// What the first batch of a chain is chained to.
pub(crate) fn genesis(chain_id: Uuid, started_at: Timestamp) -> Hash {
    Sha256::new()
        .chain_update(b"patron audit")
        .chain_update(chain_id.as_bytes())
        .chain_update(started_at.as_microsecond().to_be_bytes())
        .finalize()
        .into()
}
