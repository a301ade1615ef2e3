use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::Recurrence;
use crate::arithmetic::plus_days;
use crate::testing::any_date;

/// The first days of a rule, as `MM-DD` when they are in the year of its start.
fn days(rule: &str, start: Date, most: usize) -> String {
    let rule = Recurrence::parse(rule, start).unwrap();
    let eve = start.yesterday().unwrap();
    std::iter::successors(rule.next_after(eve), |day| rule.next_after(*day))
        .take(most)
        .map(|day| {
            let format = if day.year() == start.year() {
                "%m-%d"
            } else {
                "%Y-%m-%d"
            };
            day.strftime(format).to_string()
        })
        .collect::<Vec<_>>()
        .join(" ")
}

fn refusal(rule: &str) -> String {
    Recurrence::parse(rule, date(2026, 3, 8))
        .unwrap_err()
        .to_string()
}

#[test]
fn member_day_is_the_8th_of_each_month() {
    let rule = Recurrence::parse("FREQ=MONTHLY;BYMONTHDAY=8", date(2026, 1, 20)).unwrap();
    assert!(rule.contains(date(2026, 3, 8)));
    assert!(!rule.contains(date(2026, 3, 9)));
    assert!(!rule.contains(date(2026, 1, 8)), "before the start");
    assert_eq!(rule.next_after(date(2026, 3, 8)), Some(date(2026, 4, 8)));
    assert_eq!(rule.next_after(date(2020, 3, 8)), Some(date(2026, 2, 8)));
}

#[test]
fn the_examples_of_rfc_5545_give_its_days() {
    // Section 3.8.5.3, those of the subset; their start is 2 September 1997, a Tuesday.
    let start = date(1997, 9, 2);
    for (rule, expected) in [
        (
            "FREQ=DAILY;COUNT=10",
            "09-02 09-03 09-04 09-05 09-06 09-07 09-08 09-09 09-10 09-11",
        ),
        (
            "FREQ=DAILY;INTERVAL=10;COUNT=5",
            "09-02 09-12 09-22 10-02 10-12",
        ),
        ("FREQ=WEEKLY;INTERVAL=2;COUNT=4", "09-02 09-16 09-30 10-14"),
        (
            "FREQ=WEEKLY;UNTIL=19971007;WKST=SU;BYDAY=TU,TH",
            "09-02 09-04 09-09 09-11 09-16 09-18 09-23 09-25 09-30 10-02 10-07",
        ),
        (
            "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH",
            "09-02 09-04 09-16 09-18 09-30 10-02 10-14 10-16",
        ),
        ("FREQ=MONTHLY;COUNT=4;BYDAY=1FR", "09-05 10-03 11-07 12-05"),
        (
            "FREQ=MONTHLY;INTERVAL=2;COUNT=6;BYDAY=1SU,-1SU",
            "09-07 09-28 11-02 11-30 1998-01-04 1998-01-25",
        ),
        ("FREQ=MONTHLY;COUNT=4;BYDAY=-2MO", "09-22 10-20 11-17 12-22"),
        (
            "FREQ=MONTHLY;BYMONTHDAY=-3;COUNT=4",
            "09-28 10-29 11-28 12-29",
        ),
        (
            "FREQ=MONTHLY;COUNT=5;BYMONTHDAY=1,-1",
            "09-30 10-01 10-31 11-01 11-30",
        ),
        (
            "FREQ=MONTHLY;INTERVAL=18;COUNT=4;BYMONTHDAY=10,11,12",
            "09-10 09-11 09-12 1999-03-10",
        ),
        (
            "FREQ=MONTHLY;INTERVAL=2;COUNT=6;BYDAY=TU",
            "09-02 09-09 09-16 09-23 09-30 11-04",
        ),
        (
            "FREQ=YEARLY;COUNT=3;BYMONTH=6,7",
            "1998-06-02 1998-07-02 1999-06-02",
        ),
        (
            "FREQ=YEARLY;COUNT=3;BYDAY=20MO",
            "1998-05-18 1999-05-17 2000-05-15",
        ),
        (
            "FREQ=YEARLY;COUNT=4;BYMONTH=3;BYDAY=TH",
            "1998-03-05 1998-03-12 1998-03-19 1998-03-26",
        ),
        (
            "FREQ=MONTHLY;COUNT=3;BYDAY=FR;BYMONTHDAY=13",
            "1998-02-13 1998-03-13 1998-11-13",
        ),
        (
            "FREQ=YEARLY;INTERVAL=4;COUNT=2;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
            "11-04 2001-11-06",
        ),
    ] {
        assert_eq!(days(rule, start, 11), expected, "{rule}");
    }
}

