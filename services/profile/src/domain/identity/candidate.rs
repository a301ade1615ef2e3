//! Two customers who may be one person.

use jiff::Timestamp;

use super::link::ordered;
use super::matching::Kind;
use crate::domain::ids::CustomerId;

/// The ids of two customers, the older first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Pair {
    pub(crate) older: CustomerId,
    pub(crate) newer: CustomerId,
}

/// What becomes of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Somebody, or the policy, has to decide.
    Open,
    /// There is nothing to decide any more.
    Closed,
    /// The two are one.
    Merged,
    /// Somebody said that they are two.
    Rejected,
}

/// A pair as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) pair: Pair,
    /// The versions of the two that were compared.
    pub(crate) versions: (i64, i64),
    pub(crate) score_permille: i32,
    pub(crate) evidence: Vec<Kind>,
    /// The reason for which a merge is refused; empty: none.
    pub(crate) refusal: String,
    pub(crate) state: State,
    /// Since when it is open.
    pub(crate) find_time: Timestamp,
}

/// How a pair was decided on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) state: State,
    /// Who decided.
    pub(crate) actor: String,
    pub(crate) reason: String,
    pub(crate) at: Timestamp,
}

/// Where a pair stands in the queue, in which the likeliest come first.
pub(crate) type Place = (i32, Pair);

impl Pair {
    pub(crate) fn of(one: CustomerId, other: CustomerId) -> Self {
        let (older, newer) = ordered(one, other);
        Self { older, newer }
    }

    pub(crate) fn ids(self) -> [CustomerId; 2] {
        [self.older, self.newer]
    }
}

impl Candidate {
    pub(crate) fn place(&self) -> Place {
        (self.score_permille, self.pair)
    }
}
