use jiff::civil::date;
use proptest::prelude::*;

use super::{MonthDay, NoSuchDay};
use crate::testing::any_date;

#[test]
fn the_29th_of_february_is_kept_on_the_28th_of_common_years() {
    let leapling = MonthDay::new(2, 29).unwrap();
    assert_eq!(leapling.next_from(date(2027, 1, 1)), date(2027, 2, 28));
    assert_eq!(leapling.next_from(date(2027, 3, 1)), date(2028, 2, 29));
    assert!(!leapling.falls_on(date(2028, 2, 28)));
    assert_eq!(leapling.last_until(date(2100, 2, 28)), date(2100, 2, 28));
}

#[test]
fn a_day_that_no_year_has_is_refused() {
    assert_eq!(MonthDay::new(2, 30), Err(NoSuchDay { month: 2, day: 30 }));
    assert_eq!(MonthDay::new(13, 1), Err(NoSuchDay { month: 13, day: 1 }));
    assert_eq!(MonthDay::new(4, 0), Err(NoSuchDay { month: 4, day: 0 }));
}

proptest! {
    #[test]
    fn it_is_kept_exactly_once_a_year(birth in any_date(), day in any_date()) {
        let birthday = MonthDay::of(birth);
        let next = birthday.next_from(day);
        let last = birthday.last_until(day);
        prop_assert!(last <= day && day <= next);
        prop_assert!(birthday.falls_on(next) && birthday.falls_on(last));
        prop_assert_eq!(next.month(), birth.month());
        prop_assert_eq!(next == last, birthday.falls_on(day));
        if next != last {
            prop_assert_eq!(next.year() - last.year(), 1);
        }
    }
}
