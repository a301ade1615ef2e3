use jiff::Timestamp;
use uuid::Uuid;

use super::{Hash, Kept, genesis};

/// Findings that are told one by one; all are counted.
const MOST_FINDINGS: usize = 100;

/// What is wrong with entries, or with the end of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    /// They are not there, and later ones are.
    Missing,
    /// One of them, or what is kept of all of them, was changed.
    Changed,
    /// The head of the chain is not its end.
    HeadChanged,
    /// The chain ends before its head, or before one that was kept elsewhere.
    Truncated,
    /// The chain differs from a head that was kept elsewhere.
    Rewritten,
    /// They are as they were put on record, and can't be read: the key of the chain is gone, or the keyring lacks
    /// the master key that it is under.
    Unreadable,
}

/// Something that is not as it was put on record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) chain_id: Uuid,
    /// Number of the first entry in question.
    pub(crate) sequence: i64,
    /// Number of the last.
    pub(crate) last: i64,
    pub(crate) problem: Problem,
}

/// What was found, in the order of chains and entries.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Findings {
    pub(crate) first: Vec<Finding>,
    pub(crate) count: i64,
}

impl Findings {
    pub(crate) fn add(&mut self, finding: Finding) {
        if self.first.len() < MOST_FINDINGS {
            self.first.push(finding);
        }
        self.count += 1;
    }
}

/// Where a chain ends, or ended: the number of its last entry and the hash of its last batch.
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
    /// The end of what was dropped for its age.
    pub(crate) anchor: Option<Head>,
}

/// Recomputes one chain, batch by batch.
#[derive(Debug)]
pub(crate) struct Verifier<'f> {
    chain_id: Uuid,
    origin: Origin,
    /// The end of what was looked at, with the hash that is recorded.
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

    /// The next batch. Answers how many entries are in it.
    pub(crate) fn batch(&mut self, kept: &Kept) -> usize {
        let (first, last) = (kept.batch.first, kept.batch.last);
        let entries = kept.entries();
        let before = self.before(first);
        let expected = before.map_or(1, |head| head.sequence.saturating_add(1));
        let is_as_hashed = before.is_none_or(|before| kept.batch.hash(&before.hash) == *kept.hash);
        if first > expected {
            self.find(expected, first - 1, Problem::Missing);
        } else if first < expected || !is_as_hashed {
            self.find(first, last, Problem::Changed);
        } else if kept.packed.is_none() {
            self.find(first, last, Problem::Unreadable);
        } else if entries.is_none() {
            self.find(first, last, Problem::Changed);
        }
        // What is recorded, so that one changed batch does not make all later ones differ.
        let head = Head {
            sequence: last,
            hash: Hash::try_from(&*kept.hash).unwrap_or_default(),
        };
        // A head that was told is the end of a batch.
        let is_within = |known: &Head| (first..=last).contains(&known.sequence);
        if self
            .known
            .is_some_and(|known| is_within(&known) && known != head)
        {
            self.find(first, last, Problem::Rewritten);
        }
        self.last = Some(head);
        entries.map_or(0, |entries| entries.len())
    }

    /// The end of the batch that the one with this first entry is chained to. `None` when nothing is known of the chain.
    fn before(&self, first: i64) -> Option<Head> {
        let genesis = || {
            let hash = genesis(self.chain_id, self.origin.started_at?);
            Some(Head { sequence: 0, hash })
        };
        // What stands before the anchor was not dropped, whatever the anchor says.
        let anchor = self.origin.anchor;
        let anchor = anchor.filter(|anchor| anchor.sequence < first);
        self.last.or(anchor).or_else(genesis)
    }

    /// After the last batch; with the head of the chain, if it has one. Answers where the chain ends.
    pub(crate) fn finish(mut self, head: Option<Head>) -> Option<Head> {
        let anchor = self.origin.anchor;
        let end = self.last.or(anchor);
        let last = end.map_or(0, |end| end.sequence);
        match head {
            Some(head) if head.sequence > last => {
                self.find(last + 1, head.sequence, Problem::Truncated);
            }
            Some(head) if Some(head) == end => {}
            _ => self.find(last, last, Problem::HeadChanged),
        }
        if let Some(known) = self.known {
            if known.sequence > last {
                self.find(last + 1, known.sequence, Problem::Truncated);
            } else if self.last.is_none()
                && anchor.is_some_and(|end| end.sequence == known.sequence && end != known)
            {
                self.find(known.sequence, known.sequence, Problem::Rewritten);
            }
        }
        end
    }

    /// Where it stands, to go on there.
    pub(crate) fn last(&self) -> Option<Head> {
        self.last
    }

    fn find(&mut self, sequence: i64, last: i64, problem: Problem) {
        self.findings.add(Finding {
            chain_id: self.chain_id,
            sequence,
            last,
            problem,
        });
    }
}
