//! Where a consumer gets its events from.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use chassis::client::Connection;
use contract::patron::events::v1::event_feed_service_client::EventFeedServiceClient;
use contract::patron::events::v1::{FollowRequest, FollowResponse};
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use tonic::Status;

/// What a feed sends, until it ends.
pub type Responses = BoxStream<'static, Result<FollowResponse, Status>>;

/// The feed of one service, wherever it is. This is the seam between the outbox and its consumers:
/// another transport is another implementation.
#[async_trait]
pub trait Feed: Send + Sync + 'static {
    /// Begins to follow, as the contract says of `EventFeedService.Follow`.
    async fn follow(&self, request: FollowRequest) -> Result<Responses, Status>;
}

/// The feed of another role, over gRPC.
struct Remote(EventFeedServiceClient<Connection>);

#[async_trait]
impl Feed for Remote {
    async fn follow(&self, request: FollowRequest) -> Result<Responses, Status> {
        let mut client = self.0.clone();
        Ok(client.follow(request).await?.into_inner().boxed())
    }
}

/// The feeds that a role can consume, by the name of their service. Cheap to clone.
#[derive(Clone, Default)]
pub struct Feeds(Arc<BTreeMap<String, Arc<dyn Feed>>>);

/// A feed that the configuration does not name.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("no address is configured for the feed of `{name}`")]
pub struct UnknownFeed {
    /// The service whose feed was wanted.
    pub name: String,
}

impl Feeds {
    /// The feeds of other roles, over connections that carry this role's identity:
    /// `Feeds::over([("profile", connector.connect(address)?)])`.
    pub fn over<N: Into<String>>(connections: impl IntoIterator<Item = (N, Connection)>) -> Self {
        let remote = |(name, connection): (N, Connection)| {
            let client = EventFeedServiceClient::new(connection)
                .max_decoding_message_size(chassis::MAX_MESSAGE_BYTES);
            (name.into(), Arc::new(Remote(client)) as Arc<dyn Feed>)
        };
        Self(Arc::new(connections.into_iter().map(remote).collect()))
    }

    /// Feeds of any kind, by name.
    pub fn of<N: Into<String>>(feeds: impl IntoIterator<Item = (N, Arc<dyn Feed>)>) -> Self {
        Self(Arc::new(
            feeds
                .into_iter()
                .map(|(name, feed)| (name.into(), feed))
                .collect(),
        ))
    }

    /// The feed of a service.
    pub fn get(&self, name: &str) -> Result<Arc<dyn Feed>, UnknownFeed> {
        self.0.get(name).cloned().ok_or_else(|| UnknownFeed {
            name: name.to_owned(),
        })
    }
}

impl std::fmt::Debug for Feeds {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_tuple("Feeds")
            .field(&self.0.keys())
            .finish()
    }
}
