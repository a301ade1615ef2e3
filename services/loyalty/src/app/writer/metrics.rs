use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::histogram::Histogram;

/// How the writers work.
#[derive(Clone, Debug)]
pub(crate) struct WriterMetrics {
    calls: Histogram,
    again: Counter,
}

impl WriterMetrics {
    /// Registered where the role shows its metrics.
    pub(crate) fn registered(registry: &chassis::metrics::Registry) -> Self {
        let sizes = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];
        let metrics = Self {
            calls: Histogram::new(sizes),
            again: Counter::default(),
        };
        let help = "Calls that one transaction of a writer has served";
        registry.register("loyalty_writer_batch_calls", help, metrics.calls.clone());
        let help = "Transactions of writers that had to be repeated";
        registry.register("loyalty_writer_repeats", help, metrics.again.clone());
        metrics
    }

    pub(super) fn batch(&self, calls: usize) {
        #[expect(clippy::cast_precision_loss, reason = "at most 256")]
        self.calls.observe(calls as f64);
    }

    pub(super) fn again(&self) {
        self.again.inc();
    }
}
