//! A loyalty role on free ports, the feed of a profile service beside it, and callers.

mod facts;
mod waiting;

use std::sync::{Arc, LazyLock};

use access::{DevelopmentIssuer, Notary};
use chassis::config::{Config, IssuerConfig, IssuerRole};
use chassis::paging::PageTokens;
use chassis::{Clock, Context, Running};
use contract::patron::events::v1::FollowRequest;
use contract::patron::loyalty::v1 as api;
use contract::patron::loyalty::v1::accrual_service_client::AccrualServiceClient;
use contract::patron::loyalty::v1::hold_service_client::HoldServiceClient;
use contract::patron::loyalty::v1::member_service_client::MemberServiceClient;
use contract::patron::loyalty::v1::program_service_client::ProgramServiceClient;
use contract::patron::loyalty::v1::verification::State as Verified;
use contract::patron::loyalty::v1::verification_service_client::VerificationServiceClient;
use events::{Feed, FeedServer, Feeds, Outbox, Responses};
use jiff::SignedDuration;
use loyalty::program_file::default_document;
use postgres::testing::TestDatabase;
use postgres::{Database, DatabaseConfig, Migrations};
use prost::{Message, Name};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_util::sync::{CancellationToken, DropGuard};
use tonic::metadata::MetadataValue;
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};
use tonic_types::StatusExt as _;
use uuid::Uuid;

pub(crate) use waiting::until;

/// All that a feed needs of the profile service's database.
static PROFILE: Migrations = Migrations::new("profile", &[&events::MIGRATIONS]);

pub(crate) type Caller = InterceptedService<Channel, Token>;

/// Adds a bearer token to each call.
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

/// The role under test and what is around it.
pub(crate) struct Bench {
    pub(crate) clock: Clock,
    pub(crate) database: TestDatabase,
    running: Running,
    profile: TestDatabase,
    outbox: Outbox,
    _stop: DropGuard,
}

impl Bench {
    /// With the limits of production, not the generous ones of tests; and with a program that does
    /// nothing by itself.
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// With other limits than those of production.
    pub(crate) async fn start_with(limit: impl FnOnce(&mut DatabaseConfig)) -> Self {
        Self::open(Clock::system(), plain_program(), limit).await
    }

    /// With the program that Patron begins with, at the time of a clock, which may stand still.
    pub(crate) async fn start_at(clock: Clock, limit: impl FnOnce(&mut DatabaseConfig)) -> Self {
        Self::open(clock, default_document(), limit).await
    }

    async fn open(
        clock: Clock,
        first_program: api::ProgramDocument,
        limit: impl FnOnce(&mut DatabaseConfig),
    ) -> Self {
        let profile = TestDatabase::create(&PROFILE).await;
        let database = TestDatabase::create(&loyalty::migrations()).await;
        let outbox = Outbox::new("profile", clock.clone());
        let feed: Arc<dyn Feed> = Arc::new(FeedServer::new(profile.db().clone(), outbox.clone()));

        let context = Context {
            clock: clock.clone(),
            pages: PageTokens::new(b"secret"),
        };
        let mut limits = DatabaseConfig::new(database.app_url());
        limit(&mut limits);
        let db = Database::connect(&limits).await.unwrap();
        let surveys: Arc<dyn Feed> = Arc::new(Quiet);
        let feeds = Feeds::of([("profile", feed), ("survey", surveys)]);
        let settings = loyalty::Settings {
            verify_daily: false,
            first_program,
            notary: Some(Notary::from_pem(ISSUER.pem()).unwrap()),
            ..loyalty::Settings::default()
        };
        let service =
            loyalty::service(db, &feeds, Arc::new(NoProfiles), &context, settings).unwrap();
        let stop = CancellationToken::new();
        let running = chassis::serve(service, &config(), stop.clone())
            .await
            .unwrap();
        Self {
            clock,
            database,
            running,
            profile,
            outbox,
            _stop: stop.drop_guard(),
        }
    }

    /// A connection of its own.
    pub(crate) fn channel(&self) -> Channel {
        let address = format!("http://{}", self.running.address());
        Endpoint::from_shared(address).unwrap().connect_lazy()
    }

    pub(crate) fn members(&self) -> MemberServiceClient<Caller> {
        self.members_as(&["operator"])
    }

    /// Members for a caller of these roles; of none, for one without a token.
    pub(crate) fn members_as(&self, roles: &[&str]) -> MemberServiceClient<Caller> {
        MemberServiceClient::with_interceptor(self.channel(), token(roles))
    }

    /// Members for another caller than usual.
    pub(crate) fn members_for(&self, subject: &str) -> MemberServiceClient<Caller> {
        MemberServiceClient::with_interceptor(self.channel(), token_of(subject))
    }

    pub(crate) fn programs(&self) -> ProgramServiceClient<Caller> {
        self.programs_as(&["operator"])
    }

