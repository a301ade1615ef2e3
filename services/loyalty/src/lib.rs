//! Members, the points ledger, earning and redemption.
//!
//! The ledger ([`domain`]) is double entry over lots of points: every balance, lot and lifetime
//! total can be recomputed from entries that are never changed, and a verification does so.
//! Customers become members, orders earn and returns take back by events of the profile service
//! (`reactions.rs`); members spend by the API (`api/`). Each use case (`app/`) locks its member,
//! decides in pure code, and writes facts, key and announcement in one transaction.
//!
//! Choices that the figures depend on:
//! - A basket is worth what was paid for its lines less what was paid back for them, as the events
//!   give it; once nothing is left with the customer it is worth nothing, also where a fee was
//!   kept. Points are computed from the whole of it and rounded once.
//! - An order earns by the program's version in force when it was bought; its returns take back by
//!   the same version.
//! - What a return can't take from the sale's own lot, it takes from other lots in the order of
//!   consumption; what is missing then is owed, without a limit, and later earnings repay it first.

mod api;
mod app;
pub mod domain;
mod reactions;
mod store;
mod wire;

use std::sync::Arc;

use chassis::{Context, Service};
use contract::patron::loyalty::v1::accrual_service_server::AccrualServiceServer;
use contract::patron::loyalty::v1::hold_service_server::HoldServiceServer;
use contract::patron::loyalty::v1::member_service_server::MemberServiceServer;
use contract::patron::loyalty::v1::program_service_server::ProgramServiceServer;
use contract::patron::loyalty::v1::verification_service_server::VerificationServiceServer;
use events::{Consumer, ConsumerConfig, FeedConfig, Feeds, Outbox, UnknownFeed};
use postgres::{Database, Migrations, ProbeLimits};
use prometheus_client::metrics::gauge::Gauge;
use sqlx::migrate::Migrator;

use access::Notary;
use api::{Accruals, Holds, Members, Programs, VerificationsApi};
use app::Loyalty;
use app::verify::Verifications;
use app::writer::{Writer, WriterMetrics};
use reactions::Reactions;

/// Name of the role, and source of its events.
pub const NAME: &str = "loyalty";

/// The service whose events it follows.
const PROFILE: &str = "profile";
/// Events that are applied in one transaction. Their members stay locked until it ends, and a
/// redemption of one of them waits: so rather few.
const BATCH_EVENTS: usize = 100;

static OWN: Migrator = sqlx::migrate!();
static MIGRATIONS: Migrations =
    Migrations::new(NAME, &[&events::MIGRATIONS, &idempotency::MIGRATIONS, &OWN]);

/// How the service works.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Writers among which holders are divided, 1 to 16. Each commits the calls that came while its
    /// last commit was under way.
    pub writer_shards: u8,
    /// Whether the ledger is verified once a day.
    pub verify_daily: bool,
    /// Who signs the reports of verifications; `None`: nobody.
    pub notary: Option<Notary>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            writer_shards: 4,
            verify_daily: true,
            notary: None,
        }
    }
}

/// Everything that the service's database consists of.
pub fn migrations() -> Migrations {
    MIGRATIONS
}

/// The service over its database, following the feed of `profile`.
///
/// Called within a Tokio runtime, in which the ledger's writers run as long as the service does.
pub fn service(
    db: Database,
    feeds: &Feeds,
    context: &Context,
    settings: Settings,
) -> Result<Service, UnknownFeed> {
    let (clock, tokens) = (context.clock.clone(), context.pages.clone());
    let service = Service::new(NAME, clock.clone());
    let loyalty = Loyalty {
        db: db.clone(),
        outbox: Outbox::new(NAME, clock.clone()),
        clock: clock.clone(),
        programs: app::Programs::default(),
        imbalance: Gauge::default(),
    };
    let help = "1 when the last verification found that the ledger does not add up, else 0";
    service
        .metrics()
        .register("loyalty_ledger_imbalance", help, loyalty.imbalance.clone());

    let reactions = Reactions(loyalty.clone());
    let config = ConsumerConfig {
        batch_events: BATCH_EVENTS,
        ..ConsumerConfig::of(NAME)
    };
    let feed = feeds.get(PROFILE)?;
    let consumer = Consumer::new(db.clone(), PROFILE, feed, reactions, config, clock);
    let events = events::Parts {
        db: db.clone(),
        outbox: loyalty.outbox.clone(),
        feed: FeedConfig::default(),
        consumers: vec![consumer],
        tokens: tokens.clone(),
    };

    let metrics = WriterMetrics::registered(service.metrics());
    let writer = Writer::start(&loyalty, settings.writer_shards, &metrics);
    let verifications = Verifications::new(loyalty.clone(), settings.notary, settings.verify_daily);
    let verifier = verifications.clone();
    let verification_tokens = tokens.clone();
    let probe = Arc::new(db.probe(ProbeLimits::default()));
    let service = service
        .grpc(chassis::tuned!(AccrualServiceServer::new(Accruals {
            loyalty: loyalty.clone(),
            writer: writer.clone(),
        })))
        .grpc(chassis::tuned!(HoldServiceServer::new(Holds {
            loyalty: loyalty.clone(),
            writer: writer.clone(),
            tokens: tokens.clone(),
        })))
        .grpc(chassis::tuned!(MemberServiceServer::new(Members {
            loyalty: loyalty.clone(),
            writer,
            tokens
        })))
        .grpc(chassis::tuned!(ProgramServiceServer::new(Programs(
            loyalty
        ))))
        .grpc(chassis::tuned!(VerificationServiceServer::new(
            VerificationsApi {
                verifications,
                tokens: verification_tokens,
            }
        )))
        .task("verifications", move |stop| verifier.clone().run(stop))
        .ready("database", move || {
            let probe = Arc::clone(&probe);
            async move { probe.ready().await }
        });
    Ok(events::attach(service, events))
}