#[test]
fn the_day_on_which_weeks_begin_decides_which_are_left_out() {
    // The RFC's own example: the same rule gives other days.
    let start = date(1997, 8, 5);
    let rule = "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU";
    assert_eq!(
        days(&format!("{rule};WKST=MO"), start, 5),
        "08-05 08-10 08-19 08-24"
    );
    assert_eq!(
        days(&format!("{rule};WKST=SU"), start, 5),
        "08-05 08-17 08-19 08-31"
    );
}

#[test]
fn what_a_rule_leaves_out_is_as_on_its_start() {
    assert_eq!(days("FREQ=WEEKLY", date(2026, 3, 8), 2), "03-08 03-15");
    // A month without a 31st is left out, it does not clamp.
    assert_eq!(
        days("FREQ=MONTHLY", date(2026, 1, 31), 3),
        "01-31 03-31 05-31"
    );
    assert_eq!(
        days("FREQ=YEARLY", date(2024, 2, 29), 2),
        "02-29 2028-02-29"
    );
    assert_eq!(
        days("FREQ=YEARLY;BYMONTH=3", date(2024, 2, 29), 2),
        "03-29 2025-03-29"
    );
}

#[test]
fn a_start_that_does_not_match_is_not_one_of_the_days() {
    assert_eq!(
        days("FREQ=WEEKLY;BYDAY=MO;COUNT=2", date(2026, 3, 8), 9),
        "03-09 03-16"
    );
}

#[test]
fn letters_count_in_either_case_and_ordinals_may_have_a_plus() {
    assert_eq!(
        days("freq=monthly;byday=+1mo", date(2026, 3, 8), 1),
        "04-06"
    );
}

#[test]
fn the_rarest_days_are_found_and_beyond_a_century_none_is() {
    let leap_monday = "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO";
    assert_eq!(days(leap_monday, date(2072, 3, 1), 1), "2112-02-29");
    assert_eq!(
        days("FREQ=YEARLY;INTERVAL=101", date(2026, 3, 8), 9),
        "03-08"
    );
    assert_eq!(days("FREQ=DAILY", Date::MAX, 9), "12-31");
}

#[test]
fn a_rule_that_never_comes_is_refused() {
    for rule in [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MONTHLY;BYMONTHDAY=1;BYDAY=2MO",
        "FREQ=DAILY;UNTIL=20260307",
        "FREQ=YEARLY;INTERVAL=2;BYMONTH=2;BYMONTHDAY=28;UNTIL=20270301",
    ] {
        assert_eq!(
            refusal(rule),
            "column 1: none of the rule's days ever comes",
            "{rule}"
        );
    }
}

fn check_refusals(refusals: &[(&str, &str)]) {
    for (rule, expected) in refusals {
        assert_eq!(refusal(rule), *expected, "{rule}");
    }
}

#[test]
fn mistakes_of_form_are_named_where_they_stand() {
    check_refusals(&[
        ("", "column 1: expected NAME=VALUE, found \"\""),
        ("FREQ=DAILY;", "column 12: expected NAME=VALUE, found \"\""),
        (
            "RRULE:FREQ=DAILY",
            "column 1: \"RRULE:FREQ\" is no part of a recurrence rule",
        ),
        (
            "FREQ=DAILY;BYDAYS=MO",
            "column 12: \"BYDAYS\" is no part of a recurrence rule",
        ),
        (
            "FREQ=MONTHLY;BYSETPOS=-1",
            "column 14: BYSETPOS is not supported; supported are FREQ, \
            INTERVAL, COUNT, UNTIL, WKST, BYMONTH, BYMONTHDAY and BYDAY",
        ),
        ("FREQ=DAILY;FREQ=DAILY", "column 12: FREQ is given twice"),
        ("INTERVAL=2", "column 1: FREQ is missing"),
    ]);
    assert_eq!(
        refusal(&"X".repeat(1_025)),
        "column 1: a rule has at most 1024 bytes, this one has 1025"
    );
}

#[test]
fn mistakes_in_values_are_named_where_they_stand() {
    check_refusals(&[
        (
            "FREQ=HOURLY",
            "column 6: expected DAILY, WEEKLY, MONTHLY or YEARLY, found \"HOURLY\"",
        ),
        (
            "FREQ=DAILY;INTERVAL=0",
            "column 21: expected a number from 1 to 1000, found \"0\"",
        ),
        (
            "FREQ=DAILY;COUNT=+3",
            "column 18: expected a number from 1 to 10000, found \"+3\"",
        ),
        (
            "FREQ=DAILY;COUNT=",
            "column 18: expected a number from 1 to 10000, found \"\"",
        ),
        (
            "FREQ=DAILY;BYMONTH=1,13",
            "column 22: expected a number from 1 to 12, found \"13\"",
        ),
        (
            "FREQ=MONTHLY;BYMONTHDAY=8,0",
            "column 27: expected a number from 1 to 31, or the same \
            below zero, found \"0\"",
        ),
        (
            "FREQ=MONTHLY;BYMONTHDAY=--8",
            "column 25: expected a number from 1 to 31, or the same \
            below zero, found \"--8\"",
        ),
        (
            "FREQ=WEEKLY;BYDAY=MO,éé",
            "column 22: expected MO, TU, WE, TH, FR, SA or SU, found \"éé\"",
        ),
        (
            "FREQ=DAILY;UNTIL=20260230",
            "column 18: expected a date as YYYYMMDD, found \"20260230\"",
        ),
        (
            "FREQ=DAILY;UNTIL=20260308T000000Z",
            "column 18: expected a date as YYYYMMDD, found \
            \"20260308T000000Z\"",
        ),
    ]);
}

