use std::time::Duration;

use tokio::time::Instant;

use crate::scope;

/// By when a call must have been answered. The server's stack puts it into the extensions of every
/// request that has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Instant);

impl Deadline {
    /// That much from now.
    pub fn after(time: Duration) -> Self {
        let now = Instant::now();
        // So long a time is as good as none; a day keeps the arithmetic in range.
        Self(
            now.checked_add(time)
                .unwrap_or(now + Duration::from_hours(24)),
        )
    }

    /// The deadline of the call that this code runs for, if it runs for one.
    pub fn current() -> Option<Self> {
        scope::current()?.deadline
    }

    /// What is left; zero when it has passed.
    pub fn remaining(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    /// True when it has passed.
    pub fn has_passed(self) -> bool {
        self.remaining().is_zero()
    }

    /// The instant itself, for timers.
    pub fn instant(self) -> Instant {
        self.0
    }
}
