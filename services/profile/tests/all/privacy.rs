//! Somebody who is erased is gone, stays out, and every service has to say so.

use std::sync::Arc;

use chassis::Clock;
use contract::patron::events::v1::{Erased, ErasedStore, PersonErased};
use contract::patron::profile::v1::{self as proto, Customer, Identifier};
use events::{Feed, FeedServer, Feeds, NewEvent, Outbox};
use jiff::{SignedDuration, Timestamp};
use postgres::Migrations;
use postgres::testing::TestDatabase;
use prost::Message as _;
use proto::erasure::{Ground, State};
use proto::{Erasure, GetErasureRequest, RequestErasureRequest};
use tonic::{Code, Status};

use crate::harness::{
    self, OTHERS, Profile, create, give_back, identifier, ingest, keyring, minute, order,
    order_input, reason, request_id, silent,
};

const PHONE: &str = "+8613900001111";

static OTHER: Migrations = Migrations::new("other", &[&events::MIGRATIONS]);

fn anna() -> Customer {
    Customer {
        identifiers: vec![
            identifier("phone", PHONE),
            identifier("email", "anna@example.com"),
        ],
        display_name: "Anna".to_owned(),
        ..Customer::default()
    }
}

fn erase(customer_id: &str) -> RequestErasureRequest {
    RequestErasureRequest {
        customer_id: customer_id.to_owned(),
        ground: Ground::Objection.into(),
        request_id: request_id(),
    }
}

async fn make(profile: &Profile, details: Customer) -> Result<String, Status> {
    let made = profile.customers().create_customer(create(details)).await?;
    Ok(made.into_inner().customer_id)
}

async fn request(profile: &Profile, customer_id: &str) -> Result<Erasure, Status> {
    let asked = profile
        .privacy()
        .request_erasure(erase(customer_id))
        .await?;
    Ok(asked.into_inner())
}

/// Reads an erasure until it is as wanted.
async fn until(profile: &Profile, id: &str, wanted: impl Fn(&Erasure) -> bool) -> Erasure {
    let request = GetErasureRequest {
        erasure_id: id.to_owned(),
    };
    harness::until("the erasure gets there", async || {
        let read = profile.privacy().get_erasure(request.clone()).await;
        Some(read.unwrap().into_inner()).filter(&wanted)
    })
    .await
}

fn is_confirmed(erasure: &Erasure, service: &str) -> bool {
    let report = erasure.services.iter().find(|it| it.service == service);
    report.unwrap().state() == State::Completed
}

/// Erases somebody, and waits until this service has.
pub(crate) async fn erased(profile: &Profile, customer_id: &str) -> Erasure {
    let asked = request(profile, customer_id).await.unwrap();
    until(profile, &asked.erasure_id, |it| is_confirmed(it, "profile")).await
}

fn rows(erasure: &Erasure, store: &str) -> Option<i64> {
    let mut services = erasure.services.iter();
    let own = services.find(|it| it.service == "profile").unwrap();
    let store = own.stores.iter().find(|it| it.store == store)?;
    Some(store.rows)
}

#[tokio::test]
async fn who_is_erased_is_gone_and_the_certificate_says_what_was_removed() {
    let profile = Profile::start().await;
    let id = make(&profile, anna()).await.unwrap();
    profile
        .record_order(order(&id, "o-1", &[(1, 500)]))
        .await
        .unwrap();
    profile
        .record_return(give_back(&id, ("r-1", "o-1"), &[("1", 1)]))
        .await
        .unwrap();

    let erasure = erased(&profile, &id).await;
    assert_eq!(erasure.customer_ids, std::slice::from_ref(&id));
    assert_eq!(erasure.state(), State::Pending, "others have not answered");
    let services: Vec<_> = erasure
        .services
        .iter()
        .map(|it| it.service.as_str())
        .collect();
    assert_eq!(
        services,
        [
            "profile",
            "loyalty",
            "complaints",
            "survey",
            "recommendation"
        ]
    );
    let counted = [
        "customers",
        "identifier_owners",
        "orders",
        "returns",
        "order_ids",
        "sources",
    ];
    let counted = counted.map(|store| rows(&erasure, store).unwrap());
    assert_eq!(counted, [1, 2, 1, 1, 1, 1]);
    assert_eq!(rows(&erasure, "links"), Some(0), "every store is listed");
    assert_eq!(erasure.suppressions.len(), 2);

    let get = proto::GetCustomerRequest {
        customer_id: id.clone(),
    };
    let gone = profile.customers().get_customer(get).await.unwrap_err();
    assert_eq!(reason(&gone), "CUSTOMER_NOT_FOUND");
    for table in [
        "customers",
        "sources",
        "orders",
        "returns",
        "customer_traits",
        "order_ids",
    ] {
        let count = format!("SELECT count(*) FROM {table}");
        let left: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(count))
            .fetch_one(profile.database.owner_pool())
            .await
            .unwrap();
        assert_eq!(left, 0, "{table}");
    }
    let again = request(&profile, &id).await.unwrap_err();
    assert_eq!(reason(&again), "CUSTOMER_ERASED");
}

