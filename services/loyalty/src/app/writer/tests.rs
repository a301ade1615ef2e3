use std::time::Duration;

use chassis::Deadline;
use chassis::metrics::Registry;
use contract::patron::loyalty::v1::{CreateRedemptionRequest, Redemption};
use events::{MAX_PAYLOAD_BYTES, NewEvent};
use futures_util::future::join_all;
use idempotency::batch::Request;
use idempotency::{Key, REPLAYED};
use tonic::{Code, Response, Status};
use tonic_types::StatusExt as _;
use uuid::Uuid;

use super::*;
use crate::app::AppError;
use crate::app::books::{Books, Need};
use crate::app::desk::{Desk, redeem};
use crate::app::redeem::Redeem;

/// A redemption that can be made to fail where it can't know it.
struct Spend {
    redeem: Redeem,
    is_at_fault: bool,
}

impl Command for Spend {
    type Request = CreateRedemptionRequest;
    type Reply = Redemption;

    fn holder_id(&self) -> Uuid {
        self.redeem.holder_id()
    }

    fn need(&self) -> Need {
        self.redeem.need()
    }

    fn decide(&self, books: &Books) -> Result<Decision<Redemption>, AppError> {
        let mut decision = self.redeem.decide(books)?;
        if self.is_at_fault {
            let reference = "x".repeat(MAX_PAYLOAD_BYTES);
            let event = Redemption {
                reference,
                ..Redemption::default()
            };
            decision
                .events
                .push(NewEvent::about(self.holder_id(), None, &event));
        }
        Ok(decision)
    }
}

fn writer(desk: &Desk) -> Writer {
    Writer::start(
        &desk.loyalty,
        1,
        &WriterMetrics::registered(&Registry::new("loyalty")),
    )
}

fn request(number: u128, points: i64) -> Request {
    let sent = CreateRedemptionRequest {
        redemption: Some(Redemption {
            points,
            ..Redemption::default()
        }),
        request_id: Uuid::from_u128(number + 1).to_string(),
        validate_only: false,
    };
    let key = Key::new("user:ann", crate::app::redeem::METHOD, &sent.request_id).unwrap();
    Request::new(key, &sent)
}

fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(30))
}

fn spend(redeem: Redeem) -> Spend {
    Spend {
        redeem,
        is_at_fault: false,
    }
}

fn reason(answer: &Result<Response<Redemption>, Status>) -> String {
    let status = answer.as_ref().unwrap_err();
    status.get_details_error_info().unwrap().reason
}

#[tokio::test]
async fn of_a_batch_with_a_call_at_fault_all_others_are_served() {
    let desk = Desk::new().await;
    let writer = writer(&desk);
    let customer_id = desk.member(&[100]).await;
    let calls = (1..=9).map(|number| {
        let mut command = spend(redeem(customer_id, 10));
        command.is_at_fault = number == 5;
        writer.submit(request(number, 10), command, soon())
    });
    let answers = join_all(calls).await;
    let refused: Vec<usize> = answers
        .iter()
        .enumerate()
        .filter(|(_, answer)| answer.is_err())
        .map(|(n, _)| n)
        .collect();
    assert_eq!(refused, [4]);
    assert_eq!(reason(&answers[4]), "INTERNAL");
    assert_eq!(desk.available(customer_id).await, 20);
    assert_eq!(desk.differences().await, Vec::<String>::new());
}

#[tokio::test]
async fn requests_that_were_there_before_are_answered_and_the_rest_of_their_batch_is_decided() {
    let desk = Desk::new().await;
    let writer = writer(&desk);
    let customer_id = desk.member(&[100]).await;
    let call = |number: u128, points: i64| {
        writer.submit(
            request(number, points),
            spend(redeem(customer_id, points)),
            soon(),
        )
    };
    let first = call(1, 10).await.unwrap();
    // The last is another request under the key of the second, in the same batch.
    let (again, new, other) = tokio::join!(call(1, 10), call(2, 20), call(2, 30));
    let again = again.unwrap();
    assert!(again.metadata().contains_key(REPLAYED));
    assert_eq!(again.into_inner(), first.into_inner());
    assert_eq!(new.unwrap().into_inner().available_after, 70);
    assert_eq!(reason(&other), "REQUEST_ID_CONFLICT");
    assert_eq!(desk.available(customer_id).await, 70);
}

