//! A complaints role on free ports, the feed of a survey service beside it, and callers.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use access::{Claims, DevelopmentIssuer};
use chassis::config::{Config, IssuerConfig, IssuerRole};
use chassis::paging::PageTokens;
use chassis::{Clock, Context, Named, Refusal, Running};
use contract::patron::complaints::v1::case_service_client::CaseServiceClient;
use events::{Feed, FeedServer, Feeds, NewEvent, Outbox};
use jiff::SignedDuration;
use postgres::Migrations;
use postgres::testing::TestDatabase;
use prost::{Message, Name};
use tokio_util::sync::{CancellationToken, DropGuard};
use tonic::metadata::MetadataValue;
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};
use tonic_types::StatusExt as _;
use uuid::Uuid;

/// Longer than anything here should take; only ever reached by a failure.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a condition rests before it is looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// All that a feed needs of the survey service's database.
static SURVEY: Migrations = Migrations::new("survey", &[&events::MIGRATIONS]);
static PROFILE: Migrations = Migrations::new("profile", &[&events::MIGRATIONS]);

pub(crate) type Client = CaseServiceClient<InterceptedService<Channel, Token>>;

/// Adds a bearer token to each call, if there is one.
#[derive(Clone)]
pub(crate) struct Token(Option<String>);

impl Interceptor for Token {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(token) = &self.0 {
            let value = MetadataValue::try_from(format!("Bearer {token}")).unwrap();
            request.metadata_mut().insert("authorization", value);
        }
        Ok(request)
    }
}

/// Another service, as far as its events go.
struct Source {
    database: TestDatabase,
    outbox: Outbox,
}

impl Source {
    async fn new(name: &'static str, migrations: &Migrations, clock: &Clock) -> Self {
        let database = TestDatabase::create(migrations).await;
        Self {
            database,
            outbox: Outbox::new(name, clock.clone()),
        }
    }

    fn feed(&self) -> Arc<dyn Feed> {
        Arc::new(FeedServer::new(
            self.database.db().clone(),
            self.outbox.clone(),
        ))
    }

    async fn announce(&self, event: NewEvent) {
        let mut tx = self.database.db().begin().await.unwrap();
        self.outbox.append(&mut tx, event).await.unwrap();
        tx.commit().await.unwrap();
        self.outbox.committed();
    }
}

/// The role under test and what is around it.
pub(crate) struct Bench {
    pub(crate) clock: Clock,
    _database: TestDatabase,
    survey: Source,
    _profile: Source,
    /// The regions of customers, as the profile service would tell them.
    pub(crate) regions: Regions,
    running: Running,
    _stop: DropGuard,
}

impl Bench {
    pub(crate) async fn start() -> Self {
        let clock = Clock::system();
        let database = TestDatabase::create(&complaints::migrations()).await;
        let survey = Source::new("survey", &SURVEY, &clock).await;
        let profile = Source::new("profile", &PROFILE, &clock).await;
        let feeds = Feeds::of([("survey", survey.feed()), ("profile", profile.feed())]);
        let context = Context {
            clock: clock.clone(),
            pages: PageTokens::new(b"secret"),
        };
        let service = complaints::service(database.db().clone(), &feeds, &context).unwrap();
        let regions = Regions::default();
        let known = regions.clone();
        let service = service.records(move |named| std::future::ready(known.admit(&named)));
        let stop = CancellationToken::new();
        let running = chassis::serve(service, &config(), stop.clone())
            .await
            .unwrap();
        Self {
            clock,
            _database: database,
            survey,
            _profile: profile,
            regions,
            running,
            _stop: stop.drop_guard(),
        }
    }

    pub(crate) fn new_id(&self) -> String {
        self.clock.new_id().to_string()
    }

    /// The operator's client, over a connection of its own.
    pub(crate) fn client(&self) -> Client {
        self.client_as(&["operator"])
    }

    /// A client of these roles; of none, one without a token.
    pub(crate) fn client_as(&self, roles: &[&str]) -> Client {
        let address = format!("http://{}", self.running.address());
        let channel = Endpoint::from_shared(address).unwrap().connect_lazy();
        CaseServiceClient::with_interceptor(channel, token(roles))
    }

