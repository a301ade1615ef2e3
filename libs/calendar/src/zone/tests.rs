//! Every zone of the database, around each of its transitions from 2000 to 2040.

use std::collections::BTreeSet;

use jiff::civil::{Date, date};
use jiff::tz::TimeZoneDatabase;
use jiff::{SignedDuration, Timestamp};

use super::{UnknownZone, Zone};
use crate::arithmetic::plus_days;

fn all_zones() -> Vec<Zone> {
    TimeZoneDatabase::bundled()
        .available()
        .filter(|name| !super::NOT_PLACES.contains(&name.as_str()))
        .map(|name| Zone::parse(name.as_str()).unwrap())
        .collect()
}

fn transitions(zone: &Zone) -> Vec<Timestamp> {
    let from: Timestamp = "2000-01-01T00:00:00Z".parse().unwrap();
    let until: Timestamp = "2041-01-01T00:00:00Z".parse().unwrap();
    zone.rules
        .following(from)
        .map(|transition| transition.timestamp())
        .take_while(|instant| *instant < until)
        .collect()
}

fn days_around(zone: &Zone, transition: Timestamp) -> impl Iterator<Item = Date> {
    let middle = zone.date_of(transition);
    (-2..=2).map(move |days| plus_days(middle, days))
}

#[test]
fn a_day_begins_where_the_clock_never_again_shows_an_earlier_one() {
    let nanosecond = SignedDuration::from_nanos(1);
    let mut skipped = BTreeSet::new();
    let mut checked = 0_u32;
    for zone in all_zones() {
        for transition in transitions(&zone) {
            for day in days_around(&zone, transition) {
                let (start, end) = (zone.start_of(day), zone.end_of(day));
                let name = zone.name();
                assert!(
                    zone.date_of(start - nanosecond) < day,
                    "{name} {day}: begins too late"
                );
                assert!(zone.date_of(start) >= day, "{name} {day}: begins too early");
                for at in transitions_within(&zone, start) {
                    assert!(
                        zone.date_of(at) >= day,
                        "{name} {day}: an earlier day at {at}"
                    );
                }
                if start == end {
                    skipped.insert((name.to_owned(), day));
                } else {
                    assert_eq!(zone.date_of(start), day, "{name}");
                    assert!(start < end, "{name} {day}");
                }
                checked += 1;
            }
        }
    }
    assert!(checked > 50_000, "only {checked} days were checked");
    let apia_lost = date(2011, 12, 30);
    assert_eq!(
        skipped,
        BTreeSet::from([
            ("Pacific/Apia".to_owned(), apia_lost),
            ("Pacific/Fakaofo".to_owned(), apia_lost),
        ])
    );
}

/// The transitions of the day and a half after an instant: behind them no clock is set back.
fn transitions_within(zone: &Zone, start: Timestamp) -> Vec<Timestamp> {
    let until = start + SignedDuration::from_hours(36);
    zone.rules
        .following(start)
        .map(|transition| transition.timestamp())
        .take_while(|instant| *instant < until)
        .collect()
}

#[test]
fn each_way_of_meeting_midnight_has_its_start() {
    let starts = |zone: &str, day: Date| Zone::parse(zone).unwrap().start_of(day).to_string();
    // No transition.
    assert_eq!(
        starts("Asia/Shanghai", date(2026, 3, 8)),
        "2026-03-07T16:00:00Z"
    );
    // A gap from 00:00 to 01:00.
    assert_eq!(
        starts("Asia/Beirut", date(2028, 3, 26)),
        "2028-03-25T22:00:00Z"
    );
    // Midnight twice on one day: the clock goes from 01:00 back to 00:00.
    assert_eq!(
        starts("America/Havana", date(2028, 11, 5)),
        "2028-11-05T04:00:00Z"
    );
    // From 00:01 back to 23:01 of the day before.
    assert_eq!(
        starts("America/St_Johns", date(2010, 11, 7)),
        "2010-11-07T03:30:00Z"
    );
    // A gap that began before midnight: 23:30 to 00:30.
    assert_eq!(
        starts("America/Toronto", date(1919, 3, 31)),
        "1919-03-31T04:30:00Z"
    );
    // A day that was skipped.
    assert_eq!(
        starts("Pacific/Apia", date(2011, 12, 30)),
        "2011-12-30T10:00:00Z"
    );
    assert_eq!(
        starts("Pacific/Apia", date(2011, 12, 31)),
        "2011-12-30T10:00:00Z"
    );
}

#[test]
fn the_ends_of_the_calendar_saturate() {
    for name in ["UTC", "Asia/Shanghai", "America/Los_Angeles"] {
        let zone = Zone::parse(name).unwrap();
        assert_eq!(zone.end_of(Date::MAX), Timestamp::MAX);
        assert!(zone.start_of(Date::MAX) <= Timestamp::MAX);
        assert!(zone.start_of(Date::MIN) >= Timestamp::MIN);
        assert!(zone.start_of(crate::FIRST_DAY) < Timestamp::UNIX_EPOCH);
    }
}

#[test]
fn only_exact_names_of_the_database_are_zones() {
    let refusal = |name: &str| Zone::parse(name).unwrap_err().did_you_mean;
    for name in [
        "",
        "CST",
        "+08:00",
        "Asia/Peking",
        "Etc/Unknown",
        "Factory",
        "posixrules",
    ] {
        assert_eq!(refusal(name), None, "{name}");
    }
    for name in [
        "../../etc/passwd",
        "/etc/localtime",
        "posix/Asia/Shanghai",
        "localtime",
    ] {
        assert_eq!(refusal(name), None, "{name}");
    }
    assert_eq!(refusal("asia/shanghai").as_deref(), Some("Asia/Shanghai"));
    assert_eq!(
        UnknownZone {
            name: "utc".to_owned(),
            did_you_mean: Some("UTC".to_owned())
        }
        .to_string(),
        r#"no time zone of the IANA database is called "utc"; did you mean "UTC"?"#
    );
}