#[tokio::test]
async fn a_call_whose_time_is_over_before_its_turn_has_no_effect() {
    let desk = Desk::new().await;
    let writer = writer(&desk);
    let customer_id = desk.member(&[100]).await;
    let late = Deadline::after(Duration::ZERO);
    let call = |deadline| writer.submit(request(1, 10), spend(redeem(customer_id, 10)), deadline);
    let answer = call(late).await;
    assert_eq!(answer.as_ref().unwrap_err().code(), Code::DeadlineExceeded);
    assert_eq!(desk.available(customer_id).await, 100);
    // Nothing is remembered of it.
    assert!(
        !call(soon())
            .await
            .unwrap()
            .metadata()
            .contains_key(REPLAYED)
    );
}

#[tokio::test]
async fn beyond_the_queue_callers_are_told_at_once_and_the_others_are_served_in_the_end() {
    let desk = Desk::new().await;
    let writer = writer(&desk);
    let customer_id = desk.member(&[10_000]).await;
    let mut blocking = desk.loyalty.db.begin().await.unwrap();
    crate::store::ledger::holders::lock(&mut blocking, &[customer_id])
        .await
        .unwrap();
    let crowd = QUEUE + 600;
    let calls = (0..crowd).map(|number| {
        let request = request(number as u128, 1);
        writer.submit(request, spend(redeem(customer_id, 1)), soon())
    });
    let release = async {
        tokio::task::yield_now().await;
        blocking.rollback().await.unwrap();
    };
    let (answers, ()) = tokio::join!(join_all(calls), release);
    let (served, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert!(
        served.len() >= QUEUE && !refused.is_empty(),
        "{} served",
        served.len()
    );
    for answer in &refused {
        assert_eq!(reason(answer), "OVERLOADED");
    }
    let spent = i64::try_from(served.len()).unwrap();
    assert_eq!(desk.available(customer_id).await, 10_000 - spent);
    assert_eq!(desk.differences().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_batch_adds_one_link_to_the_chain_of_its_writer() {
    let desk = Desk::new().await;
    let writer = writer(&desk);
    let customer_id = desk.member(&[100]).await;
    let count = async || -> i64 {
        let links = sqlx::query_scalar("SELECT count(*) FROM chain_links WHERE chain = 0");
        links.fetch_one(desk.loyalty.db.pool()).await.unwrap()
    };
    let calls = (1..=8)
        .map(|number| writer.submit(request(number, 1), spend(redeem(customer_id, 1)), soon()));
    assert_eq!(join_all(calls).await.into_iter().flatten().count(), 8);
    assert_eq!(count().await, 1);
}

#[tokio::test]
async fn a_member_whom_somebody_has_locked_keeps_others_waiting_once() {
    let desk = Desk::new().await;
    let impatient = postgres::DatabaseConfig {
        lock_timeout_ms: 1_000,
        ..desk.database.config()
    };
    let loyalty = Loyalty {
        db: postgres::Database::connect(&impatient).await.unwrap(),
        ..desk.loyalty.clone()
    };
    let writer = Writer::start(
        &loyalty,
        1,
        &WriterMetrics::registered(&Registry::new("loyalty")),
    );
    let members = [desk.member(&[100]).await, desk.member(&[100]).await];
    let mut blocking = desk.loyalty.db.begin().await.unwrap();
    crate::store::ledger::holders::lock(&mut blocking, &members[..1])
        .await
        .unwrap();
    let calls = (0..20).map(|number: usize| {
        let command = spend(redeem(members[number % 2], 1));
        writer.submit(request(number as u128, 1), command, soon())
    });
    let began = tokio::time::Instant::now();
    let answers = join_all(calls).await;
    assert!(
        began.elapsed() < Duration::from_secs(8),
        "{:?}",
        began.elapsed()
    );
    blocking.rollback().await.unwrap();
    for (number, answer) in answers.iter().enumerate() {
        if number % 2 == 0 {
            assert_eq!(reason(answer), "UNAVAILABLE");
        } else {
            assert!(answer.is_ok(), "{answer:?}");
        }
    }
}
