//! Customers, their orders and returns, timeline and traits, consent and contact.
//!
//! One truth per customer: who they are ([`CustomerService`]), whose word that is and which records are
//! one person's ([`IdentityService`]), what they did ([`ActivityService`], [`InteractionService`]), what they allow
//! ([`ConsentService`]) and whether they may be contacted now ([`ContactService`]), which words were put on
//! them ([`TagService`], [`TagRuleService`]), what the company notes of them in fields of its own ([`AttributeService`]), to
//! which segments they belong ([`SegmentService`]), where they stand ([`LifecycleService`]), how good all that is
//! ([`QualityService`]), and who looks after them ([`AccountManagerService`]). Files of customers are taken in
//! like any channel, can be taken back ([`ImportService`]), and are given out ([`ExportService`]). Activity is taken in
//! exactly once, late, out of order and in any number
//! (`app/intake.rs` tells how); what it adds up to is kept beside it in the same transaction.
//! Who may be whom is kept ([`MatchService`]) by following what the service itself announces. What happened
//! is announced through the outbox. Of the other services it follows what they have erased
//! ([`PrivacyService`]), and the scores and complaints of which health is made ([`HealthService`]).
//!
//! [`CustomerService`]: contract::patron::profile::v1::customer_service_server::CustomerService
//! [`IdentityService`]: contract::patron::profile::v1::identity_service_server::IdentityService
//! [`ActivityService`]: contract::patron::profile::v1::activity_service_server::ActivityService
//! [`AttributeService`]: contract::patron::profile::v1::attribute_service_server::AttributeService
//! [`AccountManagerService`]: contract::patron::profile::v1::account_manager_service_server::AccountManagerService
//! [`ConsentService`]: contract::patron::profile::v1::consent_service_server::ConsentService
//! [`InteractionService`]: contract::patron::profile::v1::interaction_service_server::InteractionService
//! [`ExportService`]: contract::patron::profile::v1::export_service_server::ExportService
//! [`ImportService`]: contract::patron::profile::v1::import_service_server::ImportService
//! [`ContactService`]: contract::patron::profile::v1::contact_service_server::ContactService
//! [`MatchService`]: contract::patron::profile::v1::match_service_server::MatchService
//! [`PrivacyService`]: contract::patron::profile::v1::privacy_service_server::PrivacyService
//! [`TagRuleService`]: contract::patron::profile::v1::tag_rule_service_server::TagRuleService
//! [`TagService`]: contract::patron::profile::v1::tag_service_server::TagService
//! [`LifecycleService`]: contract::patron::profile::v1::lifecycle_service_server::LifecycleService
//! [`HealthService`]: contract::patron::profile::v1::health_service_server::HealthService
//! [`QualityService`]: contract::patron::profile::v1::quality_service_server::QualityService
//! [`SegmentService`]: contract::patron::profile::v1::segment_service_server::SegmentService

mod api;
mod app;
mod balances;
mod calls;
mod domain;
mod jobs;
mod metrics;
mod peers;
mod refusals;
mod settings;
mod store;
mod wire;

use std::sync::Arc;

use app::App;
use app::contact::Secrets;
use app::hearing::Hearing;
use app::identity::rules;
use app::privacy::confirm::Confirmations;
use app::privacy::disclosed;
use app::privacy::personal::People;
use chassis::{Context, Service};
use disclosure::DisclosureServer;
use erasure::Eraser;
use events::{Consumer, ConsumerConfig, FeedConfig, FeedServer, Feeds, Outbox, Parts, UnknownFeed};
use postgres::{Database, Migrations, ProbeLimits};
use sqlx::migrate::Migrator;
use store::disclosed::Opened;

pub use balances::{Balances, balances};
pub use peers::Peers;
pub use settings::{NoSuchCountry, PhoneCountry, Settings};

/// Name of the role, and source of its events.
pub const NAME: &str = "profile";

/// The services that tell what they have erased.
const OTHERS: [&str; 4] = ["loyalty", "complaints", "survey", "recommendation"];

static OWN: Migrator = sqlx::migrate!();

static MIGRATIONS: Migrations = Migrations::new(
    NAME,
    &[
        &events::MIGRATIONS,
        &idempotency::MIGRATIONS,
        &seal::MIGRATIONS,
        &erasure::MIGRATIONS,
        &audit::MIGRATIONS,
        &OWN,
    ],
);

/// Everything that the service's database consists of.
pub fn migrations() -> Migrations {
    MIGRATIONS
}

/// The service over its database, following the feeds of all others, which tell it what they hold of people
/// who ask, and remove what is old when it says so.
///
/// Called within a Tokio runtime, in which customers are read as long as the service is there.
///
/// # Errors
/// When `feeds` lacks one of these.
pub fn service(
    db: Database,
    feeds: &Feeds,
    peers: impl Into<Peers>,
    context: &Context,
    settings: Settings,
) -> Result<Service, UnknownFeed> {
    let clock = context.clock.clone();
    let outbox = Outbox::new(NAME, clock.clone());
    let app = App {
        db: db.clone(),
        outbox: outbox.clone(),
        clock: clock.clone(),
        secrets: Secrets::of(&context.pages),
        country: settings.phone_country.country(),
        stale_after: settings.stale_after(),
        keyring: settings.keyring,
    };
    let service = audit::attach(
        Service::new(NAME, clock),
        NAME,
        (&db, &app.keyring),
        context,
    );
    let service = seal::attach(service, NAME, &db, &app.keyring);
    let opened = Arc::new(Opened(app.keyring.clone()));
    let own = DisclosureServer::new(db.clone(), &disclosed::SHAPE).opening(opened);
    let mut peers = peers.into();
    peers.disclosers = peers.disclosers.and(NAME, Arc::new(own.clone()));
    let service = jobs::begin(service, &app, peers.removers.clone());
    let service = disclosure::attach_server(calls::answer(service, &app, context, peers), own);
    let guard = app.clone();
    let service = service.records(move |named| {
        let app = guard.clone();
        async move { app.admit(named).await }
    });
    let eraser = Eraser {
        db: db.clone(),
        outbox: outbox.clone(),
        clock: context.clock.clone(),
        data: Arc::new(People(context.clock.clone())),
    };
    let service = eraser.attach(service);
    let (service, candidates) = match_customers(watch(service, &db), app);
    let mut consumers = confirmations(&db, feeds, context)?;
    consumers.push(candidates);
    let tokens = context.pages.clone();
    let feed = FeedConfig::default();
    Ok(events::attach(
        service,
        Parts {
            db,
            outbox,
            feed,
            consumers,
            tokens,
        },
    ))
}

/// Follows what the other services have erased, and what they tell of how things stand with customers.
fn confirmations(
    db: &Database,
    feeds: &Feeds,
    context: &Context,
) -> Result<Vec<Consumer>, UnknownFeed> {
    let consumer = |source: &str| {
        let (clock, config) = (context.clock.clone(), ConsumerConfig::of(NAME));
        let handler = Hearing(Confirmations(clock.clone()), clock.clone());
        let feed = feeds.get(source)?;
        Ok(Consumer::new(
            db.clone(),
            source,
            feed,
            handler,
            config,
            clock,
        ))
    };
    OTHERS.into_iter().map(consumer).collect()
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
