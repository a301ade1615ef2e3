//! A complaints role, the feeds of a survey and a profile service beside it, and callers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use chassis::paging::PageTokens;
use chassis::{Clock, Context, Named, Refusal};
use contract::patron::complaints::v1::case_service_client::CaseServiceClient;
use events::{Feeds, NewEvent};
use postgres::testing::TestDatabase;
use prost::{Message, Name};
use testkit::{Bearer, Caller, Role, Source, silent};
use tonic::Code;
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
}

impl Bench {
    pub(crate) async fn start() -> Self {
        let clock = Clock::system();
        let database = TestDatabase::create(&complaints::migrations()).await;
        let survey = Source::start("survey", &clock).await;
        let feeds = Feeds::of([("survey", survey.feed()), ("profile", silent())]);
        let context = Context {
            clock: clock.clone(),
            pages: PageTokens::new(b"secret"),
        };
        let service = complaints::service(database.db().clone(), &feeds, &context).unwrap();
        let regions = Regions::default();
        let known = regions.clone();
        let service = service.records(move |named| std::future::ready(known.admit(&named)));
        Self {
            clock,
            role: Role::start(service).await,
            regions,
            database,
            survey,
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
