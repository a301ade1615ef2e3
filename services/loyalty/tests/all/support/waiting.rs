//! Waiting for what follows by itself: until a condition holds, and not for ever.

use std::time::Duration;

/// Longer than anything here should take; only ever reached by a failure.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a condition rests before it is looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// Looks until there is something.
pub(crate) async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
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
