//! Which day of a program comes next, and in what order its steps do.
//!
//! Days are done one after the other, each once. A clock that is set back finds its days done; one
//! that jumps far ahead finds more days missing than the service catches up on by itself.

use jiff::civil::Date;

#[cfg(test)]
mod tests;

/// Days that are caught up on without anybody being asked. Longer ago than that, either the service
/// stood still for a month, or the clock is wrong; and points that lapse can't be brought back.
pub const MOST_DAYS_BEHIND: i32 = 31;

/// What is done at the end of a day, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Pending points become usable.
    Activate,
    /// Holds time out.
    TimeOut,
    /// Points get their term anew where activity extends it; others lapse.
    Expire,
    /// Tiers are reviewed.
    Tiers,
    /// Packages for anniversaries are given.
    Packages,
    /// Members are reminded of points that will lapse.
    Remind,
}

impl Step {
    /// All of them, in their order.
    pub const ALL: [Self; 6] = [
        Self::Activate,
        Self::TimeOut,
        Self::Expire,
        Self::Tiers,
        Self::Packages,
        Self::Remind,
    ];

    /// Its name, for metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Activate => "activate",
            Self::TimeOut => "time_out",
            Self::Expire => "expire",
            Self::Tiers => "tiers",
            Self::Packages => "packages",
            Self::Remind => "remind",
        }
    }
}

/// The last day of a program that was begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Begun {
    /// The day.
    pub day: Date,
    /// Whether all of it is done.
    pub is_finished: bool,
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing: no further day is over.
    Nothing,
    /// The rest of this day.
    Continue(Date),
    /// This day.
    Begin(Date),
    /// This day, once somebody says that the clock is right.
    Ask(Date),
}

/// What comes next, on a local day, when somebody has let the program catch up to a day.
pub fn next(last: Option<Begun>, today: Date, approved_until: Option<Date>) -> Next {
    let Ok(yesterday) = today.yesterday() else {
        return Next::Nothing;
    };
    let Some(last) = last else {
        return Next::Begin(yesterday);
    };
    if !last.is_finished {
        return Next::Continue(last.day);
    }
    let Some(day) = last.day.tomorrow().ok().filter(|day| *day <= yesterday) else {
        return Next::Nothing;
    };
    let is_approved = approved_until.is_some_and(|until| day <= until);
    if is_approved || days_behind(Some(last), today) <= MOST_DAYS_BEHIND {
        Next::Begin(day)
    } else {
        Next::Ask(day)
    }
}

/// How many days are over and not finished.
pub fn days_behind(last: Option<Begun>, today: Date) -> i32 {
    let Some(last) = last else { return 1 };
    let since = last.day.duration_until(today).as_hours() / 24;
    let unfinished = i64::from(!last.is_finished);
    i32::try_from(since - 1 + unfinished)
        .unwrap_or(i32::MAX)
        .max(0)
}
