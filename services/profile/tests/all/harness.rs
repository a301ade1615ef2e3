//! The service on a free port, callers for it, and the requests that tests begin with.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use access::{Claims, DevelopmentIssuer, Proof};
use chassis::config::{Config, IssuerConfig, IssuerRole};
use chassis::paging::PageTokens;
use chassis::{Clock, Context};
use contract::patron::events::v1::FollowRequest;
use contract::patron::privacy::v1::DisclosePersonRequest;
use contract::patron::profile::v1::access_file_service_client::AccessFileServiceClient;
use contract::patron::profile::v1::account_manager_service_client::AccountManagerServiceClient;
use contract::patron::profile::v1::activity_service_client::ActivityServiceClient;
use contract::patron::profile::v1::attribute_service_client::AttributeServiceClient;
use contract::patron::profile::v1::consent_service_client::ConsentServiceClient;
use contract::patron::profile::v1::contact_service_client::ContactServiceClient;
use contract::patron::profile::v1::customer_service_client::CustomerServiceClient;
use contract::patron::profile::v1::export_service_client::ExportServiceClient;
use contract::patron::profile::v1::health_service_client::HealthServiceClient;
use contract::patron::profile::v1::identity_service_client::IdentityServiceClient;
use contract::patron::profile::v1::import_service_client::ImportServiceClient;
use contract::patron::profile::v1::interaction_service_client::InteractionServiceClient;
use contract::patron::profile::v1::lifecycle_service_client::LifecycleServiceClient;
use contract::patron::profile::v1::match_service_client::MatchServiceClient;
use contract::patron::profile::v1::privacy_service_client::PrivacyServiceClient;
use contract::patron::profile::v1::quality_service_client::QualityServiceClient;
use contract::patron::profile::v1::restriction_service_client::RestrictionServiceClient;
use contract::patron::profile::v1::retention_service_client::RetentionServiceClient;
use contract::patron::profile::v1::segment_service_client::SegmentServiceClient;
use contract::patron::profile::v1::tag_rule_service_client::TagRuleServiceClient;
use contract::patron::profile::v1::tag_service_client::TagServiceClient;
use contract::patron::profile::v1::{
    ActivityInput, CreateCustomerRequest, Customer, CustomerTraits, GetCustomerTraitsRequest,
    Identifier, IngestSourceRequest, Order, OrderLine, RecordOrderRequest, RecordReturnRequest,
    Return, ReturnLine, Source,
};
use contract::patron::r#type::v1::Money;
use disclosure::{Discloser, Disclosers, Records};
use events::{Feed, Feeds, Responses};
use futures_util::StreamExt as _;
use jiff::{SignedDuration, Timestamp};
use postgres::testing::TestDatabase;
use profile::Settings;
use prost::{Message, Name};
use seal::Keyring;
use sqlx::Row as _;
use tokio_util::sync::{CancellationToken, DropGuard};
use tonic::metadata::MetadataValue;
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};
use tonic_types::StatusExt as _;

/// Keys that all tests of this process share; making them takes a while.
struct Keys {
    _folder: tempfile::TempDir,
    issuer: DevelopmentIssuer,
}

static KEYS: LazyLock<Keys> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let issuer = DevelopmentIssuer::open(&folder.path().join("key.pem"), "patron").unwrap();
    Keys {
        _folder: folder,
        issuer,
    }
});

/// Sends a token of these roles with each call; without roles, no token.
#[derive(Clone)]
pub(crate) struct Bearer(Option<MetadataValue<tonic::metadata::Ascii>>);

impl Bearer {
    pub(crate) fn none() -> Self {
        Self(None)
    }

    pub(crate) fn of(roles: &[&str]) -> Self {
        Self::since(Clock::system().now(), roles)
    }

    /// A token of these claims, good for an hour.
    pub(crate) fn claiming(claims: &Claims) -> Self {
        let (now, hour) = (Clock::system().now(), SignedDuration::from_hours(1));
        Self::sending(KEYS.issuer.sign(claims, now, hour).unwrap().expose())
    }

    /// A token of a role that is confined to regions.
    pub(crate) fn within(role: &str, regions: &[&str]) -> Self {
        Self::within_at(Clock::system().now(), role, regions)
    }

