//! When customers are left alone.

use calendar::Zone;
use jiff::civil::{DateTime, Time};
use jiff::{SignedDuration, Timestamp};

use super::topic::Channel;

/// More ends of quiet hours, and changes of the clock, than follow on each other: with ten windows a
/// day that leave some time free, and at most a few changes of the clock.
const MOST_STEPS: usize = 100;

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// A time of each day, by the clock of the place. It begins at `start` and is over at `end`; on the
/// next day when that is earlier. The two differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct QuietHours {
    /// Empty: all.
    pub(crate) channels: Vec<Channel>,
    pub(crate) start: Time,
    pub(crate) end: Time,
}

impl QuietHours {
    pub(crate) fn holds_for(&self, channel: &Channel) -> bool {
        self.channels.is_empty() || self.channels.contains(channel)
    }

    /// Whether it is such a time.
    pub(crate) fn contains(&self, time: Time) -> bool {
        if self.start < self.end {
            self.start <= time && time < self.end
        } else {
            self.start <= time || time < self.end
        }
    }

    /// How long until the clock shows the end, if nobody sets it.
    fn rest(&self, now: DateTime) -> SignedDuration {
        let rest = now.time().duration_until(self.end);
        if rest.is_negative() || rest.is_zero() {
            rest.saturating_add(DAY)
        } else {
            rest
        }
    }
}

/// Whether these windows leave no time of the day: then nothing could ever be sent.
pub(crate) fn is_always(windows: &[&QuietHours]) -> bool {
    // If any time is free, the end of some window is.
    let ends = windows.iter().map(|window| window.end);
    let is_free = |time: Time| !windows.iter().any(|window| window.contains(time));
    !windows.is_empty() && !ends.into_iter().any(is_free)
}

/// The first instant, from this one on, at which none of these windows is; `None` when there is none
/// in sight. The clock of the place may be set forward or back on the way, also over a whole window.
pub(crate) fn next_free(
    windows: &[&QuietHours],
    zone: &Zone,
    from: Timestamp,
) -> Option<Timestamp> {
    let mut at = from;
    for _ in 0..MOST_STEPS {
        let local = zone.local(at);
        let Some(quiet) = windows.iter().find(|it| it.contains(local.time())) else {
            return Some(at);
        };
        let end = at.checked_add(quiet.rest(local)).ok()?;
        // Up to the next change of the clock it goes evenly, so all until then is quiet.
        at = zone.next_change(at).map_or(end, |change| change.min(end));
    }
    None
}
