//! A survey role, the feeds of two other services beside it, and callers.

use chassis::paging::PageTokens;
use chassis::{Clock, Context};
use contract::patron::profile::v1::{CustomerPlaced, ErasureRequested};
use contract::patron::survey::v1::survey_service_client::SurveyServiceClient;
use events::{Feeds, NewEvent};
use postgres::testing::TestDatabase;
use prost::{Message, Name};
use seal::Keyring;
use testkit::{Bearer, Caller, Regions, Role, Source, keyring, until};
use uuid::Uuid;

pub(crate) type Client = SurveyServiceClient<Caller>;

/// The role under test and what is around it.
pub(crate) struct Bench {
    pub(crate) clock: Clock,
    pub(crate) role: Role,
    /// The regions of customers, as the profile service would tell them.
    pub(crate) regions: Regions,
    pub(crate) database: TestDatabase,
    profile: Source,
    complaints: Source,
}

impl Bench {
    pub(crate) async fn start() -> Self {
        let database = TestDatabase::create(&survey::migrations()).await;
        Self::start_over(database, keyring()).await
    }

    /// The role over a database that is there already.
    pub(crate) async fn start_over(database: TestDatabase, keyring: Keyring) -> Self {
        let clock = Clock::system();
        let profile = Source::start("profile", &clock).await;
        let complaints = Source::start("complaints", &clock).await;
        let feeds = Feeds::of([
            ("profile", profile.feed()),
            ("complaints", complaints.feed()),
        ]);
        let context = Context {
            clock: clock.clone(),
            pages: PageTokens::new(b"secret"),
        };
        let service = survey::service(database.db().clone(), &feeds, keyring, &context).unwrap();
        let regions = Regions::default();
        let known = regions.clone();
        let service = service.records(move |named| std::future::ready(known.admit(&named)));
        Self {
            clock,
            role: Role::start(service).await,
            regions,
            database,
            profile,
            complaints,
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
        SurveyServiceClient::with_interceptor(self.role.channel(), Bearer::of(roles))
    }

    /// A client of a role that is confined to a region.
    pub(crate) fn client_within(&self, role: &str, region: &str) -> Client {
        let bearer = Bearer::within(role, &[region]);
        SurveyServiceClient::with_interceptor(self.role.channel(), bearer)
    }

    /// The customer is in a region, and the role has heard of it.
    pub(crate) async fn place(&self, customer: Uuid, region: &str, revision: i64) {
        self.regions.put(&customer.to_string(), region);
        let moved = CustomerPlaced {
            customer_id: customer.to_string(),
            region_code: region.to_owned(),
            brand: String::new(),
            revision,
        };
        self.profile_says(customer, &moved).await;
        until("the role has heard where the customer is", async || {
            let query = "SELECT region_code FROM person_places WHERE customer_id = $1";
            let found = sqlx::query_scalar(query).bind(customer);
            let known = found.fetch_optional(self.database.db().pool()).await;
            (known.unwrap() == Some(region.to_owned())).then_some(())
        })
        .await;
    }

    /// The profile service announces something about a customer.
    pub(crate) async fn profile_says<P: Message + Name>(&self, customer: Uuid, payload: &P) {
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

    /// The complaints service announces something about a case.
    pub(crate) async fn complaints_say<P: Message + Name>(
        &self,
        case: Uuid,
        customer: Uuid,
        payload: &P,
    ) {
        let event = NewEvent::about(case, Some(customer), payload);
        self.complaints.announce(event).await;
    }
}
