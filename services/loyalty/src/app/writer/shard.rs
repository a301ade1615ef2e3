use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
use tokio::sync::mpsc;

use super::job::Pending;
use super::{WriterMetrics, batch};
use crate::app::Loyalty;

/// Most calls in one transaction. Their holders stay locked until it ends.
const MAX_BATCH: usize = 256;

/// One writer.
pub(super) struct Shard {
    loyalty: Loyalty,
    chain: u8,
    metrics: WriterMetrics,
}

impl Shard {
    pub(super) fn new(loyalty: Loyalty, chain: u8, metrics: WriterMetrics) -> Self {
        Self {
            loyalty,
            chain,
            metrics,
        }
    }

    /// Serves until nobody can send any more, and then what was sent.
    pub(super) async fn run(self, mut queue: mpsc::Receiver<Box<dyn Pending>>) {
        let mut jobs = Vec::with_capacity(MAX_BATCH);
        // All that has come while the last batch was written, at once: no timer, no added wait.
        while queue.recv_many(&mut jobs, MAX_BATCH).await > 0 {
            self.metrics.batch(jobs.len());
            let jobs = std::mem::take(&mut jobs);
            let served = batch::serve(&self.loyalty, self.chain, jobs, &self.metrics);
            // A panic breaks off its batch, whose callers are told so, and not the writer.
            if AssertUnwindSafe(served).catch_unwind().await.is_err() {
                tracing::error!(ledger.chain = self.chain, "a batch of the writer panicked");
            }
        }
    }
}
