//! Questionnaires, invitations to answer them, answers, and scores.
//!
//! Versions of questionnaires never change; an invitation keeps the version that it was made with,
//! and answers are checked against it. Customers are invited when they have bought and when a case
//! of theirs was closed (`reactions.rs`), and answer once (`app/submit_response.rs`). Scores are
//! computed when they are asked for, from one narrow table, with the interval that says how far to
//! trust them (`domain/score/`). What customers write, and what they are asked about, is kept sealed
//! (`store/sealed.rs`).

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

use chassis::{Context, Service};
use contract::patron::survey::v1::survey_service_server::SurveyServiceServer;
use erasure::{Eraser, Guarded};
use events::{Consumer, ConsumerConfig, FeedConfig, Feeds, Handler, Outbox, UnknownFeed};
use postgres::{Database, Migrations, ProbeLimits};
use seal::Keyring;
use sqlx::migrate::Migrator;

use api::Surveys;
use app::App;
use reactions::{ToComplaints, ToProfile};

/// Name of the service: of its role, its database and its feed.
pub const NAME: &str = "survey";

/// The service whose orders it reacts to.
const PROFILE: &str = "profile";

/// The service whose closed cases it reacts to.
const COMPLAINTS: &str = "complaints";

/// What has an age.
const OLD: [&str; 1] = ["responses"];

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

/// The service over its database, following the feeds of `profile` and `complaints`.
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
        data: Arc::new(personal::Surveys),
    };
    let discloser = disclosed::server(&db, &app.keyring);
    let backlog = Arc::new(app.clone());
    let owners = app.clone();
    let service = Service::new(NAME, context.clock.clone());
    let service = audit::attach(service, NAME, (&db, &app.keyring), context);
    let service = seal::attach(service, NAME, &db, &app.keyring)
        .grpc(chassis::tuned!(SurveyServiceServer::new(Surveys(app))))
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
    Ok(vec![
        consumer(app, feeds, PROFILE, Guarded(ToProfile(app.clone())))?,
        consumer(app, feeds, COMPLAINTS, Guarded(ToComplaints(app.clone())))?,
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
