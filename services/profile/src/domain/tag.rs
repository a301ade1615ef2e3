//! Tags of customers.

use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

use super::ids::CustomerId;
use super::invalid::{Invalid, Problem};

/// Tags that a person can be given.
pub(crate) const MOST: usize = 100;

/// Something that happened to a tag. It stays under the id at which it happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// Of two changes the later has the greater.
    pub(crate) id: Uuid,
    pub(crate) home: CustomerId,
    pub(crate) tag: String,
    pub(crate) kind: Kind,
    pub(crate) reason: String,
    pub(crate) source: String,
    pub(crate) actor: String,
    pub(crate) at: Timestamp,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Added {
        /// When it ends by itself.
        until: Option<Timestamp>,
    },
    Removed,
}

/// Why a tag was not put on or taken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    #[error("the customer has {MOST} tags, which is the most")]
    TooMany,
    #[error("the customer does not have this tag")]
    NotFound,
}

impl Kind {
    /// Whether the customer has the tag then.
    pub(crate) fn holds(self, now: Timestamp) -> bool {
        match self {
            Self::Added { until } => until.is_none_or(|until| until > now),
            Self::Removed => false,
        }
    }

    /// When a tag that holds ends; whoever does not end is later than all others.
    fn end(self) -> Timestamp {
        match self {
            Self::Added { until } => until.unwrap_or(Timestamp::MAX),
            Self::Removed => Timestamp::MIN,
        }
    }
}

/// Refuses a text that can't be told from another by who reads it.
pub(crate) fn check(field: &str, tag: &str) -> Result<(), Invalid> {
    let is_plain = tag.trim() == tag && !tag.is_empty() && !tag.chars().any(char::is_control);
    if is_plain {
        Ok(())
    } else {
        Err(Invalid::new(field, Problem::NotATag))
    }
}

/// The tags that a person has, by tag. Of one that stands under several ids, the one that ends last.
/// `latest` holds the latest change of each tag under each id.
pub(crate) fn standing(latest: &[Change], now: Timestamp) -> BTreeMap<&str, &Change> {
    let mut standing: BTreeMap<&str, &Change> = BTreeMap::new();
    for change in latest.iter().filter(|change| change.kind.holds(now)) {
        let place = standing.entry(&change.tag).or_insert(change);
        if (change.kind.end(), change.id) > (place.kind.end(), place.id) {
            *place = change;
        }
    }
    standing
}

/// Refuses one tag more than a person can be given.
pub(crate) fn check_room(latest: &[Change], tag: &str, now: Timestamp) -> Result<(), Refused> {
    let standing = standing(latest, now);
    if standing.len() < MOST || standing.contains_key(tag) {
        Ok(())
    } else {
        Err(Refused::TooMany)
    }
}

/// The ids under which a tag stands, all of which it is taken from.
pub(crate) fn homes_of(
    latest: &[Change],
    tag: &str,
    now: Timestamp,
) -> Result<Vec<CustomerId>, Refused> {
    let has = |change: &&Change| change.tag == tag && change.kind.holds(now);
    let homes: Vec<_> = latest.iter().filter(has).map(|it| it.home).collect();
    if homes.is_empty() {
        Err(Refused::NotFound)
    } else {
        Ok(homes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn change(id: u128, home: u128, tag: &str, kind: Kind) -> Change {
        Change {
            id: Uuid::from_u128(id),
            home: CustomerId(Uuid::from_u128(home)),
            tag: tag.to_owned(),
            kind,
            reason: String::new(),
            source: "agent".to_owned(),
            actor: "test".to_owned(),
            at: at(0),
        }
    }

    fn added(until: Option<i64>) -> Kind {
        Kind::Added {
            until: until.map(at),
        }
    }

    #[test]
    fn a_tag_ends_at_its_instant_and_stands_until_the_last_of_its_homes_ends() {
        let latest = [
            change(1, 1, "vip", added(Some(10))),
            change(2, 2, "vip", added(Some(20))),
            change(3, 1, "new", Kind::Removed),
        ];
        let until = |now| standing(&latest, at(now)).get("vip").map(|it| it.id);
        assert_eq!(until(9), Some(Uuid::from_u128(2)));
        assert_eq!(until(19), Some(Uuid::from_u128(2)));
        assert_eq!(until(20), None);
        assert_eq!(standing(&latest, at(0)).len(), 1);
        assert_eq!(homes_of(&latest, "vip", at(0)).unwrap().len(), 2);
        assert_eq!(homes_of(&latest, "vip", at(15)).unwrap().len(), 1);
        assert_eq!(homes_of(&latest, "new", at(0)), Err(Refused::NotFound));
    }

    #[test]
    fn one_more_than_the_most_is_refused_but_not_one_that_is_there() {
        let tags = (0..MOST).map(|nth| change(1, 1, &nth.to_string(), added(None)));
        let latest: Vec<_> = tags.collect();
        assert_eq!(check_room(&latest, "x", at(0)), Err(Refused::TooMany));
        assert_eq!(check_room(&latest, "7", at(0)), Ok(()));
    }

    #[test]
    fn tags_are_told_apart_by_those_who_read_them() {
        assert!(check("tag", "老客户").is_ok() && check("tag", "allergy: nuts").is_ok());
        for wrong in ["", " vip", "vip ", "a\nb", "a\u{0}b", "\u{3000}vip"] {
            assert!(check("tag", wrong).is_err(), "{wrong:?}");
        }
    }
}
