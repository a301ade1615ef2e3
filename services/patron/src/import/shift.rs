//! Moving a file's times to the present, by whole weeks.

use jiff::{SignedDuration, Timestamp};

/// Hours of a week. Weeks are counted in these, not in local days: so the order of all times stays
/// what it was, also across a change of the clocks.
const WEEK_HOURS: i64 = 7 * 24;

/// By how much all times of a file are moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shift {
    weeks: i64,
}

impl Shift {
    /// By so many weeks.
    pub(crate) fn weeks(weeks: i64) -> Self {
        Self { weeks }
    }

    /// The shift after which `last` lies within the seven days before `now`.
    pub(crate) fn to_recent(last: Timestamp, now: Timestamp) -> Self {
        let hours = now.duration_since(last).as_hours();
        Self {
            weeks: hours.div_euclid(WEEK_HOURS),
        }
    }

    /// How many weeks it is.
    pub(crate) fn in_weeks(self) -> i64 {
        self.weeks
    }

    /// The instant after the shift; `None` beyond what instants can be.
    pub(crate) fn apply(self, instant: Timestamp) -> Option<Timestamp> {
        let hours = self.weeks.checked_mul(WEEK_HOURS)?;
        instant.checked_add(SignedDuration::from_hours(hours)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_last_time_comes_to_lie_within_the_seven_days_before_now() {
        let now = at("2026-11-22T00:50:00Z");
        for last in [
            "2011-06-26T10:59:00Z",
            "2026-11-22T00:50:00Z",
            "2026-11-15T00:50:00Z",
            "2026-11-15T00:50:01Z",
            "2030-01-01T00:00:00Z",
        ] {
            let moved = Shift::to_recent(at(last), now).apply(at(last)).unwrap();
            let age = now.duration_since(moved).as_secs();
            assert!((0..7 * 86_400).contains(&age), "{last} becomes {moved}");
        }
    }

    #[test]
    fn weekday_and_time_of_day_stay_what_they_were() {
        let last = at("2011-06-26T10:59:00Z");
        let moved = Shift::weeks(804).apply(last).unwrap();
        assert_eq!(moved.to_string(), "2026-11-22T10:59:00Z");
    }

    #[test]
    fn a_shift_beyond_all_instants_is_none() {
        assert_eq!(Shift::weeks(i64::MAX).apply(Timestamp::UNIX_EPOCH), None);
    }
}
