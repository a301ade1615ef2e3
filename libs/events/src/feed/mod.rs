//! The feed of one service's events, served from its outbox.

mod config;
mod follower;
mod horizon;
mod marks;
mod metrics;
mod page;
mod stream;
mod upkeep;

use std::sync::Arc;

use async_trait::async_trait;
use contract::patron::events::v1::event_feed_service_server::EventFeedService;
use contract::patron::events::v1::{FollowRequest, FollowResponse};
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use postgres::Database;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

use crate::{Feed, Outbox, Responses};
pub use config::FeedConfig;
use follower::Follower;
use marks::Marks;
use metrics::FeedMetrics;

/// Responses that are read ahead of a slow follower.
const READ_AHEAD: usize = 2;

/// Serves `EventFeedService` from the outbox. Cheap to clone.
#[derive(Debug, Clone)]
pub struct FeedServer(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    db: Database,
    outbox: Outbox,
    config: FeedConfig,
    marks: Marks,
    metrics: FeedMetrics,
    /// Ends the streams: they would hold up a drain for ever.
    stop: CancellationToken,
}

impl FeedServer {
    /// The feed of this outbox, in this database.
    pub fn new(db: Database, outbox: Outbox) -> Self {
        Self::with_config(db, outbox, FeedConfig::default())
    }

    /// A feed with other settings than the usual ones.
    pub fn with_config(db: Database, outbox: Outbox, config: FeedConfig) -> Self {
        Self(Arc::new(Inner {
            db,
            outbox,
            config,
            marks: Marks::default(),
            metrics: FeedMetrics::default(),
            stop: CancellationToken::new(),
        }))
    }

    /// Adds the feed's metrics to those of the role.
    pub fn register(&self, registry: &chassis::metrics::Registry) {
        self.0.metrics.register(registry);
    }

    /// The background task that belongs to the feed: makes and drops partitions, watches the
    /// horizon, and ends the streams when it is told to stop.
    pub async fn run(&self, stop: CancellationToken) {
        upkeep::run(&self.0, &stop).await;
        self.0.stop.cancel();
    }

    fn begin(&self, request: &FollowRequest) -> Responses {
        let (sender, receiver) = mpsc::channel(READ_AHEAD);
        let stream = stream::Stream {
            feed: Arc::clone(&self.0),
            follower: Follower::new(request),
            consumer: request.consumer.clone(),
        };
        tokio::spawn(stream.run(sender));
        ReceiverStream::new(receiver).boxed()
    }
}

#[async_trait]
impl EventFeedService for FeedServer {
    type FollowStream = BoxStream<'static, Result<FollowResponse, Status>>;

    async fn follow(
        &self,
        request: Request<FollowRequest>,
    ) -> Result<Response<Self::FollowStream>, Status> {
        Ok(Response::new(self.begin(request.get_ref())))
    }
}

/// Within one process, without a connection between.
#[async_trait]
impl Feed for FeedServer {
    async fn follow(&self, request: FollowRequest) -> Result<Responses, Status> {
        Ok(self.begin(&request))
    }
}
