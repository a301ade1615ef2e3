//! Cases from opening to closing: complaints, suggestions, enquiries, follow-ups.
//!
//! The log of a case only grows, and where the case stands is a function of it (`domain/`); the
//! stored state is a cache that can be rebuilt. Callers open cases, add messages, resolve, close and
//! reopen (`api/`, `app/`); a customer who would not recommend us is called back (`reactions.rs`).
//!
//! Choices that behaviour depends on:
//! - A customer's message never moves a case by itself: on one that is resolved or closed it is
//!   kept, and a person decides about reopening.
//! - A closed case can't be answered before it is reopened; a resolved one can, and stays resolved.
//! - The first automatic message tells the customer that the case was taken in; it is no response.
//! - The etag is the length of the log, so also a message or note of somebody else counts as a
//!   change.

mod api;
mod app;
mod disclosed;
mod domain;
mod personal;
mod reactions;
mod store;
#[cfg(test)]
mod testing;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use access::Caller;
use chassis::{Context, Service};
use contract::patron::complaints::v1::case_service_server::CaseServiceServer;
use disclosure::{DisclosureServer, SealedTables};
use erasure::{Eraser, Guarded};
use events::{Consumer, ConsumerConfig, FeedConfig, Feeds, Handler, Outbox, UnknownFeed};
use postgres::{Database, Migrations, ProbeLimits};
use seal::Keyring;
use sqlx::migrate::Migrator;

use api::Cases;
use app::App;
use reactions::{ToProfile, ToSurvey};

/// Name of the service: of its role, its database and its feed.
pub const NAME: &str = "complaints";

/// The service that says which customers are one person.
const PROFILE: &str = "profile";

/// The service whose answers it reacts to.
const SURVEY: &str = "survey";

/// What has an age.
const OLD: [&str; 1] = ["cases"];

/// How long the pool may take to let its connections go.
const CLOSING_BOUND: Duration = Duration::from_secs(3);

static OWN: Migrator = sqlx::migrate!();
static MIGRATIONS: Migrations = Migrations::new(
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

/// The schema of its database.
pub fn migrations() -> Migrations {
    MIGRATIONS
}

/// The service over its database, following the feeds of `profile` and `survey`.
///
/// # Errors
/// When `feeds` lacks one of these.
pub fn service(
    db: Database,
    feeds: &Feeds,
    keyring: Keyring,
    context: &Context,
) -> Result<Service, UnknownFeed> {
    let app = App {
        db: db.clone(),
        keyring,
        clock: context.clock.clone(),
        outbox: Outbox::new(NAME, context.clock.clone()),
        pages: context.pages.clone(),
    };
    let events = events::Parts {
        db: db.clone(),
        outbox: app.outbox.clone(),
        feed: FeedConfig::default(),
        consumers: consumers(&app, feeds)?,
        tokens: context.pages.clone(),
    };
    let eraser = Eraser {
        db: db.clone(),
        outbox: app.outbox.clone(),
        clock: context.clock.clone(),
        data: Arc::new(personal::Cases),
    };
    let discloser = DisclosureServer::new(db.clone(), &disclosed::SHAPE);
    let discloser = discloser.opening(Arc::new(SealedTables {
        keyring: app.keyring.clone(),
        tables: &disclosed::SEALED,
    }));
    let backlog = Arc::new(app.clone());
    let owners = app.clone();
    let service = Service::new(NAME, context.clock.clone());
    let service = audit::attach(service, NAME, (&db, &app.keyring), context);
    let service = seal::attach(service, NAME, &db, &app.keyring)
        .grpc(chassis::tuned!(CaseServiceServer::new(Cases(app))))
        .owners(move |named| {
            let app = owners.clone();
            async move { app.owners(named).await }
        });
    let service = seal::attach_backlog(eraser.attach(service), &db, backlog);
    let service = disclosure::attach_server(service, discloser);
    let service = retention::attach(service, &db, context.clock.clone(), &OLD);
    Ok(events::attach(watched(service, &db), events))
}

fn consumers(app: &App, feeds: &Feeds) -> Result<Vec<Consumer>, UnknownFeed> {
    let actor = Caller::service(NAME).subject;
    let to_survey = ToSurvey {
        app: app.clone(),
        actor,
    };
    Ok(vec![
        consumer(app, feeds, PROFILE, Guarded(ToProfile))?,
        consumer(app, feeds, SURVEY, Guarded(to_survey))?,
    ])
}

fn consumer(
    app: &App,
    feeds: &Feeds,
    source: &str,
    reaction: impl Handler,
) -> Result<Consumer, UnknownFeed> {
    let (db, clock, config) = (app.db.clone(), app.clock.clone(), ConsumerConfig::of(NAME));
    Ok(Consumer::new(
        db,
        source,
        feeds.get(source)?,
        reaction,
        config,
        clock,
    ))
}

/// Not ready without the database; to be replaced when its own pool is what keeps it from there.
fn watched(service: Service, db: &Database) -> Service {
    let probe = Arc::new(db.probe(ProbeLimits::default()));
    let liveness = Arc::clone(&probe);
    let pool = db.clone();
    service
        .ready("database", move || {
            let probe = Arc::clone(&probe);
            async move { probe.ready().await }
        })
        .alive("pool", move || {
            let probe = Arc::clone(&liveness);
            async move {
                let state = probe.ready().await;
                if probe.alive() { Ok(()) } else { state }
            }
        })
        .closing("pool", async move {
            pool.close(CLOSING_BOUND).await;
        })
}
