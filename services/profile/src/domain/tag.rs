//! Tags of customers.

use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

use super::ids::CustomerId;
use super::invalid::{Invalid, Problem};

/// Tags that a person can be given.
pub(crate) const MOST: usize = 100;

/// Something that happened to a tag. It stays under the id for which it was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// Of two changes the later has the greater.
    pub(crate) id: Uuid,
    /// Under which id the tag stands, or stood.
    pub(crate) home: CustomerId,
    /// For which id of the person it was said. Only what is taken off is so for another id than the home: as long as the
    /// two belong together.
    pub(crate) by: CustomerId,
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

/// Of what was said of tags, the latest of each tag under each of a person's ids. What was said for an id that is somebody
/// else's does not count.
pub(crate) fn latest(
    said: impl IntoIterator<Item = Change>,
    has: impl Fn(CustomerId) -> bool,
) -> Vec<Change> {
    let mut latest: BTreeMap<(CustomerId, String), Change> = BTreeMap::new();
    let theirs = said.into_iter().filter(|it| has(it.by) && has(it.home));
    for change in theirs {
        let place = (change.home, change.tag.clone());
        let is_later = latest.get(&place).is_none_or(|it| it.id < change.id);
        if is_later {
            latest.insert(place, change);
        }
    }
    latest.into_values().collect()
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

/// The ids from which a tag is taken when that is said for one of a person's. What another id's word hides is among them:
/// the two may be parted, and then this word has to do.
pub(crate) fn homes_of(
    said: &[Change],
    (by, tag): (CustomerId, &str),
    now: Timestamp,
) -> Result<Vec<CustomerId>, Refused> {
    let latest = latest(said.iter().cloned(), |_| true);
    if !standing(&latest, now).contains_key(tag) {
        return Err(Refused::NotFound);
    }
    let of_tag = || said.iter().filter(|it| it.tag == tag);
    let is_said =
        |own: &Change| of_tag().any(|it| it.by == by && it.home == own.home && it.id > own.id);
    let stands = |it: &&Change| it.by == it.home && it.kind.holds(now) && !is_said(it);
    Ok(of_tag().filter(stands).map(|it| it.home).collect())
}

/// Whether a change does something to the tags of a person: not when it takes off what is hidden already.
pub(crate) fn is_news(latest: &[Change], change: &Change, now: Timestamp) -> bool {
    let mut of_home = latest.iter().filter(|it| it.home == change.home);
    let stands = of_home.any(|it| it.tag == change.tag && it.kind.holds(now));
    change.kind != Kind::Removed || stands
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
            by: CustomerId(Uuid::from_u128(home)),
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
        let one = CustomerId(Uuid::from_u128(1));
        let taken = |tag, now| homes_of(&latest, (one, tag), at(now)).map(|homes| homes.len());
        assert_eq!(taken("vip", 0), Ok(2));
        assert_eq!(taken("vip", 15), Ok(1));
        assert_eq!(taken("new", 0), Err(Refused::NotFound));
    }

    #[test]
    fn what_was_said_for_an_id_holds_of_another_while_both_are_one_persons() {
        let [one, other, third] = [1, 2, 3].map(|nth| CustomerId(Uuid::from_u128(nth)));
        let hidden = Change {
            by: one,
            ..change(4, 2, "vip", Kind::Removed)
        };
        let mut said = vec![
            change(2, 2, "vip", added(None)),
            change(3, 1, "vip", Kind::Removed),
            hidden,
        ];
        let has = |said: &[Change], homes: &[CustomerId]| {
            let latest = latest(said.to_vec(), |id| homes.contains(&id));
            !standing(&latest, at(0)).is_empty()
        };
        assert!(!has(&said, &[one, other]), "off for both");
        assert!(!has(&said, &[one]) && has(&said, &[other]), "parted");
        assert!(has(&said, &[other, third]));
        let again = homes_of(&said, (other, "vip"), at(0));
        assert_eq!(again, Err(Refused::NotFound));
        // Somebody else brings it anew; whoever takes that off means what is hidden, too, but for what they hid.
        said.push(change(5, 3, "vip", added(None)));
        assert!(has(&said, &[one, other, third]));
        let taken = |by| homes_of(&said, (by, "vip"), at(0)).unwrap();
        assert_eq!(taken(one), [third]);
        assert_eq!(taken(third), [other, third]);
        // Put on since, it stands.
        said.push(change(6, 2, "vip", added(None)));
        said.retain(|it| it.id != Uuid::from_u128(2));
        assert!(has(&said, &[one, other]));
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
