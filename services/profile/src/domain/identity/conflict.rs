//! Why two records are not one person's.

use super::kinds::{Kind, is_same_value, kind_of};
use crate::domain::identifier::Identifier;

/// Most customer ids that may be one person: more are a mistake, such as a rule that joins an office.
pub(crate) const MAX_MEMBERS: usize = 100;

/// Most sources of one person: all of them are read for each golden record.
pub(crate) const MAX_SOURCES: usize = 500;

/// Why a link, or what a channel says, is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Conflict {
    #[error("the person would have two values of {kind}, of which a person has one")]
    SecondValue { kind: String },
    #[error("both are verified people, and no proof says that they are the same")]
    TwoVerifiedPeople,
    #[error("more than {MAX_MEMBERS} records would be one person")]
    TooManyMembers,
    #[error("more than {MAX_SOURCES} sources would speak of one person")]
    TooManySources,
}

/// True for two values of a kind of which a person has one.
pub(crate) fn excludes(one: &Identifier, other: &Identifier) -> bool {
    one.key.kind == other.key.kind
        && kind_of(&one.key) == Kind::OnePerPerson
        && !is_same_value(&one.key, &other.key)
}

/// Refuses a person with two values of a kind of which a person has one.
pub(crate) fn check_values(identifiers: &[Identifier]) -> Result<(), Conflict> {
    let second = identifiers
        .iter()
        .find(|one| identifiers.iter().any(|other| excludes(one, other)));
    second.map_or(Ok(()), |it| {
        Err(Conflict::SecondValue {
            kind: it.key.kind.clone(),
        })
    })
}

/// Refuses to make one person of these two.
pub(crate) fn check_pair(one: &[Identifier], other: &[Identifier]) -> Result<(), Conflict> {
    let both: Vec<_> = one.iter().chain(other).cloned().collect();
    check_values(&both)?;
    let (one, other) = (proofs(one), proofs(other));
    let shared = || {
        one.iter()
            .any(|proof| other.iter().any(|it| is_same_value(&proof.key, &it.key)))
    };
    if !one.is_empty() && !other.is_empty() && !shared() {
        return Err(Conflict::TwoVerifiedPeople);
    }
    Ok(())
}

/// What proves who somebody is.
fn proofs(identifiers: &[Identifier]) -> Vec<&Identifier> {
    let is_proof = |it: &&Identifier| it.verified && kind_of(&it.key) == Kind::OnePerPerson;
    identifiers.iter().filter(is_proof).collect()
}
