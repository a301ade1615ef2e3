//! What happened to attributes, and which value of several ids stands.

use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

use super::definition::Key;
use crate::domain::ids::CustomerId;

/// Something that happened to an attribute. It stays under the id for which it was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// Of two changes the later has the greater.
    pub(crate) id: Uuid,
    /// Under which id the value stands, or stood.
    pub(crate) home: CustomerId,
    /// For which id of the person it was said. Only what is cleared is so for another id than the home: as long as the two
    /// belong together.
    pub(crate) by: CustomerId,
    pub(crate) key: Key,
    /// Written out; `None`: it was cleared.
    pub(crate) value: Option<String>,
    pub(crate) source: String,
    pub(crate) actor: String,
    pub(crate) at: Timestamp,
}

/// Of what was said, the latest of each attribute under each of a person's ids. What was said for an id that is somebody
/// else's does not count.
pub(crate) fn latest(
    said: impl IntoIterator<Item = Change>,
    has: impl Fn(CustomerId) -> bool,
) -> Vec<Change> {
    let mut latest: BTreeMap<(CustomerId, Key), Change> = BTreeMap::new();
    let theirs = said.into_iter().filter(|it| has(it.by) && has(it.home));
    for change in theirs {
        let place = (change.home, change.key.clone());
        let is_later = latest.get(&place).is_none_or(|it| it.id < change.id);
        if is_later {
            latest.insert(place, change);
        }
    }
    latest.into_values().collect()
}

/// The attributes that a person has: of each the one that was set last, under whichever id. `latest` holds the latest
/// change of each under each id.
pub(crate) fn standing(latest: &[Change]) -> BTreeMap<&Key, &Change> {
    let mut standing: BTreeMap<&Key, &Change> = BTreeMap::new();
    for change in latest.iter().filter(|change| change.value.is_some()) {
        let place = standing.entry(&change.key).or_insert(change);
        if change.id > place.id {
            *place = change;
        }
    }
    standing
}
