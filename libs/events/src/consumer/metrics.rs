use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};

use chassis::metrics::Registry;
use jiff::Timestamp;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use tokio::time::Instant;

use super::Incoming;

type Labels = [(&'static str, String); 1];
type FloatGauge = Gauge<f64, AtomicU64>;

/// Bounds of the buckets from an event to its effect, in seconds: 5 ms to a day.
const LAG_BUCKETS: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0, 300.0, 3_600.0, 21_600.0, 86_400.0,
];

#[derive(Debug, Clone)]
struct LagHistogram;

impl MetricConstructor<Histogram> for LagHistogram {
    fn new_metric(&self) -> Histogram {
        Histogram::new(LAG_BUCKETS)
    }
}

/// What the consumers of a role tell of themselves, each under the name of its feed.
#[derive(Debug, Clone)]
pub struct ConsumerMetrics {
    applied: Family<Labels, Counter>,
    duplicates: Family<Labels, Counter>,
    gaps: Family<Labels, Counter>,
    parked: Family<Labels, Counter>,
    dead_letters: Family<Labels, Gauge>,
    interruptions: Family<Labels, Counter>,
    shards: Family<Labels, Gauge>,
    lag: Family<Labels, FloatGauge>,
    age: Family<Labels, FloatGauge>,
    lags: Family<Labels, Histogram, LagHistogram>,
}

impl Default for ConsumerMetrics {
    fn default() -> Self {
        Self {
            applied: Family::default(),
            duplicates: Family::default(),
            gaps: Family::default(),
            parked: Family::default(),
            dead_letters: Family::default(),
            interruptions: Family::default(),
            shards: Family::default(),
            lag: Family::default(),
            age: Family::default(),
            lags: Family::new_with_constructor(LagHistogram),
        }
    }
}

impl ConsumerMetrics {
    /// Metrics that are added to those of the role, once.
    pub fn registered(registry: &Registry) -> Self {
        let metrics = Self::default();
        let Self {
            applied,
            duplicates,
            gaps,
            parked,
            dead_letters,
            interruptions,
            shards,
            lag,
            age,
            lags,
        } = metrics.clone();
        registry.register("events_applied", "Events that had their effect", applied);
        registry.register(
            "events_duplicates",
            "Events that were dealt with before",
            duplicates,
        );
        registry.register("events_gaps", "Events that were missing for good", gaps);
        registry.register("events_parked", "Events that became dead letters", parked);
        registry.register(
            "events_dead_letters",
            "Events that are parked now, in all replicas together",
            dead_letters,
        );
        registry.register(
            "events_consumer_interruptions",
            "Times that a consumer began anew from its cursors",
            interruptions,
        );
        registry.register(
            "events_consumer_shards",
            "Shards leased by this replica",
            shards,
        );
        registry.register(
            "events_lag_seconds",
            "From the last event's happening to its effect",
            lag,
        );
        registry.register(
            "events_consumer_silence_seconds",
            "Since the feed was last heard of, heartbeats included",
            age,
        );
        registry.register(
            "events_effect_lag_seconds",
            "From an event to its effect",
            lags,
        );
        metrics
    }

    /// The part of one feed.
    pub(super) fn of(&self, source: &str) -> SourceMetrics {
        let labels = [("source", source.to_owned())];
        SourceMetrics {
            applied: self.applied.get_or_create_owned(&labels),
            duplicates: self.duplicates.get_or_create_owned(&labels),
            gaps: self.gaps.get_or_create_owned(&labels),
            parked: self.parked.get_or_create_owned(&labels),
            dead_letters: self.dead_letters.get_or_create_owned(&labels),
            interruptions: self.interruptions.get_or_create_owned(&labels),
            shards: self.shards.get_or_create_owned(&labels),
            lag: self.lag.get_or_create_owned(&labels),
            age: self.age.get_or_create_owned(&labels),
            lags: self.lags.get_or_create_owned(&labels),
            heard: Arc::new(Mutex::new(Instant::now())),
        }
    }
}

/// The metrics of one consumer.
#[derive(Debug, Clone)]
pub(super) struct SourceMetrics {
    applied: Counter,
    duplicates: Counter,
    gaps: Counter,
    parked: Counter,
    dead_letters: Gauge,
    interruptions: Counter,
    shards: Gauge,
    lag: FloatGauge,
    age: FloatGauge,
    lags: Histogram,
    heard: Arc<Mutex<Instant>>,
}

impl SourceMetrics {
    pub(super) fn applied(&self, events: &[&Incoming], now: Timestamp) {
        self.applied.inc_by(events.len() as u64);
        for event in events {
            let lag = now
                .duration_since(event.occur_time())
                .as_secs_f64()
                .max(0.0);
            self.lags.observe(lag);
            self.lag.set(lag);
        }
    }

    pub(super) fn skipped(&self, duplicates: u64, gaps: u64) {
        self.duplicates.inc_by(duplicates);
        self.gaps.inc_by(gaps);
    }

    pub(super) fn parked(&self, events: usize) {
        self.parked.inc_by(events as u64);
    }

    pub(super) fn dead_letters(&self, parked: i64) {
        self.dead_letters.set(parked);
    }

    pub(super) fn interrupted(&self) {
        self.interruptions.inc();
    }

    pub(super) fn shards(&self, leased: usize) {
        self.shards.set(i64::try_from(leased).unwrap_or(i64::MAX));
    }

    pub(super) fn heard(&self) {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        self.age.set(0.0);
    }

    /// Brings the age of the last sign of life up to date.
    pub(super) fn age(&self) {
        let heard = *self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        self.age.set(heard.elapsed().as_secs_f64());
    }
}
