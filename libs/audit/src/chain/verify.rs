use jiff::Timestamp;
use uuid::Uuid;

use super::{Entry, Hash, genesis, seal};

/// Findings that are told one by one; all are counted.
const MOST_FINDINGS: usize = 100;

/// What is wrong with an entry, or with the end of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    /// It is not there, and later ones are.
    Missing,
    /// It, or its hash, was changed.
    Changed,
    /// The head of the chain is not its end.
    HeadChanged,
    /// The chain ends before its head, or before one that was kept elsewhere.
    Truncated,
    /// The chain differs from a head that was kept elsewhere.
    Rewritten,
}

/// Something that is not as it was put on record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) chain_id: Uuid,
    pub(crate) sequence: i64,
    pub(crate) problem: Problem,
}

/// What was found, in the order of chains and entries.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Findings {
    pub(crate) first: Vec<Finding>,
    pub(crate) count: i64,
}

impl Findings {
    pub(crate) fn add(&mut self, chain_id: Uuid, sequence: i64, problem: Problem) {
        if self.first.len() < MOST_FINDINGS {
            self.first.push(Finding {
                chain_id,
                sequence,
                problem,
            });
        }
        self.count += 1;
    }
}

/// Where a chain ends, or ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) sequence: i64,
    pub(crate) hash: Hash,
}

/// Where what is left of a chain begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Origin {
    /// When it was begun; `None` for entries in a chain of which nothing is known.
    pub(crate) started_at: Option<Timestamp>,
    /// The last of the entries that were dropped for their age.
    pub(crate) anchor: Option<Head>,
}

/// Recomputes one chain, entry by entry.
#[derive(Debug)]
pub(crate) struct Verifier<'f> {
    chain_id: Uuid,
    origin: Origin,
    /// The last entry that was looked at, with the hash that is recorded.
    last: Option<Head>,
    known: Option<Head>,
    findings: &'f mut Findings,
}

impl<'f> Verifier<'f> {
    /// Goes on after `last`, or begins; `known` is a head that was kept elsewhere.
    pub(crate) fn new(
        chain_id: Uuid,
        origin: Origin,
        last: Option<Head>,
        known: Option<Head>,
        findings: &'f mut Findings,
    ) -> Self {
        Self {
            chain_id,
            origin,
            last,
            known,
            findings,
        }
    }

    /// The next entry, with the hash that is recorded of it.
    pub(crate) fn entry(&mut self, sequence: i64, entry: &Entry, hash: &[u8]) {
        let before = self.before(sequence);
        if let Some(expected) = before.map_or(Some(1), |head| head.sequence.checked_add(1))
            && sequence != expected
        {
            self.find(expected, Problem::Missing);
        } else if let Some(before) = before
            && seal(&before.hash, self.chain_id, sequence, entry) != hash
        {
            self.find(sequence, Problem::Changed);
        }
        // What is recorded, so that one changed entry does not make all later ones differ.
        let hash = Hash::try_from(hash).unwrap_or_default();
        let head = Head { sequence, hash };
        if self
            .known
            .is_some_and(|known| known.sequence == sequence && known != head)
        {
            self.find(sequence, Problem::Rewritten);
        }
        self.last = Some(head);
    }

    /// The entry that this one is chained to. `None` when nothing is known of the chain.
    fn before(&self, sequence: i64) -> Option<Head> {
        let genesis = || {
            let hash = genesis(self.chain_id, self.origin.started_at?);
            Some(Head { sequence: 0, hash })
        };
        // What stands before the anchor was not dropped, whatever the anchor says.
        let anchor = self.origin.anchor;
        let anchor = anchor.filter(|anchor| anchor.sequence < sequence);
        self.last.or(anchor).or_else(genesis)
    }

    /// After the last entry; with the head of the chain, if it has one. Answers where the chain ends.
    pub(crate) fn finish(mut self, head: Option<Head>) -> Option<Head> {
        let anchor = self.origin.anchor;
        let end = self.last.or(anchor);
        let last = end.map_or(0, |end| end.sequence);
        match head {
            Some(head) if head.sequence > last => self.find(last + 1, Problem::Truncated),
            Some(head) if Some(head) == end => {}
            _ => self.find(last, Problem::HeadChanged),
        }
        if let Some(known) = self.known {
            if known.sequence > last {
                self.find(last + 1, Problem::Truncated);
            } else if self.last.is_none()
                && anchor.is_some_and(|end| end.sequence == known.sequence && end != known)
            {
                self.find(known.sequence, Problem::Rewritten);
            }
        }
        end
    }

    /// Where it stands, to go on there.
    pub(crate) fn last(&self) -> Option<Head> {
        self.last
    }

    fn find(&mut self, sequence: i64, problem: Problem) {
        self.findings.add(self.chain_id, sequence, problem);
    }
}
