//! What the tests of use cases and reactions stand on.

use access::Caller;
use chassis::paging::PageTokens;
use chassis::{Clock, Deadline};
use contract::patron::complaints::v1 as wire;
use events::Outbox;
use jiff::SignedDuration;
use postgres::testing::TestDatabase;
use std::time::Duration;
use tonic::{Response, Status};
use uuid::Uuid;

use crate::app::{App, Call};
use crate::domain::{CaseId, Entry};
use crate::store;

/// The use cases on a database of their own, at a time that stands still.
pub(crate) struct Bench {
    pub(crate) app: App,
    pub(crate) database: TestDatabase,
    pub(crate) clock: Clock,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        let database = TestDatabase::create(&crate::migrations()).await;
        // Nanoseconds, which the database does not keep.
        let clock = Clock::manual("2025-03-07T09:30:00.123456789Z".parse().unwrap());
        let app = App {
            db: database.db().clone(),
            keyring: testkit::keyring(),
            clock: clock.clone(),
            outbox: Outbox::new(crate::NAME, clock.clone()),
            pages: PageTokens::new(b"secret"),
        };
        Self {
            app,
            database,
            clock,
        }
    }

    pub(crate) fn new_id(&self) -> String {
        self.clock.new_id().to_string()
    }

    /// Opens a complaint of a new customer.
    pub(crate) async fn open(&self) -> wire::Case {
        let request = wire::CreateCaseRequest {
            case: Some(wire::Case {
                customer_id: self.new_id(),
                ..complaint()
            }),
            request_id: self.new_id(),
        };
        self.app
            .create_case(&call(), request)
            .await
            .unwrap()
            .into_inner()
    }

    /// Adds a message a minute later.
    pub(crate) async fn say(
        &self,
        case: &wire::Case,
        kind: wire::case_message::Kind,
    ) -> Result<Response<wire::CaseMessage>, Status> {
        self.clock.advance(SignedDuration::from_mins(1));
        let message = wire::CaseMessage {
            kind: kind.into(),
            body: "Hello.".to_owned(),
            ..wire::CaseMessage::default()
        };
        let request = wire::CreateCaseMessageRequest {
            case_id: case.case_id.clone(),
            message: Some(message),
            request_id: self.new_id(),
        };
        self.app.create_message(&call(), request).await
    }

    pub(crate) async fn resolve(&self, case: &wire::Case) -> Result<Response<wire::Case>, Status> {
        let request = wire::ResolveCaseRequest {
            case_id: case.case_id.clone(),
            resolution: "Refunded.".to_owned(),
            request_id: self.new_id(),
            etag: case.etag.clone(),
        };
        self.app.resolve_case(&call(), request).await
    }

    pub(crate) async fn close(&self, case: &wire::Case) -> Result<Response<wire::Case>, Status> {
        let request = wire::CloseCaseRequest {
            case_id: case.case_id.clone(),
            request_id: self.new_id(),
            etag: case.etag.clone(),
        };
        self.app.close_case(&call(), request).await
    }

    pub(crate) async fn reopen(&self, case: &wire::Case) -> Result<Response<wire::Case>, Status> {
        let request = wire::ReopenCaseRequest {
            case_id: case.case_id.clone(),
            reason: "It broke again.".to_owned(),
            request_id: self.new_id(),
            etag: case.etag.clone(),
        };
        self.app.reopen_case(&call(), request).await
    }

    /// The case as it is now.
    pub(crate) async fn case(&self, case_id: &str) -> wire::Case {
        let request = wire::GetCaseRequest {
            case_id: case_id.to_owned(),
        };
        self.app.get_case(&request).await.unwrap()
    }

    /// The whole log, as stored.
    pub(crate) async fn log(&self, case_id: &str) -> Vec<Entry> {
        let mut connection = self.app.db.pool().acquire().await.unwrap();
        store::log::list(&mut connection, &self.app.keyring, id(case_id), 0, 1000)
            .await
            .unwrap()
    }

    /// Types of the announced events, in order.
    pub(crate) async fn announced(&self) -> Vec<String> {
        let types = sqlx::query_scalar("SELECT type FROM outbox ORDER BY position");
        types.fetch_all(self.database.owner_pool()).await.unwrap()
    }
}

pub(crate) fn id(case_id: &str) -> CaseId {
    CaseId(Uuid::try_parse(case_id).unwrap())
}

pub(crate) fn call() -> Call {
    let caller = Caller::service("test").id().to_owned();
    Call {
        caller,
        deadline: Deadline::after(Duration::from_mins(1)),
    }
}

pub(crate) fn complaint() -> wire::Case {
    wire::Case {
        r#type: wire::case::Type::Complaint.into(),
        channel: "phone".to_owned(),
        subject: "Late".to_owned(),
        description: "Three days late.".to_owned(),
        order_id: "A-1".to_owned(),
        ..wire::Case::default()
    }
}
