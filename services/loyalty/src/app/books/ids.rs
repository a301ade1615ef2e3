use std::sync::{Mutex, PoisonError};

use chassis::Clock;
use uuid::Uuid;

/// Makes ids that are above those of all operations of the holders at hand. The clock's ids ascend
/// within one process; another replica may be ahead by a few milliseconds, and the order of ids is
/// the order of the statement.
#[derive(Debug)]
pub(super) struct Ids {
    highest: Mutex<Uuid>,
}

impl Ids {
    pub(super) fn above(highest: Uuid) -> Self {
        Self {
            highest: Mutex::new(highest),
        }
    }

    /// Keeps above this one too.
    pub(super) fn raise(&mut self, to: Uuid) {
        let highest = self
            .highest
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        *highest = to.max(*highest);
    }

    pub(super) fn next(&self, clock: &Clock) -> Uuid {
        let mut highest = self.highest.lock().unwrap_or_else(PoisonError::into_inner);
        // The random bits come last, so the successor is of the same version and millisecond.
        let successor = Uuid::from_u128(highest.as_u128().saturating_add(1));
        let id = clock.new_id().max(successor);
        *highest = id;
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_go_on_above_those_of_a_replica_whose_clock_is_ahead() {
        let ahead = Clock::manual("2025-03-09T10:00:00.010Z".parse().unwrap());
        let last = ahead.new_id();
        let clock = Clock::manual("2025-03-09T10:00:00Z".parse().unwrap());
        let ids = Ids::above(last);
        let made = [ids.next(&clock), ids.next(&clock)];
        assert!(last < made[0] && made[0] < made[1]);
        assert_eq!(made[1].get_version_num(), 7);
        clock.set("2025-03-09T10:00:01Z".parse().unwrap());
        assert_eq!(
            ids.next(&clock).get_timestamp(),
            clock.new_id().get_timestamp()
        );
    }
}