    /// The same of that time.
    pub(crate) fn within_at(now: Timestamp, role: &str, regions: &[&str]) -> Self {
        let claims = Claims {
            subject: "somebody".to_owned(),
            roles: vec![role.to_owned()],
            regions: regions.iter().map(|&region| region.to_owned()).collect(),
            proof: Proof {
                acr: Some("phr".to_owned()),
                authenticated: Some(now),
            },
            ..Claims::default()
        };
        let hour = SignedDuration::from_hours(1);
        Self::sending(KEYS.issuer.sign(&claims, now, hour).unwrap().expose())
    }

    fn sending(token: &str) -> Self {
        Self(Some(format!("Bearer {token}").parse().unwrap()))
    }

    /// A token of that time, good for years.
    fn since(now: Timestamp, roles: &[&str]) -> Self {
        let years = SignedDuration::from_hours(24 * 3_650);
        let token = KEYS.issuer.token("somebody", roles, now, years);
        Self::sending(token.unwrap().expose())
    }
}

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(token) = &self.0 {
            request
                .metadata_mut()
                .insert("authorization", token.clone());
        }
        Ok(request)
    }
}

pub(crate) type Caller = InterceptedService<Channel, Bearer>;

/// The feed of a service that has nothing to tell.
struct Silent;

#[tonic::async_trait]
impl Feed for Silent {
    async fn follow(&self, _: FollowRequest) -> Result<Responses, Status> {
        Ok(futures_util::stream::pending().boxed())
    }
}

/// A service that is down.
struct Mute;

#[tonic::async_trait]
impl Discloser for Mute {
    async fn disclose(&self, _: DisclosePersonRequest) -> Result<Records, Status> {
        Err(Status::unavailable("down"))
    }
}

fn mute(name: &'static str) -> (&'static str, Arc<dyn Discloser>) {
    (name, Arc::new(Mute))
}

/// The services whose feeds the profile service follows.
pub(crate) const OTHERS: [&str; 4] = ["loyalty", "complaints", "survey", "recommendation"];

/// Secrets of their own.
pub(crate) fn keyring() -> Keyring {
    Keyring::parse(&Keyring::generate("test").unwrap()).unwrap()
}

pub(crate) fn silent_feed() -> Arc<dyn Feed> {
    Arc::new(Silent)
}

pub(crate) fn silent() -> Feeds {
    let silent = |name| (name, silent_feed());
    Feeds::of(OTHERS.map(silent))
}

/// The service, running.
pub(crate) struct Profile {
    pub(crate) database: TestDatabase,
    channel: Channel,
    start_time: Timestamp,
    _shutdown: DropGuard,
}

impl Profile {
    pub(crate) async fn start() -> Self {
        Self::start_with(Clock::system()).await
    }

    /// The service under a clock of the test's own.
    pub(crate) async fn start_with(clock: Clock) -> Self {
        Self::start_among(clock, &silent(), keyring()).await
    }

    /// The service beside others, whose events it hears.
    pub(crate) async fn start_among(clock: Clock, feeds: &Feeds, keyring: Keyring) -> Self {
        let database = TestDatabase::create(&profile::migrations()).await;
        Self::start_over(database, clock, feeds, keyring).await
    }

    /// The service once more, over the same database with other secrets.
    pub(crate) async fn restart_with(self, keyring: Keyring) -> Self {
        Self::start_over(self.database, Clock::system(), &silent(), keyring).await
    }

    async fn start_over(
        database: TestDatabase,
        clock: Clock,
        feeds: &Feeds,
        keyring: Keyring,
    ) -> Self {
        let start_time = clock.now();
        let context = Context {
            clock,
            pages: PageTokens::new(b"test"),
        };
        let others = Disclosers::of(OTHERS.map(mute));
        let settings = Settings {
            keyring,
            phone_country: "CN".to_owned().try_into().unwrap(),
            stale_after_days: 90,
        };
        let service =
            profile::service(database.db().clone(), feeds, others, &context, settings).unwrap();
        let shutdown = CancellationToken::new();
        let running = chassis::serve(service, &config(), shutdown.clone())
            .await
            .unwrap();
        let endpoint = Endpoint::try_from(format!("http://{}", running.address())).unwrap();
        let channel = endpoint.timeout(Duration::from_mins(1)).connect_lazy();
        Self {
            database,
            channel,
            start_time,
            _shutdown: shutdown.drop_guard(),
        }
    }

