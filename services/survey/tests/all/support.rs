//! A survey role on free ports, the feeds of two other services beside it, and callers.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use access::DevelopmentIssuer;
use chassis::config::{Config, IssuerConfig, IssuerRole};
use chassis::paging::PageTokens;
use chassis::{Clock, Context, Running};
use contract::patron::survey::v1::survey_service_client::SurveyServiceClient;
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
use tonic::{Request, Status};
use tonic_types::StatusExt as _;
use uuid::Uuid;

/// Longer than anything here should take; only ever reached by a failure.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a condition rests before it is looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// All that a feed needs of the other services' databases.
static PROFILE: Migrations = Migrations::new("profile", &[&events::MIGRATIONS]);
static COMPLAINTS: Migrations = Migrations::new("complaints", &[&events::MIGRATIONS]);

pub(crate) type Client = SurveyServiceClient<InterceptedService<Channel, Token>>;

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
    profile: Source,
    complaints: Source,
    running: Running,
    _stop: DropGuard,
}

impl Bench {
    pub(crate) async fn start() -> Self {
        let clock = Clock::system();
        let database = TestDatabase::create(&survey::migrations()).await;
        let profile = Source::new("profile", &PROFILE, &clock).await;
        let complaints = Source::new("complaints", &COMPLAINTS, &clock).await;
        let feeds = Feeds::of([
            ("profile", profile.feed()),
            ("complaints", complaints.feed()),
        ]);
        let context = Context {
            clock: clock.clone(),
            pages: PageTokens::new(b"secret"),
        };
        let service = survey::service(database.db().clone(), &feeds, &context).unwrap();
        let stop = CancellationToken::new();
        let running = chassis::serve(service, &config(), stop.clone())
            .await
            .unwrap();
        Self {
            clock,
            _database: database,
            profile,
            complaints,
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
        SurveyServiceClient::with_interceptor(channel, token(roles))
    }

    /// The profile service announces something about a customer.
    pub(crate) async fn profile_says<P: Message + Name>(&self, customer: Uuid, payload: &P) {
        self.profile
            .announce(NewEvent::about(customer, Some(customer), payload))
            .await;
    }

    /// The complaints service announces something about a case.
    pub(crate) async fn complaints_say<P: Message + Name>(
        &self,
        case: Uuid,
        customer: Uuid,
        payload: &P,
    ) {
        self.complaints
            .announce(NewEvent::about(case, Some(customer), payload))
            .await;
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
