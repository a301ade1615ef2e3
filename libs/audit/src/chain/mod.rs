//! Entries and the chains that they stand in: pure.

mod canonical;
#[cfg(test)]
mod tests;
mod verify;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use canonical::Canonical;

pub(crate) use verify::{Finding, Findings, Head, Origin, Problem, Verifier};

/// A SHA-256.
pub(crate) type Hash = [u8; 32];

/// What a method does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Read,
    Write,
}

impl Kind {
    /// Its number in the database.
    pub(crate) fn number(self) -> i16 {
        match self {
            Self::Read => 1,
            Self::Write => 2,
        }
    }
}

/// One call, as it is stored. Lists are sorted and without repetitions when they are written; read
/// from the database they are whatever stands there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) recorded_at: Timestamp,
    pub(crate) called_at: Timestamp,
    pub(crate) actor: String,
    pub(crate) on_behalf_of: String,
    pub(crate) method: String,
    pub(crate) kind: i16,
    pub(crate) code: i16,
    pub(crate) customer_ids: Vec<Uuid>,
    pub(crate) resources: Vec<String>,
    pub(crate) read_fields: Vec<String>,
    pub(crate) written_fields: Vec<String>,
    pub(crate) purpose: String,
    pub(crate) trace_id: String,
    pub(crate) partial: bool,
}

/// What the first entry of a chain is chained to.
pub(crate) fn genesis(chain_id: Uuid, started_at: Timestamp) -> Hash {
    let mut form = Canonical::after(b"patron audit");
    form.id(chain_id).time(started_at);
    form.digest()
}

/// The hash of an entry at its place, after the entry with the hash `before`.
pub(crate) fn seal(before: &Hash, chain_id: Uuid, sequence: i64, entry: &Entry) -> Hash {
    let mut form = Canonical::after(before);
    // A later form begins with another number.
    form.small(1)
        .id(chain_id)
        .number(sequence)
        .time(entry.recorded_at)
        .time(entry.called_at)
        .text(&entry.actor)
        .text(&entry.on_behalf_of)
        .text(&entry.method)
        .small(entry.kind)
        .small(entry.code)
        .list(&entry.customer_ids, |form, id| form.id(*id))
        .list(&entry.resources, |form, text| form.text(text))
        .list(&entry.read_fields, |form, text| form.text(text))
        .list(&entry.written_fields, |form, text| form.text(text))
        .text(&entry.purpose)
        .text(&entry.trace_id)
        .small(i16::from(entry.partial));
    form.digest()
}

fn sha256(bytes: &[u8]) -> Hash {
    Sha256::digest(bytes).into()
}
