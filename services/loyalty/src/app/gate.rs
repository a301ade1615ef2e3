use std::sync::Arc;

use chassis::Deadline;
use tokio::sync::{Semaphore, SemaphorePermit};
use uuid::Uuid;

use super::AppError;

/// Groups of members; those in different groups never wait for each other here.
const GROUPS: usize = 256;
/// Redemptions of one group that may be at the database at once. Only one of a member makes
/// progress at a time, but the others can claim their keys and commit meanwhile.
const AT_ONCE: usize = 4;

/// Lets few redemptions of a member reach the database at once; the others wait here, in the order
/// of their coming, until their deadline.
///
/// Without it a crowd on one member takes every connection of the pool to wait for one row: others
/// starve, and the crowd itself runs into time-outs of locks and pool though it had time left.
#[derive(Clone)]
pub(crate) struct Gate(Arc<[Semaphore]>);

impl Gate {
    /// An open gate.
    pub(crate) fn new() -> Self {
        Self((0..GROUPS).map(|_| Semaphore::new(AT_ONCE)).collect())
    }

    /// Waits for the member's turn, which lasts until the permit is dropped.
    pub(crate) async fn enter(
        &self,
        customer_id: Uuid,
        deadline: Deadline,
    ) -> Result<SemaphorePermit<'_>, AppError> {
        // The last byte of a UUIDv7 is random.
        let [.., group] = customer_id.into_bytes();
        let semaphore = self
            .0
            .get(usize::from(group))
            .ok_or(AppError::DeadlinePassed)?;
        let turn = tokio::time::timeout_at(deadline.instant(), semaphore.acquire()).await;
        turn.ok()
            .and_then(Result::ok)
            .ok_or(AppError::DeadlinePassed)
    }
}
