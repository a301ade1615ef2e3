use uuid::Uuid;

use super::Heading;
use crate::domain::{Entry, Kind};

/// Sums up the entries of one operation. They are numbered in one run, so all have been seen when
/// the next operation begins.
#[derive(Debug)]
pub(super) struct OperationTally {
    pub(super) operation_id: Uuid,
    kind: Kind,
    /// What the entries add up to that an operation of this kind may have: 0, and so for all
    /// accounts together.
    pub(super) sum: i128,
    /// Entries on the program's account of this kind.
    pub(super) counter_entries: i64,
}

impl OperationTally {
    pub(super) fn begin(heading: Heading<'_>) -> Self {
        let Heading {
            operation_id, kind, ..
        } = heading;
        Self {
            operation_id,
            kind,
            sum: 0,
            counter_entries: 0,
        }
    }

    pub(super) fn add(&mut self, entry: &Entry) {
        let is_counter = Some(entry.account) == self.kind.against();
        self.counter_entries += i64::from(is_counter);
        if is_counter || entry.account.is_members() {
            self.sum += i128::from(entry.amount.get());
        }
    }

    /// How many counter entries there have to be.
    pub(super) fn expected_counter_entries(&self) -> i128 {
        i128::from(self.kind.against().is_some())
    }
}
