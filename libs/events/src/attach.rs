use chassis::Service;
use chassis::paging::PageTokens;
use contract::patron::events::v1::event_admin_service_server::EventAdminServiceServer;
use contract::patron::events::v1::event_feed_service_server::EventFeedServiceServer;
use postgres::Database;

use crate::{AdminServer, Consumer, ConsumerMetrics, FeedConfig, FeedServer, Outbox};

/// What a role has to do with events.
#[derive(Debug)]
pub struct Parts {
    /// The role's database.
    pub db: Database,
    /// Where it announces its own events.
    pub outbox: Outbox,
    /// How it serves them.
    pub feed: FeedConfig,
    /// Whose events it applies.
    pub consumers: Vec<Consumer>,
    /// Makes the page tokens of its lists.
    pub tokens: PageTokens,
}

/// Adds to a role everything that belongs to events: its feed, the administration of its consumers,
/// the background tasks of both, and their metrics.
#[must_use]
pub fn attach(mut service: Service, parts: Parts) -> Service {
    let Parts {
        db,
        outbox,
        feed,
        consumers,
        tokens,
    } = parts;
    let metrics = ConsumerMetrics::registered(service.metrics());
    let consumers: Vec<Consumer> = consumers
        .into_iter()
        .map(|consumer| consumer.measured_by(&metrics))
        .collect();
    let clock = outbox.clock().clone();
    let admin = AdminServer::new(
        outbox.source(),
        db.clone(),
        clock,
        tokens,
        consumers.iter().cloned(),
    );
    let feed = FeedServer::with_config(db, outbox, feed);
    feed.register(service.metrics());
    service = service
        .grpc(chassis::tuned!(EventFeedServiceServer::new(feed.clone())))
        .grpc(chassis::tuned!(EventAdminServiceServer::new(admin)))
        .task("feed", move |stop| {
            let feed = feed.clone();
            async move { feed.run(stop).await }
        });
    for consumer in consumers {
        service = service.task("consumer", move |stop| {
            let consumer = consumer.clone();
            async move { consumer.run(stop).await }
        });
    }
    service
}
