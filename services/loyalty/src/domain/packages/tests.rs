use calendar::{MonthDay, Span};
use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::{LATE_DAYS, due_on, occasions_of, yearly_key};
use crate::domain::Points;
use crate::domain::program::{Grant, Package, PackageId, PackageOccasion, WalletId};

fn birthday_package(lead_days: u16) -> Package {
    Package {
        package_id: PackageId::new("birthday"),
        display_name: "Happy birthday".to_owned(),
        occasion: PackageOccasion::Birthday,
        lead_days,
        gates: Vec::new(),
        grants: vec![Grant::Points {
            wallet_id: WalletId::POINTS,
            points: Points::new(100),
        }],
    }
}

/// The year whose birthday is celebrated today, if any.
fn celebrated(lead_days: u16, birthday: MonthDay, today: Date) -> Option<String> {
    let packages = [birthday_package(lead_days)];
    let mut due = due_on(&packages, PackageOccasion::Birthday, birthday, None, today);
    let due = due.next()?;
    Some(yearly_key(due.occasion_on))
}

#[test]
fn yesterdays_birthday_is_still_celebrated_and_last_years_is_not() {
    let birthday = MonthDay::new(3, 8).unwrap();
    assert_eq!(celebrated(0, birthday, date(2026, 3, 7)), None);
    assert_eq!(celebrated(0, birthday, date(2026, 3, 8)).unwrap(), "2026");
    assert_eq!(celebrated(0, birthday, date(2026, 3, 15)).unwrap(), "2026");
    assert_eq!(celebrated(0, birthday, date(2026, 3, 16)), None);
}

#[test]
fn a_package_can_be_given_ahead_also_over_the_end_of_a_year() {
    let birthday = MonthDay::new(1, 3).unwrap();
    assert_eq!(celebrated(7, birthday, date(2026, 12, 26)), None);
    assert_eq!(celebrated(7, birthday, date(2026, 12, 27)).unwrap(), "2027");
    assert_eq!(celebrated(7, birthday, date(2027, 1, 10)).unwrap(), "2027");
}

#[test]
fn the_year_of_joining_is_no_anniversary() {
    let packages = [Package {
        occasion: PackageOccasion::Anniversary,
        ..birthday_package(0)
    }];
    let day = MonthDay::new(3, 8).unwrap();
    let due = |today| {
        let of = PackageOccasion::Anniversary;
        due_on(&packages, of, day, Some(2027), today).count()
    };
    assert_eq!(due(date(2026, 3, 8)), 0);
    assert_eq!(due(date(2027, 3, 8)), 1);
}

proptest! {
    #[test]
    fn whoever_is_looked_for_is_due_and_everybody_is_looked_for_once_a_year(
        birth in 0_i32..366, start in 0_i32..3_000, lead_days in 0_u16..=60,
    ) {
        let days = |days: i32| jiff::SignedDuration::from_hours(24 * i64::from(days));
        let birthday = MonthDay::of(date(2024, 1, 1) + days(birth));
        let packages = [birthday_package(lead_days)];
        let mut today = date(2020, 1, 1) + days(start);
        let mut years = Vec::new();
        for _ in 0..3 * 366 {
            let looked_for = occasions_of(&packages, PackageOccasion::Birthday, today);
            if looked_for.contains(&birthday) {
                years.push(celebrated(lead_days, birthday, today).expect("it is due"));
            }
            today = today.tomorrow().unwrap();
        }
        prop_assert!(years.len() >= 3);
        for pair in years.windows(2) {
            prop_assert!(pair[0] < pair[1], "{:?}", years);
        }
    }

    #[test]
    fn it_is_due_from_its_lead_to_a_week_after(
        birth in 0_i32..366, lead_days in 0_u16..=60, offset in -70_i32..20,
    ) {
        let days = |days: i32| jiff::SignedDuration::from_hours(24 * i64::from(days));
        let birthday = MonthDay::of(date(2024, 1, 1) + days(birth));
        let occasion_on = birthday.next_from(date(2026, 6, 1));
        let today = occasion_on + days(offset);
        let in_time = today <= Span::days(LATE_DAYS).after(occasion_on)
            && occasion_on <= Span::days(lead_days).after(today);
        let year = celebrated(lead_days, birthday, today);
        prop_assert_eq!(year == Some(yearly_key(occasion_on)), in_time);
    }
}
