//! Brings a server back that died.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, watch};
use tokio::task::{AbortHandle, JoinHandle};
use tokio::time::{Instant, sleep};

use super::{Cluster, EmbeddedError};

const POLL: Duration = Duration::from_millis(200);
/// This many deaths within [`WINDOW`] and the server is given up.
const DEATHS: usize = 5;
const WINDOW: Duration = Duration::from_mins(1);

type Failure = Option<Arc<EmbeddedError>>;

/// The task that watches one server.
#[derive(Debug)]
pub(super) struct Supervisor {
    task: Mutex<Option<JoinHandle<()>>>,
    handle: AbortHandle,
    failure: watch::Receiver<Failure>,
}

impl Supervisor {
    pub(super) fn watch(cluster: Arc<Mutex<Cluster>>) -> Self {
        let (sender, failure) = watch::channel(None);
        let task = tokio::spawn(async move {
            let error = supervise(&cluster).await;
            tracing::error!(%error, "PostgreSQL is given up");
            sender.send_replace(Some(Arc::new(error)));
            // Kept open, so that `failed` sees the reason and not the end of the channel.
            sender.closed().await;
        });
        let handle = task.abort_handle();
        Self {
            task: Mutex::new(Some(task)),
            handle,
            failure,
        }
    }

    pub(super) async fn failed(&self) -> Arc<EmbeddedError> {
        let mut failure = self.failure.clone();
        loop {
            if let Some(error) = failure.borrow_and_update().clone() {
                return error;
            }
            if failure.changed().await.is_err() {
                // The task was ended on purpose; there will be no failure.
                std::future::pending::<()>().await;
            }
        }
    }

    pub(super) fn abort(&self) {
        self.handle.abort();
    }

    /// Ends the task and waits until it has let go of the cluster.
    pub(super) async fn end(&self) {
        self.abort();
        if let Some(task) = self.task.lock().await.take() {
            // Aborted is what it was meant to be.
            let _ = task.await;
        }
    }
}

/// Runs until the server cannot be brought back.
async fn supervise(cluster: &Mutex<Cluster>) -> EmbeddedError {
    let mut deaths = VecDeque::with_capacity(DEATHS);
    loop {
        sleep(POLL).await;
        let mut cluster = cluster.lock().await;
        let Some(status) = cluster.death() else {
            continue;
        };
        tracing::error!(%status, "PostgreSQL died; starting it again");
        if too_many(&mut deaths, Instant::now()) {
            return EmbeddedError::KeepsDying {
                deaths: DEATHS,
                within: WINDOW,
            };
        }
        if let Err(error) = cluster.start().await {
            return error;
        }
    }
}

/// Notes a death at `now` and tells whether it is the last that is forgiven.
fn too_many(deaths: &mut VecDeque<Instant>, now: Instant) -> bool {
    deaths.push_back(now);
    deaths.retain(|death| now.duration_since(*death) < WINDOW);
    deaths.len() >= DEATHS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deaths_are_forgiven_with_time_but_not_in_a_row() {
        let mut deaths = VecDeque::new();
        let start = Instant::now();
        let far_apart = (0..10).any(|n| too_many(&mut deaths, start + WINDOW * n));
        assert!(!far_apart);
        let start = start + WINDOW * 20;
        let in_a_row = (0..DEATHS).filter(|_| too_many(&mut deaths, start)).count();
        assert_eq!(in_a_row, 1, "only the last of {DEATHS}");
    }
}
