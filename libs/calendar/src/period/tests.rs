use jiff::civil::date;
use proptest::prelude::*;

use super::Period;
use crate::testing::any_date;

const PERIODS: [Period; 6] = [
    Period::Day,
    Period::Week,
    Period::Month,
    Period::Quarter,
    Period::Year,
    Period::Lifetime,
];

#[test]
fn a_key_says_which_bucket_it_is() {
    let keys = PERIODS.map(|period| period.bucket(date(2027, 1, 2)).to_string());
    // 2 January 2027 is a Saturday of the last ISO week of 2026.
    assert_eq!(
        keys,
        [
            "2027-01-02",
            "2026-W53",
            "2027-01",
            "2027-Q1",
            "2027",
            "lifetime"
        ]
    );
}

proptest! {
    #[test]
    fn two_days_share_a_key_exactly_when_one_bucket_holds_both(
        one in any_date(), other in any_date(),
    ) {
        for period in PERIODS {
            let bucket = period.bucket(one);
            prop_assert!(bucket.days().contains(one));
            let shared = bucket.to_string() == period.bucket(other).to_string();
            prop_assert_eq!(shared, bucket.days().contains(other));
        }
    }

    #[test]
    fn a_bucket_begins_where_the_one_before_ended(day in any_date()) {
        for period in PERIODS {
            let bucket = period.bucket(day);
            if let Ok(next) = bucket.days().last.tomorrow() {
                prop_assert_eq!(period.bucket(next).days().first, next);
            }
        }
    }
}
