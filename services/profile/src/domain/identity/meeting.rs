//! Somebody comes in with an identifier that a person has already.
//!
//! A channel's record gets an id of its own and a link to that person, so that it can be parted again. Where the two
//! can't be one person's they stay two, and somebody is asked.

use super::kinds::{Kind, kind_of};
use super::link::LinkKind;
use super::matching::compare;
use crate::domain::customer::Details;
use crate::domain::identifier::IdentifierKey;

/// Both have proven it.
const CERTAIN: i32 = 1000;

/// What makes one of the two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Recognised {
    pub(crate) kind: LinkKind,
    pub(crate) score_permille: i32,
    /// Names no value.
    pub(crate) reason: String,
}

/// The identifiers that tell who somebody is, the surest first: what is proven, then that of which a person has one.
pub(crate) fn telling(details: &Details) -> Vec<IdentifierKey> {
    let telling = details.identifiers.iter();
    let telling = telling.filter(|it| kind_of(&it.key).tells_who());
    let mut telling: Vec<_> = telling.collect();
    telling.sort_by_key(|it| {
        (
            !it.verified,
            kind_of(&it.key) != Kind::OnePerPerson,
            &it.key,
        )
    });
    telling.into_iter().map(|it| it.key.clone()).collect()
}

/// How surely a newcomer with an identifier is the person who has it.
pub(crate) fn recognise(person: &Details, newcomer: &Details, key: &IdentifierKey) -> Recognised {
    let proves = |details: &Details| {
        let mut identifiers = details.identifiers.iter();
        identifiers.any(|it| it.verified && it.key == *key)
    };
    let reason = format!("the same {}", key.kind);
    if proves(person) && proves(newcomer) {
        return Recognised {
            kind: LinkKind::VerifiedIdentifier,
            score_permille: CERTAIN,
            reason,
        };
    }
    Recognised {
        kind: LinkKind::Rule,
        score_permille: compare(person, newcomer).score_permille,
        reason,
    }
}
