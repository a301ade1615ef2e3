use std::collections::{BTreeSet, VecDeque};

use calendar::Period;
use jiff::Unit;
use jiff::civil::Date;

use crate::domain::program::{Goal, Measure};

/// What a member did on one day, as far as a challenge looks at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayFigures {
    /// The local day.
    pub day: Date,
    /// How often.
    pub times: i64,
    /// What was paid, as the goal counts it.
    pub money: i64,
}

/// How far a member is in a cycle with these days: times, money, or the periods of the longest row.
/// The progress of a quiz is that of its attempts, and 0 here.
pub fn progress(goal: &Goal, days: &[DayFigures]) -> i64 {
    let sum = |figure: fn(&DayFigures) -> i64| {
        let figures = days.iter().map(figure);
        figures.fold(0, i64::saturating_add)
    };
    match goal {
        Goal::Counter {
            measure: Measure::Money { .. },
            ..
        } => sum(|day| day.money),
        Goal::Counter { .. } => sum(|day| day.times),
        Goal::Streak {
            period, freezes, ..
        } => longest_row(&active(*period, days), *freezes),
        Goal::Quiz { .. } => 0,
    }
}

/// The periods of the row that goes on today; 0 when it has broken off, and for goals without rows.
/// The present period can't have been missed yet.
pub fn current_streak(goal: &Goal, days: &[DayFigures], today: Date) -> i64 {
    let Goal::Streak {
        period, freezes, ..
    } = goal
    else {
        return 0;
    };
    let now = ordinal(*period, today);
    let (mut periods, mut missed, mut next) = (0, 0, now);
    for &active in active(*period, days).iter().rev() {
        if active > now {
            continue;
        }
        let was_there = i64::from(next == now && active < now);
        missed += (next - active - was_there).max(0);
        if missed > i64::from(*freezes) {
            break;
        }
        periods += 1;
        next = active - 1;
    }
    periods
}

/// The most periods with something in them, of those that lie in a row with at most `freezes`
/// missed ones between. To look for the longest, instead of beginning a new row after each break,
/// means that nothing a member does can ever make its progress smaller.
fn longest_row(active: &BTreeSet<i64>, freezes: u8) -> i64 {
    let mut row = VecDeque::new();
    let mut longest = 0;
    for &period in active {
        row.push_back(period);
        while missed_in(&row) > i64::from(freezes) {
            row.pop_front();
        }
        longest = longest.max(row.len());
    }
    i64::try_from(longest).unwrap_or(i64::MAX)
}

fn missed_in(row: &VecDeque<i64>) -> i64 {
    let (Some(first), Some(last)) = (row.front(), row.back()) else {
        return 0;
    };
    last - first + 1 - i64::try_from(row.len()).unwrap_or(i64::MAX)
}

fn active(period: Period, days: &[DayFigures]) -> BTreeSet<i64> {
    let days = days.iter().filter(|day| day.times > 0);
    days.map(|day| ordinal(period, day.day)).collect()
}

/// Numbers the days, weeks or months, so that neighbours are one apart.
fn ordinal(period: Period, day: Date) -> i64 {
    let first = period.bucket(day).days().first;
    match period {
        Period::Month => i64::from(first.year()) * 12 + i64::from(first.month()),
        Period::Week => epoch_day(first).div_euclid(7),
        _ => epoch_day(first),
    }
}

/// Days since the Monday before 1970.
fn epoch_day(day: Date) -> i64 {
    let monday = jiff::civil::date(1969, 12, 29);
    let since = monday.until((Unit::Day, day));
    since.map_or(0, |since| i64::from(since.get_days()))
}