#[test]
fn parts_that_exclude_each_other_are_named_where_they_stand() {
    check_refusals(&[
        (
            "FREQ=WEEKLY;BYDAY=MO,1TU",
            "column 22: only a MONTHLY or YEARLY rule counts weekdays, \
            as \"1TU\" does",
        ),
        (
            "FREQ=MONTHLY;BYDAY=6MO",
            "column 20: expected a number from 1 to 5, or the same below \
            zero, found \"6MO\"",
        ),
        (
            "COUNT=3;UNTIL=20270101;FREQ=DAILY",
            "column 1: COUNT can't be given together with UNTIL",
        ),
        (
            "FREQ=WEEKLY;BYMONTHDAY=8",
            "column 13: BYMONTHDAY can't be given together with \
            FREQ=WEEKLY",
        ),
    ]);
}

/// A list of values of a part, or nothing.
fn part(name: &'static str, values: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        prop::sample::subsequence(values, 1..=values.len().min(4))
            .prop_map(move |values| format!(";{name}={}", values.join(","))),
    ]
}

fn any_rule() -> impl Strategy<Value = String> {
    let frequency = prop::sample::select(vec!["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]);
    let interval = 1..=20;
    let months = part("BYMONTH", &["1", "2", "3", "6", "9", "12"]);
    let month_days = part(
        "BYMONTHDAY",
        &["1", "8", "15", "29", "31", "-1", "-2", "-31"],
    );
    let weekdays = part("BYDAY", &["MO", "FR", "SU", "1TU", "-1FR", "5SA", "-2SU"]);
    let week_start = prop::sample::select(vec!["", ";WKST=SU", ";WKST=WE"]);
    let end = prop::sample::select(vec!["", "", ";COUNT=5", ";UNTIL=20500101"]);
    (frequency, interval, months, month_days, weekdays, week_start, end).prop_map(
        |(frequency, interval, months, month_days, weekdays, week_start, end)| {
            format!(
                "FREQ={frequency};INTERVAL={interval}{months}{month_days}{weekdays}{week_start}{end}"
            )
        },
    )
}

proptest! {
    #[test]
    fn the_next_day_is_the_first_later_one_that_the_rule_contains(
        rule in any_rule(), start in any_date(), ahead in -500_i32..5_000,
    ) {
        let Ok(rule) = Recurrence::parse(&rule, start) else {
            return Ok(());
        };
        let day = plus_days(start, ahead);
        let next = rule.next_after(day);
        let by_trying = (1..40_000)
            .map(|days| plus_days(day, days))
            .find(|later| rule.contains(*later));
        match next {
            Some(_) => prop_assert_eq!(next, by_trying),
            None => prop_assert!(by_trying.is_none_or(|found| found.year() - day.year() >= 99)),
        }
    }

    #[test]
    fn a_counted_rule_has_so_many_days(
        rule in any_rule(), start in any_date(), count in 1_usize..30,
    ) {
        let uncounted = rule.split(";COUNT").next().unwrap().split(";UNTIL").next().unwrap();
        let counted = format!("{uncounted};COUNT={count}");
        let Ok(counted) = Recurrence::parse(&counted, start) else {
            return Ok(());
        };
        let uncounted = Recurrence::parse(uncounted, start).unwrap();
        let all = |rule: &Recurrence, most: usize| -> Vec<Date> {
            let eve = start.yesterday().unwrap();
            std::iter::successors(rule.next_after(eve), |day| rule.next_after(*day))
                .take(most)
                .collect()
        };
        prop_assert_eq!(all(&counted, count + 1), all(&uncounted, count));
    }

    #[test]
    fn no_text_makes_reading_panic(rule in ".{0,60}", value in "[-+0-9A-Z,é]{0,9}") {
        let start = date(2026, 3, 8);
        let _ = Recurrence::parse(&rule, start);
        for part in ["FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYMONTH", "BYMONTHDAY", "BYDAY"] {
            let _ = Recurrence::parse(&format!("FREQ=MONTHLY;{part}={value}"), start);
        }
    }
}
