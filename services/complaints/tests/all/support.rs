//! A complaints role, the feeds of a survey and a profile service beside it, and callers.

use access::Claims;
use chassis::paging::PageTokens;
use chassis::{Clock, Context};
use contract::patron::complaints::v1::case_service_client::CaseServiceClient;
use contract::patron::profile::v1::{CustomerPlaced, ErasureRequested};
use events::{Feeds, NewEvent};
use postgres::testing::TestDatabase;
use prost::{Message, Name};
use seal::Keyring;
use testkit::{Bearer, Caller, Regions, Role, Source, keyring, until};
use uuid::Uuid;

pub(crate) type Client = CaseServiceClient<Caller>;

/// The role under test and what is around it.
pub(crate) struct Bench {
    pub(crate) clock: Clock,
    pub(crate) role: Role,
    /// The regions of customers, as the profile service would tell them.
    pub(crate) regions: Regions,
    pub(crate) database: TestDatabase,
    survey: Source,
    profile: Source,
}

impl Bench {
    pub(crate) async fn start() -> Self {
        let database = TestDatabase::create(&complaints::migrations()).await;
        Self::start_over(database, keyring()).await
    }

    /// The role over a database that is there already.
    pub(crate) async fn start_over(database: TestDatabase, keyring: Keyring) -> Self {
        let clock = Clock::system();
        let survey = Source::start("survey", &clock).await;
        let profile = Source::start("profile", &clock).await;
        let feeds = Feeds::of([("survey", survey.feed()), ("profile", profile.feed())]);
        let context = Context {
            clock: clock.clone(),
            pages: PageTokens::new(b"secret"),
        };
        let service =
            complaints::service(database.db().clone(), &feeds, keyring, &context).unwrap();
        let regions = Regions::default();
        let known = regions.clone();
        let service = service.records(move |named| std::future::ready(known.admit(&named)));
        Self {
            clock,
            role: Role::start(service).await,
            regions,
            database,
            survey,
            profile,
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
        CaseServiceClient::with_interceptor(self.role.channel(), Bearer::of(roles))
    }

    /// A client of a role that is confined to a region.
    pub(crate) fn client_within(&self, role: &str, region: &str) -> Client {
        let bearer = Bearer::within(role, &[region]);
        CaseServiceClient::with_interceptor(self.role.channel(), bearer)
    }

    /// A client of whoever has these claims.
    pub(crate) fn client_claiming(&self, claims: &Claims) -> Client {
        CaseServiceClient::with_interceptor(self.role.channel(), Bearer::claiming(claims))
    }

    /// The customer is in a region, and the role has heard of it.
    pub(crate) async fn place(&self, customer: &str, region: &str, revision: i64) {
        self.regions.put(customer, region);
        let moved = CustomerPlaced {
            customer_id: customer.to_owned(),
            region_code: region.to_owned(),
            brand: String::new(),
            revision,
        };
        self.profile_says(customer, &moved).await;
        let expected = Some(region.to_owned());
        let is_heard = async || (self.region_known(customer).await == expected).then_some(());
        until("the role has heard where the customer is", is_heard).await;
    }

    /// The region that the role has heard of.
    pub(crate) async fn region_known(&self, customer: &str) -> Option<String> {
        let id = Uuid::try_parse(customer).unwrap();
        let query = "SELECT region_code FROM person_places WHERE customer_id = $1";
        let found = sqlx::query_scalar(query).bind(id);
        found
            .fetch_optional(self.database.db().pool())
            .await
            .unwrap()
    }

    /// The profile service announces something about a customer.
    pub(crate) async fn profile_says<P: Message + Name>(&self, customer: &str, payload: &P) {
        let customer = Uuid::try_parse(customer).unwrap();
        let event = NewEvent::about(customer, Some(customer), payload);
        self.profile.announce(event).await;
    }

    /// The profile service asks for an erasure.
    pub(crate) async fn erase(&self, customer: &str) {
        let erasure_id = self.clock.new_id();
        let asked = ErasureRequested {
            erasure_id: erasure_id.to_string(),
            customer_ids: vec![customer.to_owned()],
            round: 1,
        };
        self.profile
            .announce(NewEvent::about(erasure_id, None, &asked))
            .await;
    }

    /// The survey service announces something about a customer.
    pub(crate) async fn survey_says<P: Message + Name>(&self, customer: Uuid, payload: &P) {
        let event = NewEvent::about(self.clock.new_id(), Some(customer), payload);
        self.survey.announce(event).await;
    }
}