#[tokio::test]
async fn nothing_that_comes_late_makes_somebody_anew_who_was_erased() {
    let profile = Profile::start().await;
    let came = ingest("", ("shop", "s-77"), 1, anna());
    let came = profile.identities().ingest_source(came).await.unwrap();
    let id = came.into_inner().customer.unwrap().customer_id;
    erased(&profile, &id).await;

    let by_id = profile
        .record_order(order(&id, "o-2", &[(1, 5)]))
        .await
        .unwrap_err();
    assert_eq!(
        (by_id.code(), reason(&by_id).as_str()),
        (Code::FailedPrecondition, "CUSTOMER_ERASED")
    );
    let made = make(&profile, anna()).await.unwrap_err();
    assert_eq!(reason(&made), "IDENTIFIER_SUPPRESSED");
    let record = ingest("", ("shop", "s-77"), 2, Customer::default());
    let record = profile
        .identities()
        .ingest_source(record)
        .await
        .unwrap_err();
    assert_eq!(reason(&record), "IDENTIFIER_SUPPRESSED");
    let named = ingest(&id, ("till", "t-1"), 2, Customer::default());
    let named = profile.identities().ingest_source(named).await.unwrap_err();
    assert_eq!(reason(&named), "CUSTOMER_ERASED");
    let stranger = ingest("", ("till", "t-2"), 2, anna());
    let stranger = profile
        .identities()
        .ingest_source(stranger)
        .await
        .unwrap_err();
    assert_eq!(reason(&stranger), "IDENTIFIER_SUPPRESSED");

    // An order that names the phone only, among others that are fine.
    let bought = |order_id: &str, phone: &str| {
        let mut input = order_input(order("", order_id, &[(1, 5)]));
        input.identifier = Some(Identifier {
            kind: "phone".to_owned(),
            value: phone.to_owned(),
            ..Identifier::default()
        });
        input
    };
    let items = vec![bought("o-3", PHONE), bought("o-4", "+8613900002222")];
    let batch = proto::BatchRecordActivitiesRequest { items };
    let batch = profile
        .activities()
        .batch_record_activities(batch)
        .await
        .unwrap();
    let results = batch.into_inner().results;
    let refused = results[0].error.as_ref().map(|it| it.code);
    assert_eq!(refused, Some(Code::FailedPrecondition.into()));
    assert!(results[1].error.is_none());
    assert_eq!(profile.count("SELECT count(*) FROM customers").await, 1);
}

#[tokio::test]
async fn visits_of_somebody_who_was_erased_are_refused_by_name() {
    let profile = Profile::start().await;
    let id = make(&profile, anna()).await.unwrap();
    erased(&profile, &id).await;
    let visit = |customer_id: &str, identifier| proto::RecordInteractionsRequest {
        identifier,
        interaction: Some(proto::Interaction {
            source: "web".to_owned(),
            interaction_id: format!("visit-{customer_id}"),
            channel: "online".to_owned(),
            customer_id: customer_id.to_owned(),
            kind: proto::interaction::Kind::Visit.into(),
            occur_time: Some(minute(3)),
            ..proto::Interaction::default()
        }),
        ..proto::RecordInteractionsRequest::default()
    };
    let sent = [
        visit(&id, None),
        visit("", Some(identifier("phone", PHONE))),
    ];
    let sent = futures_util::stream::iter(sent);
    let answer = profile.interactions().record_interactions(sent).await;
    let refusals = answer.unwrap().into_inner().refusals;
    let told = refusals.iter().map(|it| {
        let error = it.error.as_ref().unwrap();
        let details = error.encode_to_vec().into();
        reason(&Status::with_details(
            error.code.into(),
            &error.message,
            details,
        ))
    });
    let told: Vec<_> = told.collect();
    assert_eq!(told, ["CUSTOMER_ERASED", "IDENTIFIER_SUPPRESSED"]);
}

#[tokio::test]
async fn an_identifier_can_be_used_again_when_whoever_has_it_wants_to() {
    let profile = Profile::start().await;
    let id = make(&profile, anna()).await.unwrap();
    erased(&profile, &id).await;
    let lift = |value: &str| proto::LiftSuppressionRequest {
        kind: if value == PHONE { "phone" } else { "email" }.to_owned(),
        value: value.to_owned(),
        request_id: request_id(),
    };
    for value in [PHONE, "anna@example.com"] {
        let lifted = profile
            .privacy()
            .lift_suppression(lift(value))
            .await
            .unwrap();
        assert!(lifted.into_inner().was_suppressed);
        let again = profile
            .privacy()
            .lift_suppression(lift(value))
            .await
            .unwrap();
        assert!(!again.into_inner().was_suppressed);
    }
    let new = make(&profile, anna()).await.unwrap();
    assert_ne!(new, id);
}

