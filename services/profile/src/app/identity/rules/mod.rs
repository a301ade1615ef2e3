//! Pairs of customers who may be one person: finding them, merging them by the match policy, asking people.
//!
//! [`Follower`] keeps the pairs as customers change. What is to become of one follows from the policy when
//! it is asked for, so that a new policy holds for all of them at once. [`keep_merging`] merges what is
//! sure enough, one transaction each; before that it locks the two and compares them again.

mod error;
mod follow;
mod merging;
pub(crate) mod policy;
pub(crate) mod preview;
pub(crate) mod reviews;

pub(crate) use error::RuleError;
pub(crate) use follow::Follower;
pub(crate) use merging::keep_merging;

use chassis::Refusal;
use jiff::Timestamp;

use crate::domain::customer::Customer;
use crate::domain::identity::candidate::{Candidate, Pair, State};
use crate::domain::identity::conflict::{Conflict, MAX_MEMBERS};
use crate::domain::identity::matching::compare;

/// How two customers compare.
pub(in crate::app) fn candidate(one: &Customer, other: &Customer, now: Timestamp) -> Candidate {
    let pair = Pair::of(one.id, other.id);
    let (older, newer) = if one.id == pair.older {
        (one, other)
    } else {
        (other, one)
    };
    let likeness = compare(&older.details, &newer.details);
    let conflict = likeness.conflict.or_else(|| too_many(one, other));
    let refusal = conflict.map(Refusal::from);
    Candidate {
        pair,
        versions: (older.version, newer.version),
        score_permille: likeness.score_permille,
        evidence: likeness.evidence.iter().map(|it| it.kind).collect(),
        refusal: refusal.map(|it| it.reason().to_owned()).unwrap_or_default(),
        state: State::Open,
        find_time: now,
    }
}

/// Why the two would be too much of one person.
fn too_many(one: &Customer, other: &Customer) -> Option<Conflict> {
    let homes = one.absorbed.len().saturating_add(other.absorbed.len());
    (homes.saturating_add(2) > MAX_MEMBERS).then_some(Conflict::TooManyMembers)
}