    pub(crate) fn operator(&self) -> Bearer {
        Bearer::since(self.start_time, &["operator"])
    }

    pub(crate) fn privacy(&self) -> PrivacyServiceClient<Caller> {
        PrivacyServiceClient::with_interceptor(self.channel.clone(), self.operator())
    }

    pub(crate) fn customers(&self) -> CustomerServiceClient<Caller> {
        CustomerServiceClient::with_interceptor(self.channel.clone(), self.operator())
    }

    /// The customers as somebody else sees them.
    pub(crate) fn customers_as(&self, bearer: Bearer) -> CustomerServiceClient<Caller> {
        CustomerServiceClient::with_interceptor(self.channel.clone(), bearer)
    }

    pub(crate) fn identities(&self) -> IdentityServiceClient<Caller> {
        let bearer = Bearer::of(&["operator"]);
        IdentityServiceClient::with_interceptor(self.channel.clone(), bearer)
    }

    pub(crate) fn accounts(&self) -> AccountManagerServiceClient<Caller> {
        AccountManagerServiceClient::with_interceptor(self.channel.clone(), self.operator())
    }

    pub(crate) fn quality(&self) -> QualityServiceClient<Caller> {
        self.quality_as(self.operator())
    }

    /// Data quality as somebody else sees it.
    pub(crate) fn quality_as(&self, bearer: Bearer) -> QualityServiceClient<Caller> {
        QualityServiceClient::with_interceptor(self.channel.clone(), bearer)
    }

    pub(crate) fn matches(&self) -> MatchServiceClient<Caller> {
        MatchServiceClient::with_interceptor(self.channel.clone(), self.operator())
    }

    pub(crate) fn activities(&self) -> ActivityServiceClient<Caller> {
        ActivityServiceClient::with_interceptor(self.channel.clone(), self.operator())
    }

    pub(crate) fn consents(&self) -> ConsentServiceClient<Caller> {
        ConsentServiceClient::with_interceptor(self.channel.clone(), self.operator())
    }

    pub(crate) fn contacts(&self) -> ContactServiceClient<Caller> {
        ContactServiceClient::with_interceptor(self.channel.clone(), self.operator())
    }

    pub(crate) fn tags(&self) -> TagServiceClient<Caller> {
        TagServiceClient::with_interceptor(self.channel.clone(), self.operator())
    }

    pub(crate) fn attributes(&self) -> AttributeServiceClient<Caller> {
        self.attributes_as(self.operator())
    }

    /// The attributes as somebody else sees them.
    pub(crate) fn attributes_as(&self, bearer: Bearer) -> AttributeServiceClient<Caller> {
        AttributeServiceClient::with_interceptor(self.channel.clone(), bearer)
    }

    pub(crate) fn tag_rules(&self) -> TagRuleServiceClient<Caller> {
        TagRuleServiceClient::with_interceptor(self.channel.clone(), self.operator())
    }

    pub(crate) fn segments(&self) -> SegmentServiceClient<Caller> {
        SegmentServiceClient::with_interceptor(self.channel.clone(), self.operator())
    }

    pub(crate) fn imports(&self) -> ImportServiceClient<Caller> {
        ImportServiceClient::with_interceptor(self.channel.clone(), self.operator())
    }

    pub(crate) fn interactions(&self) -> InteractionServiceClient<Caller> {
        InteractionServiceClient::with_interceptor(self.channel.clone(), self.operator())
    }

    pub(crate) fn access_files(&self) -> AccessFileServiceClient<Caller> {
        AccessFileServiceClient::with_interceptor(self.channel.clone(), self.operator())
    }

    pub(crate) fn restrictions(&self) -> RestrictionServiceClient<Caller> {
        RestrictionServiceClient::with_interceptor(self.channel.clone(), self.operator())
    }

    pub(crate) fn retention(&self) -> RetentionServiceClient<Caller> {
        RetentionServiceClient::with_interceptor(self.channel.clone(), self.operator())
    }

    pub(crate) fn exports(&self) -> ExportServiceClient<Caller> {
        ExportServiceClient::with_interceptor(self.channel.clone(), self.operator())
    }

    pub(crate) fn lifecycle(&self) -> LifecycleServiceClient<Caller> {
        LifecycleServiceClient::with_interceptor(self.channel.clone(), self.operator())
    }

