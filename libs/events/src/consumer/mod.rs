//! Applying the events of another service, each exactly once and in order.

mod apply;
mod config;
mod error;
mod handler;
mod incoming;
mod leases;
mod metrics;
mod pace;
mod sequence;
mod session;
mod store;

use std::sync::Arc;

use chassis::Clock;
use postgres::Database;
use tokio_util::sync::CancellationToken;

use crate::Feed;
pub use config::ConsumerConfig;
pub use handler::{Handler, HandlerError};
pub use incoming::{Incoming, MalformedEvent, MalformedPayload};
pub use metrics::ConsumerMetrics;
use metrics::SourceMetrics;
use session::Session;

/// Applies the events of one feed to one service. Cheap to clone.
#[derive(Clone)]
pub struct Consumer(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    db: Database,
    source: String,
    feed: Arc<dyn Feed>,
    handler: Arc<dyn Handler>,
    config: ConsumerConfig,
    clock: Clock,
    metrics: SourceMetrics,
}

impl Consumer {
    /// A consumer of the feed of the service `source`, whose cursors and effects are in `db`.
    pub fn new(
        db: Database,
        source: impl Into<String>,
        feed: Arc<dyn Feed>,
        handler: impl Handler,
        config: ConsumerConfig,
        clock: Clock,
    ) -> Self {
        let source = source.into();
        let metrics = ConsumerMetrics::default().of(&source);
        let handler = Arc::new(handler);
        Self(Arc::new(Inner {
            db,
            source,
            feed,
            handler,
            config,
            clock,
            metrics,
        }))
    }

    /// The same consumer, counted among those of its role.
    #[must_use]
    pub fn measured_by(self, metrics: &ConsumerMetrics) -> Self {
        let metrics = metrics.of(&self.0.source);
        Self(Arc::new(Inner {
            metrics,
            ..(*self.0).clone()
        }))
    }

    /// The service whose events it applies.
    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// The background task: applies events until it is told to stop, finishes the transaction that
    /// it is in, and gives its shards back. Nothing that happens to the feed or the database ends
    /// it before.
    pub async fn run(&self, stop: CancellationToken) {
        Session::new(&self.0, &stop).run().await;
    }

    pub(crate) fn handler(&self) -> &dyn Handler {
        self.0.handler.as_ref()
    }
}

impl std::fmt::Debug for Consumer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Consumer")
            .field("source", &self.0.source)
            .finish_non_exhaustive()
    }
}
