use std::time::Duration;

/// How a feed reads and keeps its outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedConfig {
    /// Longest wait between two looks at the outbox. Commits of this process wake the feed at once,
    /// those of other replicas are found by this.
    pub poll: Duration,
    /// Most events in one response.
    pub page_events: u16,
    /// Bytes of payload in one response, beyond which it takes no further event.
    pub page_bytes: u32,
    /// How often a follower hears of the progress when there are no events for it.
    pub heartbeat: Duration,
    /// Days for which partitions are made ahead.
    pub days_ahead: u8,
    /// Days for which events are kept.
    pub days_kept: u16,
}

impl Default for FeedConfig {
    fn default() -> Self {
        Self {
            poll: Duration::from_millis(150),
            page_events: 500,
            page_bytes: 1024 * 1024,
            heartbeat: Duration::from_secs(5),
            days_ahead: 3,
            days_kept: 30,
        }
    }
}