    pub(crate) fn health(&self) -> HealthServiceClient<Caller> {
        HealthServiceClient::with_interceptor(self.channel.clone(), self.operator())
    }

    pub(crate) fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// Creates somebody.
    pub(crate) async fn customer(&self) -> String {
        let request = create(Customer::default());
        self.customers()
            .create_customer(request)
            .await
            .unwrap()
            .into_inner()
            .customer_id
    }

    pub(crate) async fn record_order(&self, order: Order) -> Result<Order, Status> {
        let request = RecordOrderRequest { order: Some(order) };
        Ok(self.activities().record_order(request).await?.into_inner())
    }

    pub(crate) async fn record_return(&self, content: Return) -> Result<Return, Status> {
        let request = RecordReturnRequest {
            r#return: Some(content),
        };
        Ok(self.activities().record_return(request).await?.into_inner())
    }

    pub(crate) async fn traits(&self, customer_id: &str) -> CustomerTraits {
        let request = GetCustomerTraitsRequest {
            customer_id: customer_id.to_owned(),
        };
        self.customers()
            .get_customer_traits(request)
            .await
            .unwrap()
            .into_inner()
    }

    /// The events in the order in which they were written for a customer: their types.
    pub(crate) async fn event_types(&self, customer_id: &str) -> Vec<String> {
        let rows = self.events(customer_id).await;
        let short =
            |(name, _): (String, Vec<u8>)| name.rsplit('.').next().map(str::to_owned).unwrap();
        rows.into_iter().map(short).collect()
    }

    /// The payloads of a customer's events of one type, in their order.
    pub(crate) async fn payloads<P: Message + Name + Default>(&self, customer_id: &str) -> Vec<P> {
        let rows = self.events(customer_id).await;
        let of_type = rows.into_iter().filter(|(name, _)| *name == P::full_name());
        of_type
            .map(|(_, data)| P::decode(data.as_slice()).unwrap())
            .collect()
    }

    async fn events(&self, customer_id: &str) -> Vec<(String, Vec<u8>)> {
        let rows = sqlx::query(
            "SELECT type, payload FROM outbox WHERE subject_id = $1::uuid ORDER BY subject_version",
        )
        .bind(customer_id)
        .fetch_all(self.database.owner_pool())
        .await
        .unwrap();
        rows.iter()
            .map(|row| (row.get("type"), row.get("payload")))
            .collect()
    }

    /// A count that a statement gives of a text.
    pub(crate) async fn count_of(&self, statement: &'static str, text: &str) -> i64 {
        sqlx::query_scalar(statement)
            .bind(text)
            .fetch_one(self.database.owner_pool())
            .await
            .unwrap()
    }

    /// A count that a statement gives.
    pub(crate) async fn count(&self, statement: &'static str) -> i64 {
        sqlx::query_scalar(statement)
            .fetch_one(self.database.owner_pool())
            .await
            .unwrap()
    }
}

fn config() -> Config {
    let mut config = Config::defaults().unwrap();
    config.server.listen = "127.0.0.1:0".parse().unwrap();
    config.server.admin_listen = "127.0.0.1:0".parse().unwrap();
    config.access.issuers = vec![IssuerConfig {
        issuer: KEYS.issuer.issuer().to_owned(),
        jwks_file: None,
        jwks: Some(KEYS.issuer.jwks().unwrap()),
        role: IssuerRole::People,
    }];
    config
}

/// Longer than anything that follows by itself should take; only ever reached by a failure.
const PATIENCE: Duration = Duration::from_mins(1);

/// Looks until there is something.
pub(crate) async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let seen = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let seen = tokio::time::timeout(PATIENCE, seen).await;
    seen.expect(what)
}

/// Runs all of them at once and waits for each.
pub(crate) async fn at_once<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    calls: impl IntoIterator<Item = F>,
) -> Vec<T> {
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    let start = |call: F| {
        let gate = Arc::clone(&gate);
        tokio::spawn(async move {
            let _open = gate.acquire().await.unwrap();
            call.await
        })
    };
    let running: Vec<_> = calls.into_iter().map(start).collect();
    gate.add_permits(running.len());
    let mut results = Vec::with_capacity(running.len());
    for call in running {
        results.push(call.await.unwrap());
    }
    results
}

