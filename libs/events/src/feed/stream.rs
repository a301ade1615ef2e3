//! One stream of a feed: reads pages as fast as the follower takes them, then waits for more.

use std::sync::Arc;
use std::time::Duration;

use chassis::Refusal;
use contract::patron::events::v1::FollowResponse;
use contract::patron::r#type::v1::ErrorReason;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tonic::{Code, Status};

use super::follower::Follower;
use super::page::{self, Query, ReadError};
use super::{Inner, horizon};

/// First wait after something was seen; doubles up to the poll interval. What was just committed
/// is often held back by a transaction that is about to end.
const SHORTEST_WAIT: Duration = Duration::from_millis(5);
/// When a follower may come back after trouble with the database.
const RETRY_AFTER: Duration = Duration::from_secs(1);

type Sender = mpsc::Sender<Result<FollowResponse, Status>>;

pub(super) struct Stream {
    pub(super) feed: Arc<Inner>,
    pub(super) follower: Follower,
    pub(super) consumer: String,
}

/// Why a stream ends.
enum Ended {
    /// The follower has gone.
    Gone,
    /// The role stops.
    Stopping,
    /// The outbox can't be read.
    Failed(ReadError),
}

impl Stream {
    pub(super) async fn run(mut self, sender: Sender) {
        let feed = Arc::clone(&self.feed);
        let _following = feed.metrics.following();
        let status = match self.send_all(&sender).await {
            Ended::Gone => return,
            Ended::Stopping => stopping(),
            Ended::Failed(error) => failed(&error),
        };
        // Not waited for: a follower that does not read would hold up the drain.
        let _ = sender.try_send(Err(status));
    }

    /// Only waits are broken off, never a query: its connection would be lost to the pool.
    async fn send_all(&mut self, sender: &Sender) -> Ended {
        let feed = Arc::clone(&self.feed);
        let shards = self.follower.shards();
        let mut pause = Pause::new(&feed);
        let mut last_sent: Option<Instant> = None;
        loop {
            // Before the reading: a commit during it must not be missed.
            pause.commits.mark_unchanged();
            let (response, is_full) = match self.read(&shards).await {
                Ok(read) => read,
                Err(error) => return Ended::Failed(error),
            };
            let has_events = !response.events.is_empty();
            let is_silent = |sent: Instant| sent.elapsed() >= feed.config.heartbeat;
            if has_events || last_sent.is_none_or(is_silent) {
                feed.metrics.sent(&self.consumer, response.events.len());
                tokio::select! {
                    sent = sender.send(Ok(response)) => if sent.is_err() { return Ended::Gone },
                    () = feed.stop.cancelled() => return Ended::Stopping,
                }
                last_sent = Some(Instant::now());
            }
            if is_full {
                continue;
            }
            tokio::select! {
                () = pause.wait(has_events) => {}
                () = sender.closed() => return Ended::Gone,
                () = feed.stop.cancelled() => return Ended::Stopping,
            }
        }
    }

    async fn read(&mut self, shards: &[i16]) -> Result<(FollowResponse, bool), ReadError> {
        let Inner {
            db,
            outbox,
            config,
            marks,
            ..
        } = self.feed.as_ref();
        let after = self.follower.cursor();
        let query = Query {
            after,
            since: marks.first_day(after.transaction_id),
        };
        let page = page::read(db, outbox.source(), &query, shards, config).await?;
        let is_full = page.is_full;
        Ok((self.follower.take(page), is_full))
    }
}

/// The wait between two looks at the outbox.
struct Pause {
    commits: watch::Receiver<()>,
    next: Duration,
    longest: Duration,
}

impl Pause {
    fn new(feed: &Inner) -> Self {
        Self {
            commits: feed.outbox.commits(),
            next: SHORTEST_WAIT,
            longest: feed.config.poll,
        }
    }

    /// Waits a little after events or commits, longer when nothing happens.
    async fn wait(&mut self, has_events: bool) {
        if has_events {
            self.next = SHORTEST_WAIT;
        }
        let wait = self.next.min(self.longest);
        // An error means that the outbox is gone, and with it the commits; then the poll remains.
        match tokio::time::timeout(wait, self.commits.changed()).await {
            Ok(Ok(())) => self.next = SHORTEST_WAIT,
            Ok(Err(_)) => tokio::time::sleep(wait).await,
            Err(_) => self.next = wait * 2,
        }
    }
}

fn stopping() -> Status {
    let message = "this replica is stopping; follow another";
    Refusal::new(Code::Unavailable, ErrorReason::Unavailable, message)
        .retry_after(horizon::MOMENT)
        .into()
}

fn failed(error: &ReadError) -> Status {
    match error {
        ReadError::Database(error) if error.is_unavailable() || error.is_timeout() => {
            tracing::warn!(%error, "a feed can't read its outbox");
            let message = "the outbox can't be read now";
            Refusal::new(Code::Unavailable, ErrorReason::Unavailable, message)
                .retry_after(RETRY_AFTER)
                .into()
        }
        error => Refusal::internal(error).into(),
    }
}
