//! Metrics: one registry per role, OpenMetrics text on the admin port.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use prometheus_client::encoding::text;
use prometheus_client::registry::{Metric, Registry as Inner};

/// The metrics of one role; each carries the label `service`. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Registry(Arc<Mutex<Inner>>);

/// Bounds, in seconds, of the buckets of every duration histogram: 0.5 ms to 30 s.
pub const DURATION_BUCKETS: [f64; 15] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
];

impl Registry {
    /// An empty registry for a role.
    pub fn new(service: &str) -> Self {
        let label = ("service".into(), service.to_owned().into());
        Self(Arc::new(Mutex::new(Inner::with_labels(
            [label].into_iter(),
        ))))
    }

    /// Adds a metric. The name has its unit (`_seconds`, `_bytes`); counters get `_total` by
    /// themselves. The metric stays the caller's, who updates a clone of it.
    pub fn register(&self, name: &str, help: &str, metric: impl Metric) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .register(name, help, metric);
    }

    /// All metrics as OpenMetrics text.
    pub fn encode(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        let registry = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        text::encode(&mut text, &registry)?;
        Ok(text)
    }
}
