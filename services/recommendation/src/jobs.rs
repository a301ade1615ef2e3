//! Keeping the index current: each replica follows the table of facts by itself.

use std::sync::Arc;
use std::time::Duration;

use postgres::{Database, DatabaseError};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::domain::{Index, IndexFull};
use crate::live::{Live, Writer};
use crate::metrics::Metrics;
use crate::store::{Follower, PAGE_ROWS};

/// How long a fact that another replica wrote may go unnoticed. Those of this process are noticed
/// at once.
const POLL: Duration = Duration::from_millis(200);

/// The wait after the database could not be read.
const RETRY: Duration = Duration::from_secs(1);

/// Follows the facts and keeps the index of this process. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Follow {
    pub(crate) db: Database,
    pub(crate) live: Live,
    pub(crate) wake: Arc<Notify>,
    pub(crate) metrics: Metrics,
}

#[derive(Debug, thiserror::Error)]
enum FollowError {
    #[error("the facts can't be read")]
    Read(#[from] DatabaseError),
    #[error(transparent)]
    Full(#[from] IndexFull),
}

impl Follow {
    /// Runs until stopped. What can't be read now is read later; meanwhile the index answers with
    /// what it has. Begins from nothing each time, so that whatever ended an earlier run can't have
    /// left half a change behind; until the new index is whole, the old one answers.
    pub(crate) async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Some(Err(error)) = stop.run_until_cancelled(self.follow()).await {
                tracing::error!(error = %error, "the index is loaded anew");
                stop.run_until_cancelled(tokio::time::sleep(RETRY)).await;
            }
        }
    }

    async fn follow(&self) -> Result<(), FollowError> {
        let mut follower = Follower::default();
        let mut writer = self.load(&mut follower).await?;
        loop {
            self.metrics.show(self.live.read().as_deref());
            let caught_up = self.advance(&mut follower, &mut writer).await?;
            if caught_up {
                // Either wakes it; a poll that is early costs nothing.
                let _ = tokio::time::timeout(POLL, self.wake.notified()).await;
            }
        }
    }

    /// Reads everything, page by page, before anybody sees it.
    async fn load(&self, follower: &mut Follower) -> Result<Writer, FollowError> {
        let mut index = Index::default();
        loop {
            let facts = follower.next(&self.db).await?;
            facts.iter().try_for_each(|fact| index.apply(fact))?;
            if is_last(facts.len()) {
                tracing::info!(baskets = index.basket_count(), "the index is loaded");
                return Ok(self.live.publish(index));
            }
        }
    }

    /// Takes in one page; tells whether it was the last for now.
    async fn advance(
        &self,
        follower: &mut Follower,
        writer: &mut Writer,
    ) -> Result<bool, FollowError> {
        let facts = match follower.next(&self.db).await {
            Ok(facts) => facts,
            Err(error) if error.is_unavailable() || error.is_timeout() => {
                tracing::warn!(error = %error, "the facts can't be read now");
                tokio::time::sleep(RETRY).await;
                return Ok(true);
            }
            Err(error) => return Err(error.into()),
        };
        let count = facts.len();
        if count > 0 {
            writer.apply(facts).await?;
        }
        Ok(is_last(count))
    }
}

fn is_last(count: usize) -> bool {
    i64::try_from(count).is_ok_and(|count| count < PAGE_ROWS)
}
