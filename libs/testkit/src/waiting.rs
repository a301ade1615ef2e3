//! Waiting for what follows by itself: until a condition holds, and not for ever.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

/// Longer than anything should take; only ever reached by a failure.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long a condition rests before it is looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Looks until there is something.
pub async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let seen = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    };
    let seen = tokio::time::timeout(PATIENCE, seen).await;
    seen.unwrap_or_else(|_| panic!("{what}: not within {PATIENCE:?}"))
}

/// Runs all of them at once, let go at the same moment, and answers what each has come to.
pub async fn at_once<T, F>(calls: impl IntoIterator<Item = F>) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let gate = Arc::new(Semaphore::new(0));
    let start = |call: F| {
        let gate = Arc::clone(&gate);
        tokio::spawn(async move {
            let _open = gate.acquire().await.unwrap();
            call.await
        })
    };
    let running: Vec<_> = calls.into_iter().map(start).collect();
    gate.add_permits(running.len());
    let mut results = Vec::with_capacity(running.len());
    for call in running {
        results.push(call.await.unwrap());
    }
    results
}
