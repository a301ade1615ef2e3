//! Members, the points ledger, earning and redemption.
//!
//! The ledger ([`domain`]) is double entry over lots of points: every balance, lot and lifetime
//! total can be recomputed from entries that are never changed, and a verification does so.
//! Customers become members, orders earn and returns take back by events of the profile service
//! (`reactions.rs`); members spend by the API (`api/`). Each use case (`app/`) locks its member,
//! decides in pure code, and writes facts, key and announcement in one transaction.
//!
//! Choices that the figures depend on:
//! - A line is worth what was paid for it less what was paid back, as the events give it; once no
//!   piece of it is left with the customer it is worth nothing, also where a fee was kept.
//! - An order earns by the program's version in force when it was bought; its returns take back by
//!   the same version. Points are a function of the facts, in whatever order they become known
//!   (`docs/adr/0014-points-follow-from-facts.md`).
//! - What a return can't take from the sale's own lots, it takes from other lots in the order of
//!   consumption; what is missing then is owed, as far as the program says, and later earnings repay
//!   it first.

mod api;
mod app;
mod disclosed;
pub mod domain;
pub mod draw_file;
mod jobs;
mod personal;
mod profiles;
pub mod program_file;
mod reactions;
mod store;
mod wire;

use std::sync::Arc;

use access::Notary;
use chassis::{Context, Service};
use contract::patron::loyalty::v1::ProgramDocument;
use erasure::{Eraser, Guarded};
use events::{Consumer, ConsumerConfig, FeedConfig, Feeds, Outbox, UnknownFeed};
use postgres::{Database, Migrations, ProbeLimits};
use prometheus_client::metrics::gauge::Gauge;
use seal::Keyring;
use sqlx::migrate::Migrator;

use app::Loyalty;
use app::runs::Runs;
use app::verify::Verifications;
use app::writer::{Writer, WriterMetrics};
use reactions::{Reactions, Surveys};

pub use app::packages::{Profile, Profiles};
pub use domain::membership::{CardNumberError, CardPrefix};
pub use profiles::profiles;

/// Name of the role, and source of its events.
pub const NAME: &str = "loyalty";

/// The services whose events it follows.
const PROFILE: &str = "profile";
const SURVEY: &str = "survey";
/// Events that are applied in one transaction. Their members stay locked until it ends, and a
/// redemption of one of them waits: so rather few.
const BATCH_EVENTS: usize = 100;

static OWN: Migrator = sqlx::migrate!();
static MIGRATIONS: Migrations = Migrations::new(
    NAME,
    &[
        &events::MIGRATIONS,
        &idempotency::MIGRATIONS,
        &persons::MIGRATIONS,
        &seal::MIGRATIONS,
        &erasure::MIGRATIONS,
        &audit::MIGRATIONS,
        &OWN,
    ],
);

/// How the service works.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The keys of customers are under its master keys.
    pub keyring: Keyring,
    /// Writers among which holders are divided, 1 to 16. Each commits the calls that came while its
    /// last commit was under way.
    pub writer_shards: u8,
    /// What card numbers begin with.
    pub card_prefix: CardPrefix,
    /// The default program of a database that has none yet.
    pub first_program: ProgramDocument,
    /// Whether the ledger is verified once a day.
    pub verify_daily: bool,
    /// Who signs the reports of verifications; `None`: nobody.
    pub notary: Option<Notary>,
}

impl Settings {
    /// As Patron begins, with this keyring.
    #[must_use]
    pub fn under(keyring: Keyring) -> Self {
        Self {
            keyring,
            writer_shards: 1,
            card_prefix: CardPrefix::default(),
            first_program: program_file::default_document(),
            verify_daily: true,
            notary: None,
        }
    }
}

/// Everything that the service's database consists of.
pub fn migrations() -> Migrations {
    MIGRATIONS
}

/// The service over its database, following the feed of `profile` and asking it for birthdays.
///
/// Called within a Tokio runtime, in which the ledger's writers run as long as the service does.
pub fn service(
    db: Database,
    feeds: &Feeds,
    profiles: Arc<dyn Profiles>,
    context: &Context,
    settings: Settings,
) -> Result<Service, UnknownFeed> {
    let (clock, tokens) = (context.clock.clone(), context.pages.clone());
    let service = audit::attach(
        Service::new(NAME, clock.clone()),
        NAME,
        (&db, &settings.keyring),
        context,
    );
    let service = seal::attach(service, NAME, &db, &settings.keyring);
    let loyalty = Loyalty {
        db: db.clone(),
        outbox: Outbox::new(NAME, clock.clone()),
        clock: clock.clone(),
        programs: app::Programs::new(clock.clone(), settings.first_program),
        crowd: app::rewards::Crowd::new(),
        parked: Gauge::default(),
        secret: Arc::new(context.pages.derive("patron loyalty growth")),
        card_prefix: settings.card_prefix,
        imbalance: Gauge::default(),
    };
    let help = "1 when the last verification found that the ledger does not add up, else 0";
    service
        .metrics()
        .register("loyalty_ledger_imbalance", help, loyalty.imbalance.clone());

    let reactions = Guarded(Reactions(loyalty.clone()));
    let config = ConsumerConfig {
        batch_events: BATCH_EVENTS,
        ..ConsumerConfig::of(NAME)
    };
    let feed = feeds.get(PROFILE)?;
    let profile = Consumer::new(db.clone(), PROFILE, feed, reactions, config, clock.clone());
    let (feed, config) = (feeds.get(SURVEY)?, ConsumerConfig::of(NAME));
    let surveys = Guarded(Surveys(loyalty.clone()));
    let survey = Consumer::new(db.clone(), SURVEY, feed, surveys, config, clock);
    let events = events::Parts {
        db: db.clone(),
        outbox: loyalty.outbox.clone(),
        feed: FeedConfig::default(),
        consumers: vec![profile, survey],
        tokens: tokens.clone(),
    };

    let eraser = Eraser {
        db: db.clone(),
        outbox: loyalty.outbox.clone(),
        clock: loyalty.clock.clone(),
        data: Arc::new(personal::Memberships),
    };
    let service = disclosure::attach(eraser.attach(service), &db, &disclosed::SHAPE);
    let metrics = WriterMetrics::registered(service.metrics());
    let runs = Runs::default();
    let verifications = Verifications::new(loyalty.clone(), settings.notary, settings.verify_daily);
    let calls = api::Parts {
        writer: Writer::start(&loyalty, settings.writer_shards, &metrics),
        loyalty: loyalty.clone(),
        runs: runs.clone(),
        verifications: verifications.clone(),
        tokens,
    };
    let jobs = jobs::Parts {
        loyalty,
        runs,
        verifications,
        profiles,
    };
    let service = jobs::begin(api::serve(service, &calls), jobs);
    Ok(events::attach(watch(service, &db), events))
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
