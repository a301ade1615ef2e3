//! What the tests of use cases and reactions stand on.

use std::time::Duration;

use access::Caller;
use chassis::paging::PageTokens;
use chassis::{Clock, Deadline};
use contract::patron::survey::v1 as wire;
use events::Outbox;
use jiff::{SignedDuration, Timestamp};
use postgres::testing::TestDatabase;
use seal::store::Tombstone;
use tonic::{Response, Status};
use uuid::Uuid;
use wire::answer::Value;

use crate::app::{App, Asking, Call};
use crate::domain::{Asked, CustomerId, Occasion, Trigger};

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

    /// Invites a new customer about an order, a minute later.
    pub(crate) async fn invite(&self) -> wire::Invitation {
        self.clock.advance(SignedDuration::from_mins(1));
        let customer = CustomerId(self.clock.new_id());
        self.ask(customer, &self.new_id(), "nps-order").await;
        self.invitations_of(customer.0).await.remove(0)
    }

    /// Asks a customer about an order.
    pub(crate) async fn ask(
        &self,
        customer: CustomerId,
        order_id: &str,
        questionnaire_id: &'static str,
    ) {
        self.ask_all(&[customer], order_id, questionnaire_id).await;
    }

    /// Asks customers together about orders of one id.
    pub(crate) async fn ask_all(
        &self,
        customers: &[CustomerId],
        order_id: &str,
        questionnaire_id: &'static str,
    ) {
        let trigger = Trigger {
            event_type: "patron.profile.v1.OrderRecorded".to_owned(),
            reference: order_id.to_owned(),
            occurred_at: Timestamp::UNIX_EPOCH,
        };
        let asking = customers.iter().map(|customer| Asking {
            asked: Asked {
                customer: *customer,
                questionnaire_id,
                trigger: trigger.clone(),
                occasion: Occasion::ONLY,
            },
            traceparent: "",
        });
        let mut tx = self.app.db.begin().await.unwrap();
        self.app.invite(&mut tx, asking.collect()).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Destroys the key of a customer, as an erasure does before anything else.
    pub(crate) async fn bury(&self, CustomerId(customer_id): CustomerId) {
        let tombstone = Tombstone {
            customer_id,
            erasure_id: self.clock.new_id(),
            erased_at: self.clock.now(),
        };
        let mut db = self.app.db.pool().acquire().await.unwrap();
        seal::store::bury(&mut db, &[tombstone]).await.unwrap();
    }

    pub(crate) async fn invitations_of(&self, customer: Uuid) -> Vec<wire::Invitation> {
        let customer_id = customer.to_string();
        let request = wire::ListInvitationsRequest {
            customer_id,
            ..Default::default()
        };
        self.app
            .list_invitations(&request, None)
            .await
            .unwrap()
            .invitations
    }

    pub(crate) async fn submit(
        &self,
        invitation: &wire::Invitation,
        answers: Vec<wire::Answer>,
    ) -> Result<Response<wire::Response>, Status> {
        let request = wire::SubmitResponseRequest {
            invitation_id: invitation.invitation_id.clone(),
            response: Some(wire::Response {
                answers,
                ..wire::Response::default()
            }),
            request_id: self.new_id(),
        };
        self.app.submit_response(&call(), request).await
    }

    /// Invites somebody, who then gives this rating.
    pub(crate) async fn rate(&self, rating: i32) -> wire::Response {
        let invitation = self.invite().await;
        let answers = vec![self::rating("recommend", rating)];
        self.submit(&invitation, answers)
            .await
            .unwrap()
            .into_inner()
    }

    pub(crate) async fn score(&self, request: wire::GetScoreRequest) -> wire::Score {
        let questionnaire_id = "nps-order".to_owned();
        let request = wire::GetScoreRequest {
            questionnaire_id,
            ..request
        };
        self.app.get_score(&request).await.unwrap()
    }

    /// Types and payloads of the announced events, in order.
    pub(crate) async fn announced(&self) -> Vec<(String, Vec<u8>)> {
        let events = sqlx::query_as("SELECT type, payload FROM outbox ORDER BY position");
        events.fetch_all(self.database.owner_pool()).await.unwrap()
    }
}

pub(crate) fn call() -> Call {
    let caller = Caller::service("test").id().to_owned();
    Call {
        caller,
        deadline: Deadline::after(Duration::from_mins(1)),
    }
}

pub(crate) fn rating(question_id: &str, rating: i32) -> wire::Answer {
    wire::Answer {
        question_id: question_id.to_owned(),
        value: Some(Value::Rating(rating)),
    }
}

pub(crate) fn text(question_id: &str, text: &str) -> wire::Answer {
    wire::Answer {
        question_id: question_id.to_owned(),
        value: Some(Value::Text(text.to_owned())),
    }
}
