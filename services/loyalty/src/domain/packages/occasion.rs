use calendar::{MonthDay, Span};
use jiff::civil::Date;

use crate::domain::program::{Package, PackageOccasion};

/// Days after an occasion for which its package is still given.
pub const LATE_DAYS: u16 = 7;

/// A package that is due to a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due<'a> {
    /// The package.
    pub package: &'a Package,
    /// The day that it is about.
    pub occasion_on: Date,
}

/// The packages of an occasion that comes every year, of those that are due to somebody whose day it
/// is. `first_year` is that of the first time: of joining, the year after.
pub fn due_on(
    packages: &[Package],
    occasion: PackageOccasion,
    day: MonthDay,
    first_year: Option<i16>,
    today: Date,
) -> impl Iterator<Item = Due<'_>> {
    let of_occasion = packages
        .iter()
        .filter(move |package| package.occasion == occasion);
    of_occasion.filter_map(move |package| {
        let occasion_on = occasion_near(day, package.lead_days, today)?;
        let has_begun = first_year.is_none_or(|first| occasion_on.year() >= first);
        has_begun.then_some(Due {
            package,
            occasion_on,
        })
    })
}

/// The time at which the day comes that a package is due for today: soon enough to be given ahead,
/// or over for not too long.
fn occasion_near(day: MonthDay, lead_days: u16, today: Date) -> Option<Date> {
    let last = day.last_until(today);
    if today <= Span::days(LATE_DAYS).after(last) {
        return Some(last);
    }
    let next = day.next_from(today);
    (next <= Span::days(lead_days).after(today)).then_some(next)
}

/// The months and days whose packages come to be due on a day, in a program with these packages:
/// what has to be looked for then. 29 February comes with the 28th in common years.
pub fn occasions_of(packages: &[Package], occasion: PackageOccasion, today: Date) -> Vec<MonthDay> {
    let of_occasion = packages
        .iter()
        .filter(|package| package.occasion == occasion);
    let mut days: Vec<MonthDay> = of_occasion
        .flat_map(|package| kept_on(Span::days(package.lead_days).after(today)))
        .collect();
    days.sort_unstable();
    days.dedup();
    days
}

/// The days of the year that are kept on a date.
fn kept_on(date: Date) -> impl Iterator<Item = MonthDay> {
    let leap_day = MonthDay::new(2, 29).ok();
    let leap_day = leap_day.filter(|leap_day| leap_day.falls_on(date));
    std::iter::once(MonthDay::of(date)).chain(leap_day)
}

/// The key of an occasion that comes every year.
pub fn yearly_key(occasion_on: Date) -> String {
    format!("{:04}", occasion_on.year())
}
