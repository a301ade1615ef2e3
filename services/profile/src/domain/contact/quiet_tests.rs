//! Quiet hours in every zone of the world, around every change of its clocks.

use calendar::Zone;
use jiff::civil::{Time, date, time};
use jiff::tz::TimeZoneDatabase;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::quiet::{QuietHours, is_always, next_free};

const STEP: SignedDuration = SignedDuration::from_mins(15);

fn hours(start: Time, end: Time) -> QuietHours {
    let channels = Vec::new();
    QuietHours {
        channels,
        start,
        end,
    }
}

/// Windows that begin and end at the hours at which clocks are changed, one and several at once.
fn policies() -> Vec<Vec<QuietHours>> {
    let at = |hour, minute| time(hour, minute, 0, 0);
    vec![
        vec![hours(at(21, 0), at(8, 0))],
        vec![hours(at(0, 0), at(2, 30))],
        vec![hours(at(3, 0), at(1, 30))],
        vec![
            hours(at(2, 0), at(3, 0)),
            hours(at(12, 30), at(14, 15)),
            hours(at(23, 0), at(0, 0)),
        ],
    ]
}

fn is_quiet(windows: &[&QuietHours], zone: &Zone, at: Timestamp) -> bool {
    let local = zone.local(at).time();
    windows.iter().any(|window| {
        let begun = local >= window.start;
        let over = local >= window.end;
        if window.start < window.end {
            begun && !over
        } else {
            begun || !over
        }
    })
}

/// Compares with a walk, a quarter of an hour at a time, through the days around an instant. All
/// clocks are set at quarters of an hour to quarters of an hour.
fn check_around(zone: &Zone, middle: Timestamp) -> u32 {
    let first = middle - SignedDuration::from_hours(36);
    let instants: Vec<Timestamp> = (0..384).map(|nth| first + STEP * nth).collect();
    let mut checked = 0;
    for windows in policies() {
        let windows: Vec<&QuietHours> = windows.iter().collect();
        // From the back: the next free instant of each.
        let mut free = None;
        for at in instants.iter().rev() {
            if !is_quiet(&windows, zone, *at) {
                free = Some(*at);
            }
            let Some(expected) = free else { continue };
            let found = next_free(&windows, zone, *at);
            assert_eq!(
                found,
                Some(expected),
                "{} from {at}: {windows:?}",
                zone.name()
            );
            checked += 1;
        }
    }
    checked
}

fn zones() -> impl Iterator<Item = Zone> {
    let names: Vec<String> = TimeZoneDatabase::bundled()
        .available()
        .map(|name| name.as_str().to_owned())
        .collect();
    names.into_iter().filter_map(|name| Zone::parse(&name).ok())
}

#[test]
fn in_every_zone_on_every_day_of_a_change_the_next_instant_is_the_first_that_is_not_quiet() {
    let from: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let until: Timestamp = "2028-01-01T00:00:00Z".parse().unwrap();
    let (mut zones_checked, mut changes, mut checked) = (0, 0, 0_u32);
    for zone in zones() {
        zones_checked += 1;
        let mut at = from;
        while let Some(change) = zone.next_change(at).filter(|change| *change < until) {
            checked += check_around(&zone, change);
            changes += 1;
            at = change;
        }
    }
    assert!(zones_checked > 400, "{zones_checked} zones");
    assert!(
        changes > 500 && checked > 500_000,
        "{changes} changes, {checked} instants"
    );
}

#[test]
fn zones_that_skip_a_day_or_half_an_hour_are_no_exception() {
    for (name, day) in [
        ("Pacific/Apia", date(2011, 12, 30)),
        ("Australia/Lord_Howe", date(2026, 4, 5)),
        ("America/Caracas", date(2016, 5, 1)),
        ("Asia/Pyongyang", date(2018, 5, 5)),
        ("Africa/Casablanca", date(2026, 3, 22)),
        ("Asia/Shanghai", date(2026, 3, 8)),
        ("UTC", date(2026, 3, 8)),
    ] {
        let zone = Zone::parse(name).unwrap();
        assert!(check_around(&zone, zone.start_of(day)) > 1_000, "{name}");
    }
}

proptest! {
    #[test]
    fn to_the_microsecond_nothing_before_the_next_instant_is_free(
        starts in proptest::collection::vec((0_i32..1440, 1_i32..1400), 1..4),
        offset_us in 0_i64..(14 * 86_400_000_000),
    ) {
        let clock = |minute: i32| Time::midnight().wrapping_add(SignedDuration::from_mins(minute.into()));
        let windows: Vec<QuietHours> = starts
            .iter()
            .map(|(start, length)| hours(clock(*start), clock(start + length)))
            .collect();
        let windows: Vec<&QuietHours> = windows.iter().collect();
        let zone = Zone::parse("Europe/London").unwrap();
        let spring: Timestamp = "2026-03-22T00:00:00Z".parse().unwrap();
        let from = spring + SignedDuration::from_micros(offset_us);
        prop_assume!(!is_always(&windows));
        let free = next_free(&windows, &zone, from).unwrap();
        prop_assert!(!is_quiet(&windows, &zone, free));
        prop_assert!(free >= from);
        let before = free - SignedDuration::from_micros(1);
        prop_assert!(free == from || is_quiet(&windows, &zone, before));
        let mut at = from;
        while at < free {
            prop_assert!(is_quiet(&windows, &zone, at));
            at += SignedDuration::from_mins(1);
        }
    }
}

#[test]
fn windows_that_leave_no_time_are_recognised() {
    let at = |hour| time(hour, 0, 0, 0);
    let (night, day, noon) = (
        hours(at(20), at(8)),
        hours(at(8), at(20)),
        hours(at(12), at(13)),
    );
    assert!(is_always(&[&night, &day]));
    assert!(!is_always(&[&night, &noon]));
    assert!(!is_always(&[]));
    let zone = Zone::parse("UTC").unwrap();
    assert_eq!(
        next_free(&[&night, &day], &zone, Timestamp::UNIX_EPOCH),
        None
    );
}
