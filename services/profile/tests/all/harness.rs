//! The service on free ports, over a database of its own, and looks into that database.

#[path = "harness/clients.rs"]
mod clients;
#[path = "harness/requests.rs"]
mod requests;

use std::sync::Arc;

use chassis::paging::PageTokens;
use chassis::{Clock, Context};
use contract::patron::privacy::v1::DisclosePersonRequest;
use contract::patron::profile::v1::{
    Customer, CustomerTraits, GetCustomerTraitsRequest, Order, RecordOrderRequest,
    RecordReturnRequest, Return,
};
use disclosure::{Discloser, Disclosers, Records};
use events::Feeds;
use jiff::Timestamp;
use postgres::testing::TestDatabase;
use profile::{Balances, Peers, Settings};
use prost::{Message, Name};
use seal::Keyring;
use sqlx::Row as _;
use testkit::Role;
use tonic::Status;
use tonic::transport::Channel;

pub(crate) use requests::{
    create, gbp, give_back, identifier, ingest, minute, order, order_input, request_id,
    return_input,
};
pub(crate) use testkit::{Bearer, at_once, fields, keyring, metadata, reason, until};

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

pub(crate) fn silent() -> Feeds {
    let silent = |name| (name, testkit::silent());
    Feeds::of(OTHERS.map(silent))
}

/// The service, running.
pub(crate) struct Profile {
    pub(crate) database: TestDatabase,
    role: Role,
    channel: Channel,
    start_time: Timestamp,
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
        Self::start_over(database, (clock, feeds), keyring, None).await
    }

    /// The service beside somebody who tells what people have in points.
    pub(crate) async fn start_with_balances(balances: Arc<dyn Balances>) -> Self {
        let database = TestDatabase::create(&profile::migrations()).await;
        let around = (Clock::system(), &silent());
        Self::start_over(database, around, keyring(), Some(balances)).await
    }

    /// The service once more, over the same database with other secrets.
    pub(crate) async fn restart_with(self, keyring: Keyring) -> Self {
        Self::start_over(self.database, (Clock::system(), &silent()), keyring, None).await
    }

    async fn start_over(
        database: TestDatabase,
        (clock, feeds): (Clock, &Feeds),
        keyring: Keyring,
        balances: Option<Arc<dyn Balances>>,
    ) -> Self {
        let start_time = clock.now();
        let context = Context {
            clock,
            pages: PageTokens::new(b"test"),
        };
        let peers = Peers {
            balances,
            ..Peers::from(Disclosers::of(OTHERS.map(mute)))
        };
        let settings = Settings {
            keyring,
            phone_country: "CN".to_owned().try_into().unwrap(),
            stale_after_days: 90,
        };
        let service =
            profile::service(database.db().clone(), feeds, peers, &context, settings).unwrap();
        let role = Role::start(service).await;
        let channel = role.channel();
        Self {
            database,
            role,
            channel,
            start_time,
        }
    }

    pub(crate) fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// The value of one of its metrics.
    pub(crate) async fn metric(&self, name: &str) -> String {
        self.role.metric(name).await
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

    /// Changes what is kept, as the owner of the database.
    pub(crate) async fn change(&self, statement: &str) {
        sqlx::query(sqlx::AssertSqlSafe(statement))
            .execute(self.database.owner_pool())
            .await
            .unwrap();
    }
}
