use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::Window;
use crate::testing::any_date;
use crate::{FIRST_DAY, MonthDay, Unit};

fn first(window: Window, as_of: Date) -> Date {
    let days = window.days(as_of);
    assert_eq!(days.last, as_of);
    days.first
}

#[test]
fn a_rolling_window_holds_so_many_days_or_months() {
    let as_of = date(2026, 3, 31);
    assert_eq!(first(Window::RollingDays(1), as_of), as_of);
    assert_eq!(first(Window::RollingDays(31), as_of), date(2026, 3, 1));
    assert_eq!(first(Window::RollingMonths(1), as_of), date(2026, 3, 1));
    assert_eq!(first(Window::RollingMonths(12), as_of), date(2025, 4, 1));
    assert_eq!(
        first(Window::RollingMonths(12), date(2028, 2, 29)),
        date(2027, 3, 1)
    );
}

#[test]
fn calendar_and_anniversary_windows_begin_anew() {
    let as_of = date(2026, 8, 15);
    let half_year = Window::Calendar(Unit::HalfYear);
    assert_eq!(first(half_year, as_of), date(2026, 7, 1));
    assert_eq!(half_year.next_change(as_of), Some(date(2027, 1, 1)));

    let leapling = Window::Anniversary {
        of: MonthDay::new(2, 29).unwrap(),
    };
    assert_eq!(first(leapling, as_of), date(2026, 2, 28));
    assert_eq!(
        leapling.next_change(date(2028, 2, 28)),
        Some(date(2028, 2, 29))
    );
}

#[test]
fn a_lifetime_never_changes() {
    assert_eq!(first(Window::Lifetime, date(2026, 8, 15)), FIRST_DAY);
    assert_eq!(Window::Lifetime.next_change(date(2026, 8, 15)), None);
}

fn any_window() -> impl Strategy<Value = Window> {
    let unit = prop::sample::select(vec![
        Unit::Day,
        Unit::Week,
        Unit::Month,
        Unit::Quarter,
        Unit::HalfYear,
        Unit::Year,
    ]);
    prop_oneof![
        (1_u16..800).prop_map(Window::RollingDays),
        (1_u16..60).prop_map(Window::RollingMonths),
        unit.prop_map(Window::Calendar),
        any_date().prop_map(|of| Window::Anniversary {
            of: MonthDay::of(of)
        }),
        Just(Window::Lifetime),
    ]
}

proptest! {
    #[test]
    fn a_window_only_moves_forward_and_only_when_it_said_so(
        window in any_window(), as_of in any_date(),
    ) {
        let begins = first(window, as_of);
        prop_assert!(begins <= as_of);
        let change = window.next_change(as_of).unwrap_or(Date::MAX);
        prop_assert!(change > as_of);
        let mut day = as_of;
        for _ in 0..800 {
            let next = day.tomorrow().unwrap();
            prop_assert!(first(window, next) >= first(window, day));
            if next < change {
                prop_assert_eq!(first(window, next), begins);
            }
            day = next;
        }
    }
}
