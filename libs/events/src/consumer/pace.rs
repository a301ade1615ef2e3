//! How many events go into the next transaction. Pure.
//!
//! An open transaction holds back the feeds of the whole cluster, so it has to be short; how many
//! events that is depends on the handler, the machine and the load, and is learnt from the
//! transactions before.

use std::time::Duration;

/// With how many events it begins.
const FIRST: usize = 16;

#[derive(Debug)]
pub(super) struct Pace {
    most: usize,
    bound: Duration,
    size: usize,
    /// The transaction that took too long, when the one after it was made smaller for that.
    too_long: Option<Taken>,
}

#[derive(Debug, Clone, Copy)]
struct Taken {
    events: usize,
    time: Duration,
}

impl Pace {
    /// At most so many events, and as many as are dealt with in this time.
    pub(super) fn new(most: usize, bound: Duration) -> Self {
        let most = most.max(1);
        Self {
            most,
            bound,
            size: FIRST.min(most),
            too_long: None,
        }
    }

    /// Most events of the next transaction; at least 1.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// Learns from a transaction.
    pub(super) fn took(&mut self, events: usize, time: Duration) {
        let before = self.too_long.take();
        if time <= self.bound {
            if time < self.bound / 2 && events >= self.size {
                self.resize(events.saturating_mul(2));
            }
            return;
        }
        match before {
            // It does not depend on the number (a far database, a slow disk): fewer events in each
            // transaction would only make all of them take longer.
            Some(before) if time > before.time / 2 => self.resize(before.events.saturating_mul(2)),
            _ => {
                let fitting =
                    events as u128 * (self.bound / 2).as_micros() / time.as_micros().max(1);
                self.resize(usize::try_from(fitting).unwrap_or(usize::MAX));
                self.too_long = (self.size < events).then_some(Taken { events, time });
            }
        }
    }

    fn resize(&mut self, size: usize) {
        self.size = size.clamp(1, self.most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUND: Duration = Duration::from_millis(200);

    /// The sizes of so many transactions, each of which takes a time that depends on its size.
    fn sizes(pace: &mut Pace, count: usize, ms: impl Fn(u64) -> u64) -> Vec<usize> {
        let each = |_| {
            let size = pace.size();
            pace.took(size, Duration::from_millis(ms(size as u64)));
            size
        };
        (0..count).map(each).collect()
    }

    #[test]
    fn transactions_grow_while_they_are_well_under_the_bound_and_shrink_when_they_are_over() {
        let mut pace = Pace::new(100, BOUND);
        assert_eq!(sizes(&mut pace, 5, |n| n), [16, 32, 64, 100, 100]);
        assert_eq!(sizes(&mut pace, 3, |n| 50 * n), [100, 2, 2], "100 took 5 s");
        assert_eq!(sizes(&mut pace, 3, |n| 1_000 * n), [2, 1, 1], "never none");
        assert_eq!(sizes(&mut pace, 4, |n| 60 * n), [1, 2, 2, 2]);
    }

    #[test]
    fn few_events_that_were_quick_prove_nothing_about_many() {
        let mut pace = Pace::new(100, BOUND);
        pace.took(3, Duration::from_millis(1));
        assert_eq!(pace.size(), 16);
    }

    #[test]
    fn a_time_that_does_not_depend_on_the_number_does_not_make_it_small() {
        let mut pace = Pace::new(100, BOUND);
        let sizes = sizes(&mut pace, 9, |_| 400);
        assert_eq!(sizes, [16, 4, 32, 8, 64, 16, 100, 25, 100]);
    }
}