    pub(crate) fn programs_as(&self, roles: &[&str]) -> ProgramServiceClient<Caller> {
        ProgramServiceClient::with_interceptor(self.channel(), token(roles))
    }

    pub(crate) fn accruals(&self) -> AccrualServiceClient<Caller> {
        self.accruals_as(&["operator"])
    }

    pub(crate) fn accruals_as(&self, roles: &[&str]) -> AccrualServiceClient<Caller> {
        AccrualServiceClient::with_interceptor(self.channel(), token(roles))
    }

    pub(crate) fn holds(&self) -> HoldServiceClient<Caller> {
        self.holds_as(&["operator"])
    }

    pub(crate) fn holds_as(&self, roles: &[&str]) -> HoldServiceClient<Caller> {
        HoldServiceClient::with_interceptor(self.channel(), token(roles))
    }

    pub(crate) fn verifications(&self) -> VerificationServiceClient<Caller> {
        self.verifications_as(&["operator"])
    }

    pub(crate) fn verifications_as(&self, roles: &[&str]) -> VerificationServiceClient<Caller> {
        VerificationServiceClient::with_interceptor(self.channel(), token(roles))
    }

    /// Has the ledger verified, to the end.
    pub(crate) async fn verify(&self) -> api::Verification {
        let mut client = self.verifications();
        let begun = client.create_verification(api::CreateVerificationRequest::default());
        let verification_id = begun.await.unwrap().into_inner().verification_id;
        until("the verification has ended", async || {
            let verification_id = verification_id.clone();
            let request = api::GetVerificationRequest { verification_id };
            let found = client.get_verification(request).await.unwrap().into_inner();
            let is_under_way = matches!(found.state(), Verified::Waiting | Verified::Running);
            (!is_under_way).then_some(found)
        })
        .await
    }

    /// The ledger adds up.
    pub(crate) async fn assert_sound(&self) {
        let verified = self.verify().await;
        assert_eq!(verified.differences, []);
        assert_eq!(verified.state(), Verified::Sound);
    }

    /// Puts another version of the default program in force.
    pub(crate) async fn change_program(&self, edit: impl FnOnce(&mut api::ProgramDocument)) {
        let (mut programs, program_id) = (self.programs(), "default".to_owned());
        let request = api::GetProgramVersionRequest {
            program_id: program_id.clone(),
            version: 0,
        };
        let found = programs.get_program_version(request).await.unwrap();
        let mut document = found.into_inner().document.unwrap();
        edit(&mut document);
        let draft = api::CreateProgramVersionRequest {
            program_version: Some(api::ProgramVersion {
                program_id: program_id.clone(),
                document: Some(document),
                ..api::ProgramVersion::default()
            }),
            request_id: self.clock.new_id().to_string(),
            validate_only: false,
        };
        let draft = programs.create_program_version(draft).await.unwrap();
        let activation = api::ActivateProgramVersionRequest {
            program_id,
            version: draft.into_inner().version,
            reason: "a test".to_owned(),
            request_id: self.clock.new_id().to_string(),
            ..api::ActivateProgramVersionRequest::default()
        };
        programs.activate_program_version(activation).await.unwrap();
    }

    /// Does something to the database that the service itself may not do.
    pub(crate) async fn arrange(&self, sql: &str) {
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned()))
            .execute(self.database.owner_pool())
            .await
            .unwrap();
    }

    /// The events of a kind that were announced of a subject, in their order.
    pub(crate) async fn announced<P: Message + Name + Default>(&self, subject_id: Uuid) -> Vec<P> {
        let payloads: Vec<Vec<u8>> = sqlx::query_scalar(
            "SELECT payload FROM outbox WHERE subject_id = $1 AND type = $2 ORDER BY subject_version",
        )
        .bind(subject_id)
        .bind(P::full_name())
        .fetch_all(self.database.db().pool())
        .await
        .unwrap();
        let payloads = payloads.iter();
        payloads
            .map(|payload| P::decode(payload.as_slice()).unwrap())
            .collect()
    }

    /// The value of a metric of the role.
    pub(crate) async fn metric(&self, name: &str) -> String {
        let mut connection = TcpStream::connect(self.running.admin_address())
            .await
            .unwrap();
        let request = b"GET /metrics HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n";
        connection.write_all(request).await.unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).await.unwrap();
        let line = answer.lines().find(|line| line.starts_with(name));
        let value = line.and_then(|line| line.rsplit(' ').next());
        value
            .unwrap_or_else(|| panic!("no {name} in {answer}"))
            .to_owned()
    }

    /// Types of the events that were announced of programs, in their order, once there are so many.
    pub(crate) async fn announced_of_programs(&self, count: usize) -> Vec<String> {
        let types = until("the events are announced", async || {
            let types: Vec<String> = sqlx::query_scalar(
                "SELECT type FROM outbox WHERE type LIKE '%.Program%' ORDER BY subject_version",
            )
            .fetch_all(self.database.db().pool())
            .await
            .unwrap();
            (types.len() >= count).then_some(types)
        });
        let last = |name: String| name.rsplit('.').next().unwrap_or_default().to_owned();
        types.await.into_iter().map(last).collect()
    }

    /// Waits until a metric has a value.
    pub(crate) async fn until_metric(&self, name: &str, value: &str) {
        let what = format!("{name} is {value}");
        until(&what, async || {
            (self.metric(name).await == value).then_some(())
        })
        .await;
    }

    pub(crate) async fn balance(&self, customer_id: Uuid) -> Result<api::Balance, Status> {
        let request = api::GetMemberRequest {
            customer_id: customer_id.to_string(),
        };
        let member = self.members().get_member(request).await?.into_inner();
        Ok(member.balance.unwrap())
    }
}

