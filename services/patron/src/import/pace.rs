//! Sending no faster than wanted, so that whoever follows the import by events keeps up.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// A rate that all lanes of an import keep together. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Pace {
    items_per_second: NonZeroU32,
    /// When the next batch may go.
    next: Arc<Mutex<Instant>>,
}

impl Pace {
    pub(crate) fn new(items_per_second: NonZeroU32) -> Self {
        let next = Arc::new(Mutex::new(Instant::now()));
        Self {
            items_per_second,
            next,
        }
    }

    /// Waits until this many more items may be sent.
    pub(crate) async fn turn(&self, items: usize) {
        let at = self.reserve(items, Instant::now());
        tokio::time::sleep_until(at).await;
    }

    /// When a batch that is ready at `now` may go. Time in which nothing was sent is not made up for.
    fn reserve(&self, items: usize, now: Instant) -> Instant {
        let items = u32::try_from(items).unwrap_or(u32::MAX);
        let takes = Duration::from_secs(1) * items / self.items_per_second.get();
        // The lock guards one value that is always whole.
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let at = now.max(*next);
        *next = at + takes;
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_of_all_lanes_share_the_rate_and_idle_time_is_not_made_up_for() {
        let pace = Pace::new(NonZeroU32::new(500).unwrap());
        let lane = pace.clone();
        let start = Instant::now() + Duration::from_secs(1);
        assert_eq!(pace.reserve(200, start), start);
        assert_eq!(lane.reserve(100, start), start + Duration::from_millis(400));
        assert_eq!(pace.reserve(1, start), start + Duration::from_millis(600));
        let idle = start + Duration::from_mins(1);
        assert_eq!(pace.reserve(500, idle), idle);
        assert_eq!(lane.reserve(1, idle), idle + Duration::from_secs(1));
    }
}
