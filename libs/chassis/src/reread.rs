//! Files that are read again while a role runs.

use std::fmt::Display;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// How old the knowledge of a file of keys may be: so long a withdrawn key is believed at most.
const INTERVAL: Duration = Duration::from_secs(10);

/// Reads files again, every ten seconds until `stop`. `read` tells whether they are others than before. What
/// cannot be used is logged and changes nothing: what was known before stays, and the role does not turn
/// everybody away because of half a file.
pub async fn reread<E: Display + Send + 'static>(
    what: &'static str,
    mut read: impl FnMut() -> Result<bool, E> + Send + 'static,
    stop: CancellationToken,
) {
    while let Some(()) = stop.run_until_cancelled(tokio::time::sleep(INTERVAL)).await {
        let reading = tokio::task::spawn_blocking(move || {
            let outcome = read();
            (read, outcome)
        });
        let Ok((again, outcome)) = reading.await else {
            return;
        };
        read = again;
        match outcome {
            Ok(true) => tracing::info!(what, "replaced by what the files say now"),
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(what, %error, "new files can't be used; the old ones stay");
            }
        }
    }
}
