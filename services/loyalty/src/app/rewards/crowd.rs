use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use chassis::Deadline;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::app::AppError;

/// Groups of rewards; buyers of different groups never wait for each other here.
const GROUPS: usize = 64;
/// Buyers of one group that may be at the database at once. Only one at a time gets the row of the
/// stock, but the others can claim their keys and commit meanwhile.
const AT_ONCE: usize = 4;

/// Lets few buyers of a reward reach the database at once; the others wait here, in the order of
/// their coming, until their deadline. Otherwise a crowd before one reward would take every
/// connection of the pool to wait for one row, and all other calls would starve.
#[derive(Clone, Debug)]
pub(crate) struct Crowd(Arc<[Semaphore]>);

impl Crowd {
    /// Nobody is here.
    pub(crate) fn new() -> Self {
        Self((0..GROUPS).map(|_| Semaphore::new(AT_ONCE)).collect())
    }

    /// Waits for a turn, which lasts until the permit is dropped.
    pub(crate) async fn enter(
        &self,
        reward_id: &str,
        deadline: Deadline,
    ) -> Result<SemaphorePermit<'_>, AppError> {
        let mut hasher = DefaultHasher::new();
        reward_id.hash(&mut hasher);
        let group = usize::try_from(hasher.finish() % GROUPS as u64).unwrap_or_default();
        let semaphore = self.0.get(group).ok_or(AppError::DeadlinePassed)?;
        let turn = tokio::time::timeout_at(deadline.instant(), semaphore.acquire()).await;
        turn.ok()
            .and_then(Result::ok)
            .ok_or(AppError::DeadlinePassed)
    }
}
