//! Customers, their orders and returns, timeline and traits, consent and contact.
//!
//! One truth per customer: who they are ([`CustomerService`]), whose word that is and which records are
//! one person's ([`IdentityService`]), what they did ([`ActivityService`], [`InteractionService`]), what they allow
//! ([`ConsentService`]) and whether they may be contacted now ([`ContactService`]). Files of customers are taken in
//! like any channel, can be taken back ([`ImportService`]), and are given out ([`ExportService`]). Activity is taken in
//! exactly once, late, out of order and in any number
//! (`app/intake.rs` tells how); what it adds up to is kept beside it in the same transaction.
//! What happened is announced through the outbox; the service follows nobody.
//!
//! [`CustomerService`]: contract::patron::profile::v1::customer_service_server::CustomerService
//! [`IdentityService`]: contract::patron::profile::v1::identity_service_server::IdentityService
//! [`ActivityService`]: contract::patron::profile::v1::activity_service_server::ActivityService
//! [`ConsentService`]: contract::patron::profile::v1::consent_service_server::ConsentService
//! [`InteractionService`]: contract::patron::profile::v1::interaction_service_server::InteractionService
//! [`ExportService`]: contract::patron::profile::v1::export_service_server::ExportService
//! [`ImportService`]: contract::patron::profile::v1::import_service_server::ImportService
//! [`ContactService`]: contract::patron::profile::v1::contact_service_server::ContactService

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
use api::exports::Exports;
use api::identities::Identities;
use api::imports::Imports;
use api::interactions::Interactions;
use app::App;
use app::contact::Secrets;
use chassis::paging::PageTokens;
use chassis::{Context, Service};
use contract::patron::profile::v1::activity_service_server::ActivityServiceServer;
use contract::patron::profile::v1::consent_service_server::ConsentServiceServer;
use contract::patron::profile::v1::contact_service_server::ContactServiceServer;
use contract::patron::profile::v1::customer_service_server::CustomerServiceServer;
use contract::patron::profile::v1::export_service_server::ExportServiceServer;
use contract::patron::profile::v1::identity_service_server::IdentityServiceServer;
use contract::patron::profile::v1::import_service_server::ImportServiceServer;
use contract::patron::profile::v1::interaction_service_server::InteractionServiceServer;
use events::{FeedConfig, Feeds, Outbox, Parts, UnknownFeed};
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

/// The service over its database. It follows nobody, so it needs no feeds; the signature is that of
/// every role.
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
    let interactions = Interactions {
        app: app.clone(),
        metrics: metrics.clone(),
    };
    let (filing, making) = (app.clone(), app.clone());
    let activities = Activities {
        app,
        pages: context.pages.clone(),
        metrics,
    };
    let service = service
        .grpc(chassis::tuned!(CustomerServiceServer::new(customers)))
        .grpc(chassis::tuned!(IdentityServiceServer::new(identities)))
        .grpc(chassis::tuned!(ActivityServiceServer::new(activities)))
        .grpc(chassis::tuned!(ConsentServiceServer::new(consents)))
        .grpc(chassis::tuned!(ContactServiceServer::new(contacts)))
        .grpc(chassis::tuned!(InteractionServiceServer::new(interactions)))
        .task("interaction-months", move |stop| {
            making.clone().keep_making_months(stop)
        });
    let service = watch(exchange_files(service, filing, &context.pages), &db);
    let tokens = context.pages.clone();
    let feed = FeedConfig::default();
    Ok(events::attach(
        service,
        Parts {
            db,
            outbox,
            feed,
            consumers: Vec::new(),
            tokens,
        },
    ))
}

/// Files of customers, in and out.
fn exchange_files(service: Service, app: App, pages: &PageTokens) -> Service {
    let imports = Imports {
        app: app.clone(),
        pages: pages.clone(),
    };
    let exports = Exports {
        app: app.clone(),
        pages: pages.clone(),
    };
    service
        .grpc(chassis::tuned!(ImportServiceServer::new(imports)))
        .grpc(chassis::tuned!(ExportServiceServer::new(exports)))
        .task("undo-imports", move |stop| app.clone().keep_undoing(stop))
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
