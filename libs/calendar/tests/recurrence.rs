//! Recurrences give the days that python-dateutil gives (`vectors.txt`, written by `vectors.py`).
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking, also in its helpers"
)]

use calendar::Recurrence;
use jiff::civil::Date;

/// The vectors stop here; what comes later than thirty years after a day is left out of them.
const MOST_DAYS: usize = 8;
const YEARS_LEFT_OUT: i16 = 30;

#[test]
fn rules_give_the_days_of_an_independent_implementation() {
    let vectors = include_str!("vectors.txt");
    assert_eq!(vectors.lines().count(), 400);
    for line in vectors.lines() {
        let [start, rule, days]: [&str; 3] =
            line.split('|').collect::<Vec<_>>().try_into().unwrap();
        let start = start.parse().unwrap();
        let expected: Vec<Date> = days.split(',').map(|day| day.parse().unwrap()).collect();
        check(rule, start, &expected);
    }
}

fn check(rule: &str, start: Date, expected: &[Date]) {
    let recurrence = Recurrence::parse(rule, start).unwrap();
    let found = days_from(&recurrence, start);
    let days: Vec<Date> = found.take(expected.len()).collect();
    assert_eq!(days, expected, "{rule} from {start}");
    let last = expected[expected.len() - 1];
    if let Some(more) = recurrence
        .next_after(last)
        .filter(|_| expected.len() < MOST_DAYS)
    {
        let years = more.year() - last.year();
        assert!(
            years >= YEARS_LEFT_OUT,
            "{rule} from {start}: {more} is one too many"
        );
    }
}

fn days_from(rule: &Recurrence, start: Date) -> impl Iterator<Item = Date> {
    let eve = start.yesterday().unwrap();
    std::iter::successors(rule.next_after(eve), |day| rule.next_after(*day))
}
