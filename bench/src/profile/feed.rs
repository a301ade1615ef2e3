//! Following what the service announces: when each membership that is waited for was seen.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use contract::patron::events::v1::event_feed_service_client::EventFeedServiceClient;
use contract::patron::events::v1::{FollowRequest, Position, ShardCursor};
use contract::patron::profile::v1::SegmentEntered;
use prost::Message as _;
use tokio::task::JoinHandle;

use super::World;

const SHARDS: u32 = 64;
/// Largest answer that is taken.
const MOST_BYTES: usize = 16 << 20;

/// When customers were seen to enter a segment. Ends with this value.
pub(super) struct Entries {
    seen: Arc<Mutex<HashMap<String, Instant>>>,
    follower: JoinHandle<anyhow::Result<()>>,
}

impl Drop for Entries {
    fn drop(&mut self) {
        self.follower.abort();
    }
}

impl Entries {
    /// Follows from now on.
    pub(super) async fn follow(world: &World, segment_id: &str) -> anyhow::Result<Self> {
        let after = latest(world).await?;
        let request = FollowRequest {
            consumer: "bench".to_owned(),
            cursors: (0..SHARDS)
                .map(|shard| ShardCursor {
                    shard,
                    after: Some(after),
                })
                .collect(),
        };
        let client = EventFeedServiceClient::new(world.connect().await?);
        let mut client = client.max_decoding_message_size(MOST_BYTES);
        let mut feed = client.follow(world.request(request)).await?.into_inner();
        let seen = Arc::new(Mutex::new(HashMap::new()));
        let (noted, segment_id) = (Arc::clone(&seen), segment_id.to_owned());
        let follower = tokio::spawn(async move {
            while let Some(told) = feed.message().await? {
                let now = Instant::now();
                for event in told.events {
                    if event.r#type != "patron.profile.v1.SegmentEntered" {
                        continue;
                    }
                    let entered = SegmentEntered::decode(event.data)?;
                    if entered.segment_id == segment_id {
                        let mut noted = noted.lock().unwrap_or_else(PoisonError::into_inner);
                        noted.entry(entered.customer_id).or_insert(now);
                    }
                }
            }
            anyhow::bail!("the feed has ended")
        });
        Ok(Self { seen, follower })
    }

    /// When this customer was seen to enter.
    pub(super) fn of(&self, customer_id: &str) -> Option<Instant> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.get(customer_id).copied()
    }

    pub(super) fn count(&self) -> usize {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.len()
    }

    /// Tells why no more is seen, if that is so.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        anyhow::ensure!(!self.follower.is_finished(), "the feed has ended");
        Ok(())
    }
}

/// The place of the latest event.
async fn latest(world: &World) -> anyhow::Result<Position> {
    let mut db = world.database().await?;
    let (transaction_id, sequence): (i64, i64) = sqlx::query_as(
        "SELECT transaction_id::text::bigint, position FROM outbox
         ORDER BY transaction_id DESC, position DESC LIMIT 1",
    )
    .fetch_one(&mut db)
    .await?;
    Ok(Position {
        transaction_id: transaction_id.try_into()?,
        sequence: sequence.try_into()?,
    })
}
