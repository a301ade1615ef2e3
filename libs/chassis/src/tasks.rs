//! Background tasks: what a role does besides answering calls.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use crate::scope::Scope;

/// The wait before a task that ended unasked begins again; doubles up to [`MAX_RESTART_DELAY`].
const MIN_RESTART_DELAY: Duration = Duration::from_millis(100);
const MAX_RESTART_DELAY: Duration = Duration::from_mins(1);

type Run = dyn Fn(CancellationToken) -> BoxFuture<'static, ()> + Send + Sync;

pub(crate) struct Task {
    pub(crate) name: &'static str,
    run: Box<Run>,
}

impl Task {
    pub(crate) fn new<F>(
        name: &'static str,
        run: impl Fn(CancellationToken) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self {
            name,
            run: Box::new(move |stop| run(stop).boxed()),
        }
    }

    /// Runs the task until it is told to stop. When it panics or ends before, it begins again after
    /// a while: one poisoned row must not silence a job until somebody restarts the process.
    pub(crate) async fn supervise(self, service: Arc<str>, stop: CancellationToken) {
        let mut delay = MIN_RESTART_DELAY;
        loop {
            let started = Instant::now();
            let span = tracing::info_span!("task", task.name = self.name);
            let run = Scope::background(&service).around((self.run)(stop.clone()).instrument(span));
            let ended = AssertUnwindSafe(run).catch_unwind().await;
            if stop.is_cancelled() {
                return;
            }
            if started.elapsed() > MAX_RESTART_DELAY {
                delay = MIN_RESTART_DELAY;
            }
            tracing::error!(
                task.name = self.name,
                panicked = ended.is_err(),
                restart_delay_ms = delay.as_millis(),
                "a background task ended before it was told to"
            );
            if stop
                .run_until_cancelled(tokio::time::sleep(delay))
                .await
                .is_none()
            {
                return;
            }
            delay = (delay * 2).min(MAX_RESTART_DELAY);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_task_that_panics_begins_again_and_stops_when_told() {
        let (ran, mut runs) = mpsc::unbounded_channel();
        let task = Task::new("fragile", move |stop| {
            let ran = ran.clone();
            async move {
                ran.send(()).unwrap();
                if ran.strong_count() > 3 {
                    stop.cancelled().await;
                }
                panic!("poisoned");
            }
        });
        let stop = CancellationToken::new();
        let supervised = tokio::spawn(task.supervise(Arc::from("profile"), stop.clone()));
        for _ in 0..3 {
            runs.recv().await.unwrap();
        }
        stop.cancel();
        supervised.await.unwrap();
    }
}
