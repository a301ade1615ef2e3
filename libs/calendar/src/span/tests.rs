use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::Span;
use crate::testing::any_date;

#[test]
fn the_last_of_january_and_a_month_is_the_last_of_february() {
    assert_eq!(Span::months(1).after(date(2027, 1, 31)), date(2027, 2, 28));
    assert_eq!(Span::months(1).after(date(2028, 1, 31)), date(2028, 2, 29));
    assert_eq!(Span::months(12).after(date(2028, 2, 29)), date(2029, 2, 28));
    assert_eq!(Span::months(1).before(date(2026, 3, 31)), date(2026, 2, 28));
}

#[test]
fn months_are_gone_before_days() {
    let span = Span { months: 1, days: 1 };
    assert_eq!(span.after(date(2027, 1, 31)), date(2027, 3, 1));
    assert_eq!(span.before(date(2027, 3, 31)), date(2027, 2, 27));
}

#[test]
fn what_lies_behind_the_calendar_lies_on_its_last_day() {
    assert_eq!(Span::months(u16::MAX).after(date(9000, 1, 1)), Date::MAX);
    assert_eq!(Span::days(1).after(Date::MAX), Date::MAX);
}

proptest! {
    #[test]
    fn a_month_later_is_the_same_day_or_the_last_of_a_shorter_month(
        day in any_date(), months in 0_u16..600,
    ) {
        let later = Span::months(months).after(day);
        let months_passed = (i32::from(later.year()) - i32::from(day.year())) * 12
            + i32::from(later.month()) - i32::from(day.month());
        prop_assert_eq!(months_passed, i32::from(months));
        prop_assert_eq!(later.day(), day.day().min(later.days_in_month()));
    }

    #[test]
    fn a_longer_span_never_ends_earlier(
        day in any_date(), shorter in 0_u16..2_000, more in 0_u16..2_000,
    ) {
        let longer = shorter + more;
        prop_assert!(Span::days(shorter).after(day) <= Span::days(longer).after(day));
        prop_assert!(Span::months(shorter).after(day) <= Span::months(longer).after(day));
    }

    #[test]
    fn a_later_day_never_gets_an_earlier_end(
        day in any_date(), days_later in 0_u16..400, months in 0_u16..600,
    ) {
        let later = Span::days(days_later).after(day);
        prop_assert!(Span::months(months).after(day) <= Span::months(months).after(later));
    }
}
