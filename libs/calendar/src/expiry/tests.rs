use jiff::civil::date;
use proptest::prelude::*;

use super::{ExpiryTerm, RoundUp, expiry_instant};
use crate::testing::any_date;
use crate::{Span, Zone};

const ROUNDINGS: [RoundUp; 5] = [
    RoundUp::None,
    RoundUp::Month,
    RoundUp::Quarter,
    RoundUp::HalfYear,
    RoundUp::Year,
];

fn instant(earned_at: &str, span: Span, round_up: RoundUp, zone: &str) -> String {
    let term = ExpiryTerm::After { span, round_up };
    let zone = Zone::parse(zone).unwrap();
    expiry_instant(earned_at.parse().unwrap(), term, &zone)
        .unwrap()
        .to_string()
}

#[test]
fn points_are_usable_to_the_end_of_the_last_day_where_the_program_runs() {
    // 7 March in UTC is 8 March in Shanghai; twelve months on, to the end of the month.
    assert_eq!(
        instant(
            "2026-03-07T16:30:00Z",
            Span::months(12),
            RoundUp::Month,
            "Asia/Shanghai"
        ),
        "2027-03-31T16:00:00Z"
    );
    assert_eq!(
        instant("2026-03-07T16:30:00Z", Span::days(0), RoundUp::None, "UTC"),
        "2026-03-08T00:00:00Z"
    );
}

#[test]
fn a_day_that_ends_in_a_gap_ends_when_the_clock_has_jumped() {
    // Beirut: on 26 March 2028 the clock goes from 00:00 to 01:00.
    assert_eq!(
        instant(
            "2028-03-25T10:00:00Z",
            Span::days(0),
            RoundUp::None,
            "Asia/Beirut"
        ),
        "2028-03-25T22:00:00Z"
    );
}

#[test]
fn what_never_expires_has_no_instant() {
    let zone = Zone::parse("UTC").unwrap();
    let earned_at = "2026-03-07T16:30:00Z".parse().unwrap();
    assert_eq!(expiry_instant(earned_at, ExpiryTerm::Never, &zone), None);
}

#[test]
fn the_ends_of_units_are_those_of_the_calendar() {
    let ends = |round_up: RoundUp| {
        [
            date(2028, 1, 1),
            date(2028, 2, 29),
            date(2028, 6, 30),
            date(2028, 10, 1),
        ]
        .map(|day| round_up.apply(day).strftime("%m-%d").to_string())
    };
    assert_eq!(ends(RoundUp::None), ["01-01", "02-29", "06-30", "10-01"]);
    assert_eq!(ends(RoundUp::Month), ["01-31", "02-29", "06-30", "10-31"]);
    assert_eq!(ends(RoundUp::Quarter), ["03-31", "03-31", "06-30", "12-31"]);
    assert_eq!(
        ends(RoundUp::HalfYear),
        ["06-30", "06-30", "06-30", "12-31"]
    );
    assert_eq!(ends(RoundUp::Year), ["12-31", "12-31", "12-31", "12-31"]);
}

proptest! {
    #[test]
    fn rounding_never_goes_back_and_is_done_once(day in any_date()) {
        let mut before = day;
        for round_up in ROUNDINGS {
            let rounded = round_up.apply(day);
            prop_assert!(rounded >= before, "a larger unit ends no earlier");
            prop_assert_eq!(round_up.apply(rounded), rounded);
            prop_assert_eq!(rounded.year(), day.year());
            before = rounded;
        }
    }
}