#[tokio::test]
async fn all_ids_of_a_person_are_erased_together() {
    let profile = Profile::start().await;
    let (one, other) = (profile.customer().await, profile.customer().await);
    let merge = proto::MergeCustomersRequest {
        customer_id: one.clone(),
        merged_customer_id: other.clone(),
        reason: "the same person".to_owned(),
        request_id: request_id(),
        validate_only: false,
    };
    profile.identities().merge_customers(merge).await.unwrap();
    let erasure = erased(&profile, &other).await;
    assert_eq!(erasure.customer_ids, [one.clone(), other.clone()]);
    assert_eq!(rows(&erasure, "links"), Some(1));
    for id in [&one, &other] {
        let late = profile
            .record_order(order(id, "o-1", &[(1, 5)]))
            .await
            .unwrap_err();
        assert_eq!(reason(&late), "CUSTOMER_ERASED");
    }
}

#[tokio::test]
async fn a_legal_hold_keeps_somebody_from_being_erased_until_it_is_released() {
    let profile = Profile::start().await;
    let id = profile.customer().await;
    let hold = proto::CreateLegalHoldRequest {
        customer_id: id.clone(),
        reason: "a lawsuit".to_owned(),
        request_id: request_id(),
    };
    let hold = profile
        .privacy()
        .create_legal_hold(hold)
        .await
        .unwrap()
        .into_inner();
    let refused = request(&profile, &id).await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::FailedPrecondition, "LEGAL_HOLD")
    );

    let release = |hold_id: &str| proto::ReleaseLegalHoldRequest {
        customer_id: id.clone(),
        legal_hold_id: hold_id.to_owned(),
        reason: "it is over".to_owned(),
        request_id: request_id(),
    };
    let unknown = profile
        .privacy()
        .release_legal_hold(release(&request_id()))
        .await;
    assert_eq!(reason(&unknown.unwrap_err()), "LEGAL_HOLD_NOT_FOUND");
    for _ in 0..2 {
        let released = profile
            .privacy()
            .release_legal_hold(release(&hold.legal_hold_id))
            .await;
        assert_eq!(released.unwrap().into_inner().release_reason, "it is over");
    }
    let list = proto::ListLegalHoldsRequest {
        customer_id: id.clone(),
        ..Default::default()
    };
    let listed = profile
        .privacy()
        .list_legal_holds(list)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(listed.legal_holds[0].reason, "a lawsuit");
    let erasure = erased(&profile, &id).await;
    assert_eq!(rows(&erasure, "legal_holds"), Some(1));
}

#[tokio::test]
async fn asking_twice_under_one_request_id_erases_once() {
    let profile = Profile::start().await;
    let id = profile.customer().await;
    let request = erase(&id);
    let first = profile
        .privacy()
        .request_erasure(request.clone())
        .await
        .unwrap();
    until(&profile, &first.get_ref().erasure_id, |it| {
        is_confirmed(it, "profile")
    })
    .await;
    let again = profile.privacy().request_erasure(request).await.unwrap();
    assert_eq!(again.into_inner().erasure_id, first.into_inner().erasure_id);
    let list = proto::ListErasuresRequest {
        pending_only: true,
        ..Default::default()
    };
    let listed = profile
        .privacy()
        .list_erasures(list)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(listed.erasures.len(), 1);
}

#[tokio::test]
async fn what_was_answered_under_a_request_id_is_answered_no_more() {
    let profile = Profile::start().await;
    let request = create(anna());
    let made = profile
        .customers()
        .create_customer(request.clone())
        .await
        .unwrap();
    let erasure = erased(&profile, &made.into_inner().customer_id).await;
    assert_eq!(rows(&erasure, "idempotency_keys"), Some(1));
    let again = profile
        .customers()
        .create_customer(request)
        .await
        .unwrap_err();
    assert_eq!(reason(&again), "CUSTOMER_ERASED");
}

/// Another service, as far as its events go.
pub(crate) struct Other {
    database: TestDatabase,
    outbox: Outbox,
}

impl Other {
    async fn start(name: &'static str) -> Self {
        Self::start_with(name, Clock::system()).await
    }

    /// The service under a clock of the test's own.
    pub(crate) async fn start_with(name: &'static str, clock: Clock) -> Self {
        Self {
            database: TestDatabase::create(&OTHER).await,
            outbox: Outbox::new(name, clock),
        }
    }

