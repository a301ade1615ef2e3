//! What happened to attributes, and which value of several ids stands.

use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

use super::definition::Key;
use crate::domain::ids::CustomerId;

/// Something that happened to an attribute. It stays under the id at which it happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// Of two changes the later has the greater.
    pub(crate) id: Uuid,
    pub(crate) home: CustomerId,
    pub(crate) key: Key,
    /// Written out; `None`: it was cleared.
    pub(crate) value: Option<String>,
    pub(crate) source: String,
    pub(crate) actor: String,
    pub(crate) at: Timestamp,
}

/// The attributes that a person has: of each the one that was set last, under whichever id.
pub(crate) fn standing(kept: &[Change]) -> BTreeMap<&Key, &Change> {
    let mut standing: BTreeMap<&Key, &Change> = BTreeMap::new();
    for change in kept.iter().filter(|change| change.value.is_some()) {
        let place = standing.entry(&change.key).or_insert(change);
        if change.id > place.id {
            *place = change;
        }
    }
    standing
}
