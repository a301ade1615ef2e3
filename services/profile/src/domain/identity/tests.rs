//! Single decisions about who is who.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::conflict::{Conflict, check_pair};
use super::golden::Golden;
use super::kinds::is_placeholder;
use super::source::{ACTIVITY, CRM, Source, SourceId};
use super::trust::Trust;
use crate::domain::birth_date::BirthDate;
use crate::domain::customer::Details;
use crate::domain::field::Field;
use crate::domain::identifier::{Identifier, IdentifierKey};
use crate::domain::ids::CustomerId;

fn at(minute: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minute)
}

fn said(nth: u128, channel: &str, minute: i64, change: fn(&mut Details)) -> Source {
    let home = CustomerId(Uuid::from_u128(nth));
    let id = SourceId(Uuid::from_u128(nth));
    let mut source = Source::new(id, home, (channel, nth.to_string()), at(0));
    let mut details = Details::default();
    change(&mut details);
    let fields: Vec<_> = Field::all().filter(|field| details.has(*field)).collect();
    source.tell(&fields, &details, at(minute));
    source
}

fn identifier(kind: &str, value: &str, verified: bool) -> Identifier {
    let key = IdentifierKey::stated(kind.to_owned(), value.to_owned(), None);
    Identifier { key, verified }
}

#[test]
fn a_field_survives_by_trust_then_by_what_was_seen_last_then_by_completeness() {
    let name = |details: &mut Details| details.display_name = "Ada".to_owned();
    let other = |details: &mut Details| details.display_name = "Countess".to_owned();
    let golden = |sources: &[Source]| Golden::of(sources, &Trust::default());
    let by_trust = golden(&[said(1, CRM, 1, name), said(2, "app", 9, other)]);
    assert_eq!(by_trust.details.display_name, "Ada");
    let by_time = golden(&[said(1, "shop", 1, name), said(2, "app", 9, other)]);
    assert_eq!(by_time.details.display_name, "Countess");
    assert_eq!(by_time.origins["display_name"].channel, "app");
    let least = golden(&[said(1, ACTIVITY, 9, other), said(2, "app", 1, name)]);
    assert_eq!(least.details.display_name, "Ada");
    let day = |details: &mut Details| {
        details.birth_date = Some(BirthDate {
            year: None,
            month: 2,
            day: 3,
        });
    };
    let whole = |details: &mut Details| {
        details.birth_date = Some(BirthDate {
            year: Some(1990),
            month: 2,
            day: 3,
        });
    };
    let by_fullness = golden(&[said(1, "app", 5, day), said(2, "app", 5, whole)]);
    assert_eq!(by_fullness.details.birth_date.unwrap().year, Some(1990));
}

#[test]
fn what_arrives_late_does_not_replace_what_was_seen_since() {
    let mut source = said(1, "app", 5, |details| details.brand = "north".to_owned());
    let old = Details {
        brand: "south".to_owned(),
        occupation: "baker".to_owned(),
        ..Details::default()
    };
    source.tell(&[Field::Brand, Field::Occupation], &old, at(4));
    assert_eq!(
        (
            source.details.brand.as_str(),
            source.details.occupation.as_str()
        ),
        ("north", "baker")
    );
}

#[test]
fn verified_people_are_joined_by_a_shared_proof_only() {
    let card = |value: &str, verified| vec![identifier("member_card", value, verified)];
    let id = |value: &str| vec![identifier("national_id", value, true)];
    let second = |kind: &str| {
        Err(Conflict::SecondValue {
            kind: kind.to_owned(),
        })
    };
    assert_eq!(check_pair(&id("a1"), &id(" A1")), Ok(()));
    assert_eq!(check_pair(&id("a1"), &id("b2")), second("national_id"));
    assert_eq!(
        check_pair(&card("1a", false), &card("2b", true)),
        second("member_card")
    );
    assert_eq!(
        check_pair(&id("a1"), &card("1a", true)),
        Err(Conflict::TwoVerifiedPeople)
    );
    assert_eq!(check_pair(&id("a1"), &card("1a", false)), Ok(()));
    let phone = |value: &str| vec![identifier("phone", value, true)];
    assert_eq!(check_pair(&phone("1"), &phone("2")), Ok(()));
}

#[test]
fn values_that_stand_for_nobody_are_known() {
    for value in [
        "null",
        " NULL ",
        "0",
        "000-000",
        "guest",
        "+00",
        "N/A",
        "[object Object]",
    ] {
        assert!(is_placeholder(value), "{value}");
    }
    for value in ["10", "+44 20 7946 0001", "ada", "o", "nulla@example.com"] {
        assert!(!is_placeholder(value), "{value}");
    }
}
