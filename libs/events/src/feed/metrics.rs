use std::sync::atomic::AtomicU64;
use std::time::Duration;

use chassis::metrics::Registry;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;

type Labels = [(&'static str, String); 1];

/// What a feed tells of itself.
#[derive(Debug, Default)]
pub(super) struct FeedMetrics {
    followers: Gauge,
    sent: Family<Labels, Counter>,
    horizon_transactions: Gauge,
    horizon_seconds: Gauge<f64, AtomicU64>,
}

impl FeedMetrics {
    pub(super) fn register(&self, registry: &Registry) {
        registry.register(
            "events_feed_followers",
            "Open streams",
            self.followers.clone(),
        );
        registry.register(
            "events_feed_sent",
            "Events sent, by consumer",
            self.sent.clone(),
        );
        registry.register(
            "events_feed_horizon_transactions",
            "Transactions between the commit horizon and the newest that has ended",
            self.horizon_transactions.clone(),
        );
        registry.register(
            "events_feed_horizon_age_seconds",
            "How long an open transaction has held the commit horizon back",
            self.horizon_seconds.clone(),
        );
    }

    /// Counts a follower for as long as the value lives.
    pub(super) fn following(&self) -> Following {
        self.followers.inc();
        Following(self.followers.clone())
    }

    pub(super) fn sent(&self, consumer: &str, events: usize) {
        let counter = self
            .sent
            .get_or_create(&[("consumer", consumer.to_owned())]);
        counter.inc_by(events as u64);
    }

    pub(super) fn horizon(&self, transactions: u64, age: Duration) {
        self.horizon_transactions.set(transactions.cast_signed());
        self.horizon_seconds.set(age.as_secs_f64());
    }
}

pub(super) struct Following(Gauge);

impl Drop for Following {
    fn drop(&mut self) {
        self.0.dec();
    }
}
