//! What goes with what, and what many buy.
//!
//! Facts are sales (`migrations/`): from the orders that the profile service announces
//! (`reactions.rs`) and from baskets whose customer is not known (`app/record_baskets.rs`). Each
//! replica follows the table of facts (`jobs.rs`) and keeps an index of it in memory
//! (`domain/index.rs`, `live.rs`), from which reads are answered without asking the database.
//!
//! Lines of an order in the category `service`, and below it, are no goods and never recommended.

mod api;
mod app;
mod disclosed;
mod domain;
mod jobs;
mod live;
mod metrics;
mod personal;
mod reactions;
mod store;

use std::sync::Arc;
use std::time::Duration;

use chassis::{Context, Service};
use contract::patron::recommendation::v1::recommendation_service_server::RecommendationServiceServer;
use erasure::{Eraser, Guarded};
use events::{Consumer, ConsumerConfig, FeedConfig, Feeds, Outbox, UnknownFeed};
use postgres::{Database, Migrations, ProbeLimits};
use seal::Keyring;
use sqlx::migrate::Migrator;
use tokio::sync::Notify;

use api::Api;
use jobs::Follow;
use live::Live;
use metrics::Metrics;
use reactions::Baskets;

/// Name of the role.
pub const NAME: &str = "recommendation";

/// The service whose orders become baskets.
const ORDERS: &str = "profile";

/// What has an age.
const OLD: [&str; 1] = ["baskets"];

/// How long connections in use may take to come back when the role stops.
const CLOSING_BOUND: Duration = Duration::from_secs(2);

static OWN: Migrator = sqlx::migrate!();
static ALL: Migrations = Migrations::new(
    NAME,
    &[
        &events::MIGRATIONS,
        &idempotency::MIGRATIONS,
        &persons::MIGRATIONS,
        &seal::MIGRATIONS,
        &erasure::MIGRATIONS,
        &retention::MIGRATIONS,
        &audit::MIGRATIONS,
        &OWN,
    ],
);

/// Everything that the service's database consists of.
pub fn migrations() -> Migrations {
    ALL
}

/// The service over its database, following the feed of `profile`.
///
/// # Errors
/// When `feeds` lacks it.
pub fn service(
    db: Database,
    feeds: &Feeds,
    keyring: &Keyring,
    context: &Context,
) -> Result<Service, UnknownFeed> {
    let (live, wake, clock) = (
        Live::default(),
        Arc::new(Notify::new()),
        context.clock.clone(),
    );
    let api = Api {
        db: db.clone(),
        clock: clock.clone(),
        live: live.clone(),
        wake: wake.clone(),
    };
    let service = audit::attach(
        Service::new(NAME, clock.clone()),
        NAME,
        (&db, keyring),
        context,
    );
    let service = seal::attach(service, NAME, &db, keyring);
    let metrics = Metrics::register(service.metrics());
    let follow = Follow {
        db: db.clone(),
        live: live.clone(),
        wake,
        metrics,
    };
    let service = service
        .grpc(chassis::tuned!(RecommendationServiceServer::new(api)))
        .task("index", move |stop| follow.clone().run(stop))
        // The database is no part of it: reads are answered without.
        .ready("index", move || std::future::ready(live.check()));
    let outbox = Outbox::new(NAME, clock.clone());
    let eraser = Eraser {
        db: db.clone(),
        outbox: outbox.clone(),
        clock,
        data: Arc::new(personal::Baskets),
    };
    let service = disclosure::attach(eraser.attach(service), &db, &disclosed::SHAPE);
    let service = retention::attach(service, &db, context.clock.clone(), &OLD);
    let events = events::Parts {
        db: db.clone(),
        outbox,
        feed: FeedConfig::default(),
        consumers: vec![orders(&db, feeds, context)?],
        tokens: context.pages.clone(),
    };
    Ok(events::attach(watched(service, db), events))
}

fn orders(db: &Database, feeds: &Feeds, context: &Context) -> Result<Consumer, UnknownFeed> {
    let clock = context.clock.clone();
    let baskets = Baskets {
        clock: clock.clone(),
    };
    let config = ConsumerConfig::of(NAME);
    Ok(Consumer::new(
        db.clone(),
        ORDERS,
        feeds.get(ORDERS)?,
        Guarded(baskets),
        config,
        clock,
    ))
}

/// To be replaced when its own pool is what keeps it from the database.
fn watched(service: Service, db: Database) -> Service {
    let probe = Arc::new(db.probe(ProbeLimits::default()));
    service
        .alive("pool", move || {
            let probe = Arc::clone(&probe);
            async move {
                let state = probe.ready().await;
                if probe.alive() { Ok(()) } else { state }
            }
        })
        .closing("pool", async move {
            db.close(CLOSING_BOUND).await;
        })
}
