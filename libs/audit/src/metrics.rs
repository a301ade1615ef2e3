use chassis::metrics::Registry;
use prometheus_client::metrics::counter::Counter;

/// What the record tells of itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Metrics {
    pub(crate) kept: Counter,
    pub(crate) failures: Counter,
    pub(crate) refused: Counter,
    pub(crate) lost: Counter,
}

impl Metrics {
    pub(crate) fn register(&self, registry: &Registry) {
        let counters = [
            ("audit_entries", "Calls put on record", &self.kept),
            (
                "audit_write_failures",
                "Batches of entries that could not be written, and are tried again",
                &self.failures,
            ),
            (
                "audit_refusals",
                "Calls whose answer was kept back because they could not be put on record in time",
                &self.refused,
            ),
            (
                "audit_entries_lost",
                "Entries that were given up when the process ended; must stay 0",
                &self.lost,
            ),
        ];
        for (name, help, counter) in counters {
            registry.register(name, help, counter.clone());
        }
    }
}
