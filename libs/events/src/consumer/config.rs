use std::time::Duration;

/// How a service consumes a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsumerConfig {
    /// Name of the consuming service, by which the feed knows it.
    pub consumer: String,
    /// For how long a replica that is not heard of keeps its shards. It is heard of three times as
    /// often.
    pub lease: Duration,
    /// Most events that are applied in one transaction.
    pub batch_events: usize,
    /// How long such a transaction should be open: it holds back the feeds of the whole cluster. The
    /// number of events in the next one follows from how long the last ones took.
    pub batch_time: Duration,
    /// How often an event that fails is tried in a transaction of its own, before it is parked.
    pub attempts: u32,
    /// The wait before the second attempt; doubles for each one that follows. Also the first wait
    /// before a lost feed or database is tried again.
    pub backoff: Duration,
    /// The longest of these waits.
    pub longest_backoff: Duration,
    /// Most events that are kept in memory until an earlier one of their subject comes.
    pub held_events: usize,
    /// How long a feed may be silent before it is given up and followed anew. Feeds send a
    /// heartbeat every five seconds.
    pub silence: Duration,
    /// How often the cursors of shards in which nothing happens are moved.
    pub idle_cursors: Duration,
}

impl ConsumerConfig {
    /// The usual settings for a consuming service.
    pub fn of(consumer: impl Into<String>) -> Self {
        Self {
            consumer: consumer.into(),
            lease: Duration::from_secs(15),
            batch_events: 500,
            batch_time: Duration::from_millis(200),
            attempts: 5,
            backoff: Duration::from_millis(100),
            longest_backoff: Duration::from_secs(10),
            held_events: 10_000,
            silence: Duration::from_secs(20),
            idle_cursors: Duration::from_secs(10),
        }
    }

    /// The wait after so many failures in a row.
    pub(super) fn backoff_after(&self, failures: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(failures.saturating_sub(1));
        self.backoff
            .saturating_mul(doubled)
            .min(self.longest_backoff)
    }
}