pub(crate) fn request_id() -> String {
    Clock::system().new_id().to_string()
}

pub(crate) fn create(customer: Customer) -> CreateCustomerRequest {
    CreateCustomerRequest {
        customer: Some(customer),
        request_id: request_id(),
        validate_only: false,
    }
}

/// What a channel saw of a person at a minute, by the channel's own id; `customer_id` may be empty.
pub(crate) fn ingest(
    customer_id: &str,
    (channel, source_key): (&str, &str),
    at: i64,
    details: Customer,
) -> IngestSourceRequest {
    let source = Source {
        customer_id: customer_id.to_owned(),
        channel: channel.to_owned(),
        source_key: source_key.to_owned(),
        details: Some(details),
        ..Source::default()
    };
    IngestSourceRequest {
        source: Some(source),
        update_mask: None,
        observe_time: Some(minute(at)),
        request_id: request_id(),
    }
}

pub(crate) fn identifier(kind: &str, value: &str) -> Identifier {
    Identifier {
        kind: kind.to_owned(),
        value: value.to_owned(),
        ..Identifier::default()
    }
}

pub(crate) fn gbp(amount_minor: i64) -> Money {
    Money {
        currency_code: "GBP".to_owned(),
        amount_minor,
    }
}

/// That many minutes after nine on a day in the past.
pub(crate) fn minute(minute: i64) -> prost_types::Timestamp {
    let nine: Timestamp = "2025-03-09T09:00:00Z".parse().unwrap();
    contract::time::timestamp(nine + SignedDuration::from_mins(minute))
}

/// An order at minute 10 with lines of these quantities and amounts; line ids count from 1.
pub(crate) fn order(customer_id: &str, order_id: &str, lines: &[(i64, i64)]) -> Order {
    let line = |(id, (quantity, amount)): (usize, &(i64, i64))| OrderLine {
        line_id: id.to_string(),
        product_id: format!("product-{id}"),
        product_name: "Tea".to_owned(),
        category: "grocery/tea".to_owned(),
        quantity: *quantity,
        amount: Some(gbp(*amount)),
        returned_quantity: 0,
    };
    Order {
        order_id: order_id.to_owned(),
        customer_id: customer_id.to_owned(),
        channel: "online".to_owned(),
        order_time: Some(minute(10)),
        lines: (1..).zip(lines).map(line).collect(),
        ..Order::default()
    }
}

/// A return at minute 20 of these quantities by line, without refunds.
pub(crate) fn give_back(customer_id: &str, ids: (&str, &str), lines: &[(&str, i64)]) -> Return {
    let (return_id, order_id) = ids;
    let line = |(line_id, quantity): &(&str, i64)| ReturnLine {
        line_id: (*line_id).to_owned(),
        quantity: *quantity,
        refund: None,
    };
    Return {
        return_id: return_id.to_owned(),
        order_id: order_id.to_owned(),
        customer_id: customer_id.to_owned(),
        return_time: Some(minute(20)),
        lines: lines.iter().map(line).collect(),
        ..Return::default()
    }
}

pub(crate) fn order_input(order: Order) -> ActivityInput {
    use contract::patron::profile::v1::activity_input::Activity;
    ActivityInput {
        activity: Some(Activity::Order(order)),
        ..ActivityInput::default()
    }
}

pub(crate) fn return_input(content: Return) -> ActivityInput {
    use contract::patron::profile::v1::activity_input::Activity;
    ActivityInput {
        activity: Some(Activity::Return(content)),
        ..ActivityInput::default()
    }
}

/// The reason in the one `ErrorInfo`.
pub(crate) fn reason(status: &Status) -> String {
    status
        .get_details_error_info()
        .expect("an error has an ErrorInfo")
        .reason
}

/// A value in the metadata of the `ErrorInfo`.
pub(crate) fn metadata(status: &Status, key: &str) -> String {
    let info = status
        .get_details_error_info()
        .expect("an error has an ErrorInfo");
    info.metadata.get(key).cloned().unwrap_or_default()
}

/// The fields that a `BadRequest` names.
pub(crate) fn fields(status: &Status) -> Vec<String> {
    let violations = status
        .get_details_bad_request()
        .map(|bad| bad.field_violations);
    violations
        .unwrap_or_default()
        .into_iter()
        .map(|violation| violation.field)
        .collect()
}