/// 1 pound = 1 point, which can be spent one by one and never ends.
fn plain_program() -> api::ProgramDocument {
    let mut document = default_document();
    make_plain(&mut document);
    for wallet in &mut document.wallets {
        wallet.expiry = None;
    }
    document
}

/// Takes out what gives points without a purchase, and what stands in the way of spending few.
pub(crate) fn make_plain(document: &mut api::ProgramDocument) {
    document.packages.clear();
    document.campaigns.clear();
    for wallet in &mut document.wallets {
        wallet.redemption = None;
    }
}

/// A request to spend, under a new `request_id`.
pub(crate) fn spending(
    bench: &Bench,
    customer_id: Uuid,
    points: i64,
) -> api::CreateRedemptionRequest {
    api::CreateRedemptionRequest {
        redemption: Some(api::Redemption {
            customer_id: customer_id.to_string(),
            points,
            reference: "a mug".to_owned(),
            ..api::Redemption::default()
        }),
        request_id: bench.clock.new_id().to_string(),
        validate_only: false,
    }
}

/// A request to credit points, under a new `request_id`.
pub(crate) fn crediting(
    bench: &Bench,
    customer_id: Uuid,
    points: i64,
) -> api::CreateAccrualRequest {
    api::CreateAccrualRequest {
        accrual: Some(api::Accrual {
            customer_id: customer_id.to_string(),
            points,
            reference: "a gift".to_owned(),
            ..api::Accrual::default()
        }),
        request_id: bench.clock.new_id().to_string(),
        validate_only: false,
    }
}

/// A request to reserve points, under a new `request_id`.
pub(crate) fn holding(bench: &Bench, customer_id: Uuid, points: i64) -> api::CreateHoldRequest {
    api::CreateHoldRequest {
        hold: Some(api::Hold {
            customer_id: customer_id.to_string(),
            points,
            reference: "a basket".to_owned(),
            ..api::Hold::default()
        }),
        request_id: bench.clock.new_id().to_string(),
        validate_only: false,
    }
}

/// The key that signs reports.
pub(crate) fn report_key() -> &'static str {
    ISSUER.pem()
}

/// The reason in the one `ErrorInfo` that there must be.
pub(crate) fn reason(status: &Status) -> String {
    info(status, |info| info.reason.clone())
}

/// A value of the metadata of the `ErrorInfo`.
pub(crate) fn metadata(status: &Status, key: &str) -> String {
    info(status, |info| {
        info.metadata.get(key).cloned().unwrap_or_default()
    })
}

fn info(status: &Status, read: impl Fn(&tonic_types::ErrorInfo) -> String) -> String {
    let info = status.get_details_error_info();
    let info = info.unwrap_or_else(|| panic!("no ErrorInfo in {status:?}"));
    assert_eq!(info.domain, "patron");
    read(&info)
}

/// A key that all tests of this process share; making it takes a while.
static ISSUER: LazyLock<DevelopmentIssuer> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    DevelopmentIssuer::open(&folder.path().join("key.pem"), "patron").unwrap()
});

/// A token with these roles; none without any.
pub(crate) fn token(roles: &[&str]) -> Token {
    Token((!roles.is_empty()).then(|| signed("somebody", roles)))
}

/// A token of somebody in particular, an operator.
pub(crate) fn token_of(subject: &str) -> Token {
    Token(Some(signed(subject, &["operator"])))
}

fn signed(subject: &str, roles: &[&str]) -> String {
    let now = Clock::system().now();
    let token = ISSUER
        .token(subject, roles, now, SignedDuration::from_hours(1))
        .unwrap();
    token.expose().to_owned()
}

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

/// A feed on which nothing ever happens.
struct Quiet;

#[tonic::async_trait]
impl Feed for Quiet {
    async fn follow(&self, _: FollowRequest) -> Result<Responses, Status> {
        Ok(Box::pin(futures_util::stream::pending()))
    }
}

/// Profiles that know no birthdays.
struct NoProfiles;

#[tonic::async_trait]
impl loyalty::Profiles for NoProfiles {
    async fn profile(&self, _: Uuid) -> Result<loyalty::Profile, Status> {
        Ok(loyalty::Profile::default())
    }
}
