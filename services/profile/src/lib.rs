//! Customers, their orders and returns, timeline and traits, consent and contact.
//!
//! One truth per customer: who they are ([`CustomerService`]), whose word that is and which records are
//! one person's ([`IdentityService`]), what they did ([`ActivityService`]), what they allow
//! ([`ConsentService`]) and whether they may be contacted now ([`ContactService`]). Activity is taken in
//! exactly once, late, out of order and in any number
//! (`app/intake.rs` tells how); what it adds up to is kept beside it in the same transaction.
//! Who may be whom is kept ([`MatchService`]) by following what the service itself announces. What happened
//! is announced through the outbox; of other services it follows none.
//!
//! [`CustomerService`]: contract::patron::profile::v1::customer_service_server::CustomerService
//! [`IdentityService`]: contract::patron::profile::v1::identity_service_server::IdentityService
//! [`ActivityService`]: contract::patron::profile::v1::activity_service_server::ActivityService
//! [`ConsentService`]: contract::patron::profile::v1::consent_service_server::ConsentService
//! [`ContactService`]: contract::patron::profile::v1::contact_service_server::ContactService
//! [`MatchService`]: contract::patron::profile::v1::match_service_server::MatchService

mod api;
mod app;
mod domain;
mod metrics;
mod refusals;
mod store;
mod wire;

use std::sync::Arc;

use api::activities::Activities;
use api::consents::Consents;
use api::contacts::Contacts;
use api::customers::Customers;
use api::identities::Identities;
use api::matches::Matches;
use app::App;
use app::contact::Secrets;
use app::identity::rules;
use app::readers::Readers;
use chassis::{Context, Service};
use contract::patron::profile::v1::activity_service_server::ActivityServiceServer;
use contract::patron::profile::v1::consent_service_server::ConsentServiceServer;
use contract::patron::profile::v1::contact_service_server::ContactServiceServer;
use contract::patron::profile::v1::customer_service_server::CustomerServiceServer;
use contract::patron::profile::v1::identity_service_server::IdentityServiceServer;
use contract::patron::profile::v1::match_service_server::MatchServiceServer;
use events::{Consumer, ConsumerConfig, FeedConfig, FeedServer, Feeds, Outbox, Parts, UnknownFeed};
use metrics::{Decisions, Intake};
use postgres::{Database, Migrations, ProbeLimits};
use sqlx::migrate::Migrator;

/// Name of the role, and source of its events.
pub const NAME: &str = "profile";

static OWN: Migrator = sqlx::migrate!();

static MIGRATIONS: Migrations =
    Migrations::new(NAME, &[&events::MIGRATIONS, &idempotency::MIGRATIONS, &OWN]);

/// Everything that the service's database consists of.
pub fn migrations() -> Migrations {
    MIGRATIONS
}

/// The service over its database. It follows no other service, so it needs no feeds; the signature is that
/// of every role.
///
/// Called within a Tokio runtime, in which customers are read as long as the service is there.
pub fn service(db: Database, _feeds: &Feeds, context: &Context) -> Result<Service, UnknownFeed> {
    let clock = context.clock.clone();
    let outbox = Outbox::new(NAME, clock.clone());
    let app = App {
        db: db.clone(),
        outbox: outbox.clone(),
        clock: clock.clone(),
        secrets: Secrets::of(&context.pages),
    };
    let service = Service::new(NAME, clock);
    let customers = Customers {
        app: app.clone(),
        readers: Readers::start(&db),
        pages: context.pages.clone(),
    };
    let identities = Identities {
        app: app.clone(),
        pages: context.pages.clone(),
    };
    let metrics = Intake::register(service.metrics());
    let consents = Consents {
        app: app.clone(),
        pages: context.pages.clone(),
    };
    let contacts = Contacts {
        app: app.clone(),
        pages: context.pages.clone(),
        metrics: Decisions::register(service.metrics()),
    };
    let matches = Matches {
        app: app.clone(),
        pages: context.pages.clone(),
    };
    let activities = Activities {
        app: app.clone(),
        pages: context.pages.clone(),
        metrics,
    };
    let service = service
        .grpc(chassis::tuned!(CustomerServiceServer::new(customers)))
        .grpc(chassis::tuned!(IdentityServiceServer::new(identities)))
        .grpc(chassis::tuned!(MatchServiceServer::new(matches)))
        .grpc(chassis::tuned!(ActivityServiceServer::new(activities)))
        .grpc(chassis::tuned!(ConsentServiceServer::new(consents)))
        .grpc(chassis::tuned!(ContactServiceServer::new(contacts)));
    let (service, candidates) = match_customers(watch(service, &db), app);
    let tokens = context.pages.clone();
    let feed = FeedConfig::default();
    Ok(events::attach(
        service,
        Parts {
            db,
            outbox,
            feed,
            consumers: vec![candidates],
            tokens,
        },
    ))
}

/// Merges by the match policy, and what finds the candidates: a follower of the service's own feed. Within
/// the process, over a feed server of its own: the one that others follow belongs to `events`.
fn match_customers(service: Service, app: App) -> (Service, Consumer) {
    let feed = FeedServer::new(app.db.clone(), app.outbox.clone());
    let consumer = Consumer::new(
        app.db.clone(),
        NAME,
        Arc::new(feed.clone()),
        rules::Follower(app.clone()),
        ConsumerConfig::of(NAME),
        app.clock.clone(),
    );
    let service = service
        .task("own-feed", move |stop| {
            let feed = feed.clone();
            async move { feed.run(stop).await }
        })
        .task("match-policy", move |stop| {
            rules::keep_merging(app.clone(), stop)
        });
    (service, consumer)
}

/// Ready while the database answers; to be restarted when only the pool does not.
fn watch(service: Service, db: &Database) -> Service {
    let probe = Arc::new(db.probe(ProbeLimits::default()));
    let alive = Arc::clone(&probe);
    service
        .ready("database", move || {
            let probe = Arc::clone(&probe);
            async move { probe.ready().await }
        })
        .alive("pool", move || {
            let alive = alive.alive().then_some(()).ok_or(PoolStarved);
            std::future::ready(alive)
        })
}

/// The pool has given no connection for long although the database answers.
#[derive(Debug, thiserror::Error)]
#[error("the pool gives no connection although the database answers")]
struct PoolStarved;
