//! Weekdays, counted or not.

use jiff::civil::{Date, Weekday};

/// `MO` (each Monday), `1MO` (the first one), `-1MO` (the last one).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OrdinalWeekday {
    /// Which one; below zero counted from the end. `None` is each.
    pub(super) ordinal: Option<i16>,
    pub(super) weekday: Weekday,
}

/// In what weekdays are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    Month,
    Year,
}

impl OrdinalWeekday {
    pub(super) fn is(self, day: Date, scope: Scope) -> bool {
        day.weekday() == self.weekday
            && self
                .ordinal
                .is_none_or(|ordinal| ordinals(day, scope).contains(&ordinal))
    }
}

/// Which one of its weekday a day is, from the beginning and from the end of the scope.
fn ordinals(day: Date, scope: Scope) -> [i16; 2] {
    let (number, last) = match scope {
        Scope::Month => (i16::from(day.day()), i16::from(day.days_in_month())),
        Scope::Year => (day.day_of_year(), day.days_in_year()),
    };
    [(number - 1) / 7 + 1, -((last - number) / 7 + 1)]
}

/// The weekday of a two-letter name.
pub(super) fn named(name: &str) -> Option<Weekday> {
    let weekday = match name {
        "MO" => Weekday::Monday,
        "TU" => Weekday::Tuesday,
        "WE" => Weekday::Wednesday,
        "TH" => Weekday::Thursday,
        "FR" => Weekday::Friday,
        "SA" => Weekday::Saturday,
        "SU" => Weekday::Sunday,
        _ => return None,
    };
    Some(weekday)
}