    pub(crate) fn feed(&self) -> Arc<dyn Feed> {
        let db = self.database.db().clone();
        Arc::new(FeedServer::new(db, self.outbox.clone()))
    }

    async fn confirm(&self, erasure: &Erasure) {
        let store = ErasedStore {
            store: "things".to_owned(),
            outcome: Erased::Deleted.into(),
            rows: 7,
        };
        let payload = PersonErased {
            erasure_id: erasure.erasure_id.clone(),
            service: self.outbox.source().to_owned(),
            round: erasure.round,
            stores: vec![store],
        };
        let subject = erasure.erasure_id.parse().unwrap();
        self.announce(NewEvent::about(subject, None, &payload))
            .await;
    }

    /// It tells the others something.
    pub(crate) async fn announce(&self, event: NewEvent) {
        let mut tx = self.database.db().begin().await.unwrap();
        self.outbox.append(&mut tx, event).await.unwrap();
        tx.commit().await.unwrap();
        self.outbox.committed();
    }
}

#[tokio::test]
async fn an_erasure_is_pending_until_the_last_service_has_confirmed() {
    let mut others = Vec::new();
    for name in OTHERS {
        others.push(Other::start(name).await);
    }
    let feeds = others.iter().map(|it| (it.outbox.source(), it.feed()));
    let profile = Profile::start_among(Clock::system(), &Feeds::of(feeds), keyring()).await;
    let id = profile.customer().await;
    let mut erasure = erased(&profile, &id).await;
    for other in &others {
        assert_eq!(erasure.state(), State::Pending);
        assert!(erasure.complete_time.is_none());
        other.confirm(&erasure).await;
        let name = other.outbox.source();
        erasure = until(&profile, &erasure.erasure_id, |it| is_confirmed(it, name)).await;
    }
    assert_eq!(erasure.state(), State::Completed);
    let store = &erasure.services[1].stores[0];
    assert_eq!((store.store.as_str(), store.rows), ("things", 7));
}

#[tokio::test]
async fn who_has_not_answered_for_long_is_asked_again() {
    let start: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
    let clock = Clock::manual(start);
    let profile = Profile::start_with(clock.clone()).await;
    let id = profile.customer().await;
    let asked = erased(&profile, &id).await;
    assert_eq!(asked.round, 1);
    clock.advance(SignedDuration::from_mins(16));
    let again = until(&profile, &asked.erasure_id, |it| it.round == 2).await;
    until(&profile, &asked.erasure_id, |it| {
        is_confirmed(it, "profile")
    })
    .await;
    assert_eq!(again.state(), State::Pending);
    let told = "SELECT count(*) FROM outbox WHERE type = 'patron.profile.v1.ErasureRequested'";
    assert_eq!(profile.count(told).await, 2);
}

#[tokio::test]
async fn a_certificate_erases_again_whom_a_restored_database_has_brought_back() {
    let keys = keyring();
    let before = Profile::start_among(Clock::system(), &silent(), keys.clone()).await;
    let id = make(&before, anna()).await.unwrap();
    // What a backup of that time holds.
    let restored = Profile::start_among(Clock::system(), &silent(), keys).await;
    copy(&before, &restored).await;
    let certificate = erased(&before, &id).await;

    let replay = proto::ReplayErasureRequest {
        erasure: Some(certificate.clone()),
        request_id: request_id(),
    };
    let replayed = restored
        .privacy()
        .replay_erasure(replay)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (replayed.erasure_id, replayed.round),
        (certificate.erasure_id.clone(), 2)
    );
    let again = until(&restored, &certificate.erasure_id, |it| {
        is_confirmed(it, "profile")
    })
    .await;
    assert_eq!(rows(&again, "customers"), Some(1));
    assert_eq!(restored.count("SELECT count(*) FROM customers").await, 0);
    let late = make(&restored, anna()).await.unwrap_err();
    assert_eq!(reason(&late), "IDENTIFIER_SUPPRESSED");
    assert_eq!(again.suppressions, certificate.suppressions);
}

/// Copies customers from one database to another, as restoring a backup would.
async fn copy(from: &Profile, to: &Profile) {
    for table in [
        "subject_keys",
        "customers",
        "customer_traits",
        "identifier_owners",
        "sources",
    ] {
        let read = format!("SELECT to_jsonb(t) FROM {table} AS t");
        let rows: Vec<sqlx::types::JsonValue> = sqlx::query_scalar(sqlx::AssertSqlSafe(read))
            .fetch_all(from.database.owner_pool())
            .await
            .unwrap();
        for row in rows {
            let write = format!(
                "INSERT INTO {table} SELECT * FROM jsonb_populate_record(NULL::{table}, $1)"
            );
            sqlx::query(sqlx::AssertSqlSafe(write))
                .bind(row)
                .execute(to.database.owner_pool())
                .await
                .unwrap();
        }
    }
}