    /// A client of a role that is confined to a region.
    pub(crate) fn client_within(&self, role: &str, region: &str) -> Client {
        let claims = Claims {
            subject: "anna".to_owned(),
            roles: vec![role.to_owned()],
            regions: vec![region.to_owned()],
            ..Claims::default()
        };
        let (now, hour) = (Clock::system().now(), SignedDuration::from_hours(1));
        let token = ISSUER.sign(&claims, now, hour).unwrap();
        let address = format!("http://{}", self.running.address());
        let channel = Endpoint::from_shared(address).unwrap().connect_lazy();
        CaseServiceClient::with_interceptor(channel, Token(Some(token.expose().to_owned())))
    }

    /// Whether the role says that it can serve.
    pub(crate) fn is_ready(&self) -> bool {
        self.running.health().subscribe().borrow().is_ready()
    }

    /// The survey service announces something about a customer.
    pub(crate) async fn survey_says<P: Message + Name>(&self, customer: Uuid, payload: &P) {
        let event = NewEvent::about(self.clock.new_id(), Some(customer), payload);
        self.survey.announce(event).await;
    }
}

/// Customers and their regions.
#[derive(Clone, Default)]
pub(crate) struct Regions(Arc<Mutex<HashMap<String, String>>>);

impl Regions {
    pub(crate) fn put(&self, customer: &str, region: &str) {
        let mut known = self.0.lock().unwrap();
        known.insert(customer.to_owned(), region.to_owned());
    }

    fn admit(&self, named: &Named) -> Result<(), Refusal> {
        let known = self.0.lock().unwrap();
        let is_within = |id: &String| {
            let region = known.get(id);
            region.is_some_and(|region| named.reach.covers(region, ""))
        };
        if named.customers.iter().all(is_within) {
            return Ok(());
        }
        let reason = contract::patron::profile::v1::ErrorReason::CustomerNotFound;
        Err(Refusal::new(
            Code::NotFound,
            reason,
            "there is no such customer",
        ))
    }
}

/// What the one `ErrorInfo` of a refusal says.
pub(crate) fn reason(status: &Status) -> String {
    let info = status.get_details_error_info();
    info.unwrap_or_else(|| panic!("no ErrorInfo in {status:?}"))
        .reason
}

/// The fields that a refusal names.
pub(crate) fn fields(status: &Status) -> Vec<String> {
    let request = status.get_details_bad_request();
    let violations = request
        .map(|request| request.field_violations)
        .unwrap_or_default();
    violations
        .into_iter()
        .map(|violation| violation.field)
        .collect()
}

/// Looks again and again until there is something to see.
pub(crate) async fn eventually<T>(look: impl AsyncFn() -> Option<T>) -> T {
    let seen = async {
        loop {
            if let Some(seen) = look().await {
                return seen;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    };
    tokio::time::timeout(PATIENCE, seen)
        .await
        .expect("it never happened")
}

/// A key that all tests of this process share; making it takes a while.
static ISSUER: LazyLock<DevelopmentIssuer> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    DevelopmentIssuer::open(&folder.path().join("key.pem"), "patron").unwrap()
});

fn config() -> Config {
    let mut config = Config::defaults().unwrap();
    config.server.listen = "127.0.0.1:0".parse().unwrap();
    config.server.admin_listen = "127.0.0.1:0".parse().unwrap();
    config.access.issuers = vec![IssuerConfig {
        issuer: ISSUER.issuer().to_owned(),
        jwks_file: None,
        jwks: Some(ISSUER.jwks().unwrap()),
        role: IssuerRole::People,
    }];
    config
}

fn token(roles: &[&str]) -> Token {
    if roles.is_empty() {
        return Token(None);
    }
    let (now, hour) = (Clock::system().now(), SignedDuration::from_hours(1));
    let token = ISSUER.token("anna", roles, now, hour).unwrap();
    Token(Some(token.expose().to_owned()))
}
