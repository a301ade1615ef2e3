//! A survey role, the feeds of two other services beside it, and callers.

use chassis::paging::PageTokens;
use chassis::{Clock, Context};
use contract::patron::survey::v1::survey_service_client::SurveyServiceClient;
use events::{Feeds, NewEvent};
use postgres::testing::TestDatabase;
use prost::{Message, Name};
use testkit::{Bearer, Caller, Role, Source};
use uuid::Uuid;

pub(crate) type Client = SurveyServiceClient<Caller>;

/// The role under test and what is around it.
pub(crate) struct Bench {
    pub(crate) clock: Clock,
    role: Role,
    pub(crate) database: TestDatabase,
    profile: Source,
    complaints: Source,
}

impl Bench {
    pub(crate) async fn start() -> Self {
        let clock = Clock::system();
        let database = TestDatabase::create(&survey::migrations()).await;
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
        let service = survey::service(database.db().clone(), &feeds, &context).unwrap();
        Self {
            clock,
            role: Role::start(service).await,
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

    /// The profile service announces something about a customer.
    pub(crate) async fn profile_says<P: Message + Name>(&self, customer: Uuid, payload: &P) {
        let event = NewEvent::about(customer, Some(customer), payload);
        self.profile.announce(event).await;
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
