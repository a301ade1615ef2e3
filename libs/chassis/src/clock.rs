use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use uuid::{ContextV7, Uuid};

/// The time, and ids that carry it. Cheap to clone; clones tell the same time and never give out
/// the same id.
///
/// Services take a clock instead of asking the system, so a test can decide what time it is.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    source: Source,
    ids: Mutex<ContextV7>,
}

#[derive(Debug)]
enum Source {
    System { made: Instant },
    Manual(Mutex<Manual>),
}

#[derive(Debug)]
struct Manual {
    now: Timestamp,
    elapsed: Duration,
}

impl Clock {
    /// The machine's time.
    pub fn system() -> Self {
        Self::new(Source::System {
            made: Instant::now(),
        })
    }

    /// A time that stands still until [`Clock::advance`] or [`Clock::set`] moves it.
    pub fn manual(now: Timestamp) -> Self {
        let manual = Manual {
            now,
            elapsed: Duration::ZERO,
        };
        Self::new(Source::Manual(Mutex::new(manual)))
    }

    fn new(source: Source) -> Self {
        Self(Arc::new(Inner {
            source,
            ids: Mutex::new(ContextV7::new()),
        }))
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        match &self.0.source {
            #[expect(
                clippy::disallowed_methods,
                reason = "the one place that asks the system"
            )]
            Source::System { .. } => Timestamp::now(),
            Source::Manual(manual) => locked(manual).now,
        }
    }

    /// What has passed since the clock was made. It never goes back, also when the machine's time is set,
    /// and is what to measure by; a manual clock counts what it is moved forward by.
    pub fn elapsed(&self) -> Duration {
        match &self.0.source {
            Source::System { made } => made.elapsed(),
            Source::Manual(manual) => locked(manual).elapsed,
        }
    }

    /// Moves a manual clock forward, or back when negative; stops at the ends of time. Does nothing
    /// to the system's.
    pub fn advance(&self, by: SignedDuration) {
        let now = self.now();
        let end = if by.is_negative() {
            Timestamp::MIN
        } else {
            Timestamp::MAX
        };
        self.set(now.checked_add(by).unwrap_or(end));
    }

    /// Sets a manual clock. Does nothing to the system's.
    pub fn set(&self, to: Timestamp) {
        if let Source::Manual(manual) = &self.0.source {
            let mut manual = locked(manual);
            let moved = to.duration_since(manual.now);
            let passed = Duration::try_from(moved).unwrap_or_default();
            manual.elapsed = manual.elapsed.saturating_add(passed);
            manual.now = to;
        }
    }

    /// A new `UUIDv7` of the present millisecond: each is greater than those before it, also within
    /// one millisecond and when the clock is set back. Instants before 1970 count as 1970.
    pub fn new_id(&self) -> Uuid {
        let now = self.now();
        let seconds = u64::try_from(now.as_second()).unwrap_or_default();
        let nanoseconds = u32::try_from(now.subsec_nanosecond()).unwrap_or_default();
        let ids = self.0.ids.lock().unwrap_or_else(PoisonError::into_inner);
        Uuid::new_v7(uuid::Timestamp::from_unix(&*ids, seconds, nanoseconds))
    }
}

fn locked(manual: &Mutex<Manual>) -> MutexGuard<'_, Manual> {
    manual.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_passed_grows_with_the_time_and_stays_when_that_is_set_back() {
        let clock = Clock::manual("2025-03-09T10:00:00Z".parse().unwrap());
        clock.advance(SignedDuration::from_secs(2));
        clock.advance(SignedDuration::from_mins(-10));
        assert_eq!(clock.elapsed(), Duration::from_secs(2));
        clock.advance(SignedDuration::from_secs(1));
        assert_eq!(clock.clone().elapsed(), Duration::from_secs(3));
    }

    #[test]
    fn ids_increase_within_a_millisecond_over_it_and_when_the_clock_is_set_back() {
        let clock = Clock::manual("2025-03-09T10:00:00Z".parse().unwrap());
        let mut last = clock.new_id();
        for step in [0, 0, 0, 1, 250, -500, 1] {
            clock.advance(SignedDuration::from_millis(step));
            let next = clock.clone().new_id();
            assert!(next > last, "{next} after {last}");
            last = next;
        }
    }

    #[test]
    fn an_id_tells_its_millisecond() {
        let clock = Clock::manual("2025-03-09T10:00:00.123Z".parse().unwrap());
        let (seconds, nanoseconds) = clock.new_id().get_timestamp().unwrap().to_unix();
        assert_eq!((seconds, nanoseconds), (1_741_514_400, 123_000_000));
    }
}
