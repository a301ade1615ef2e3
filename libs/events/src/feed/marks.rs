//! Which partitions a follower can leave out.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use jiff::civil::Date;
use postgres::{Database, DatabaseError};

use super::page::ReadError;

/// Marks that are kept; one is made in an hour.
const KEPT: usize = 48;

/// Transactions that had not begun on a day: a follower behind whom they are has nothing to find in
/// the partitions before that day.
///
/// An event is written after its transaction was given its id, and `written_on` is the day of the
/// writing. So a transaction with an id above the mark's can't have written before the mark was
/// made. One day is left for a clock that is set back.
#[derive(Debug, Default)]
pub(super) struct Marks(Mutex<VecDeque<Mark>>);

#[derive(Debug, Clone, Copy)]
struct Mark {
    transaction_id: u64,
    day: Date,
}

impl Marks {
    /// Makes a mark. That takes a transaction id, which is why it is not made for every page.
    pub(super) async fn make(&self, db: &Database) -> Result<(), ReadError> {
        let record = sqlx::query!(
            r#"SELECT pg_current_xact_id()::text AS "transaction_id!",
                   (clock_timestamp() AT TIME ZONE 'UTC')::date AS "day!""#
        )
        .fetch_one(db.pool())
        .await
        .map_err(DatabaseError::from)?;
        let transaction_id = record.transaction_id.parse();
        let transaction_id = transaction_id.map_err(|_| ReadError::Corrupt {
            column: "transaction_id",
        })?;
        self.add(Mark {
            transaction_id,
            day: record.day.to_jiff(),
        });
        Ok(())
    }

    /// The first day on which events can have been written of which a follower has not heard, who
    /// has heard of every transaction below `transaction_id`.
    pub(super) fn first_day(&self, transaction_id: u64) -> Option<Date> {
        let marks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = marks
            .iter()
            .rev()
            .find(|mark| mark.transaction_id < transaction_id)?;
        passed.day.yesterday().ok()
    }

    fn add(&self, mark: Mark) {
        let mut marks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        marks.push_back(mark);
        let surplus = marks.len().saturating_sub(KEPT);
        marks.drain(..surplus);
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_follower_leaves_out_the_days_before_the_last_mark_that_it_has_passed() {
        let marks = Marks::default();
        assert_eq!(marks.first_day(u64::MAX), None);
        marks.add(Mark {
            transaction_id: 100,
            day: date(2025, 3, 9),
        });
        marks.add(Mark {
            transaction_id: 200,
            day: date(2025, 3, 11),
        });
        assert_eq!(marks.first_day(100), None);
        assert_eq!(marks.first_day(101), Some(date(2025, 3, 8)));
        assert_eq!(marks.first_day(201), Some(date(2025, 3, 10)));
    }
}
