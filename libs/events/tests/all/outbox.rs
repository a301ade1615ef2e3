//! What is announced, and what is not.

use chassis::telemetry;
use contract::patron::events::v1::Event;
use contract::patron::loyalty::v1::LotShare;
use events::{Feed as _, MAX_PAYLOAD_BYTES, NewEvent, OutboxError, shard_of};
use prost::Message as _;

use crate::world::{Announcer, event, everything, id, next_response};

#[tokio::test]
async fn an_event_is_announced_with_its_envelope() {
    let announcer = Announcer::new().await;
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let cause = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let about_a_case = NewEvent::about(id(900), Some(id(1)), &LotShare::default())
        .occurred_at("2025-03-09T10:00:00.5Z".parse().unwrap())
        .schema_version(2);
    telemetry::with_traceparent(
        Some(trace),
        announcer.announce(&[event(1, 7).in_trace(cause), about_a_case]),
    )
    .await;

    let mut feed = announcer.feed().follow(everything()).await.unwrap();
    let response = next_response(&mut feed, |response| !response.events.is_empty()).await;
    let [first, second]: [Event; 2] = response.events.try_into().unwrap();
    assert_eq!(first.r#type, "patron.loyalty.v1.LotShare");
    assert_eq!(LotShare::decode(first.data).unwrap().amount, 7);
    assert_eq!(
        (first.source.as_str(), first.subject_version),
        ("profile", 1)
    );
    assert_eq!(second.subject_id, id(900).to_string());
    assert_eq!(second.customer_id, id(1).to_string());
    assert_eq!(
        (second.shard, second.schema_version),
        (u32::from(shard_of(id(1))), 2)
    );
    assert_eq!(second.occur_time.unwrap().nanos, 500_000_000);
    assert_eq!(first.traceparent, cause);
    assert!(
        second.traceparent.starts_with(&trace[..36]),
        "{}",
        second.traceparent
    );
    let (one, two) = (first.position.unwrap(), second.position.unwrap());
    assert_eq!(one.transaction_id, two.transaction_id);
    assert!(one.sequence < two.sequence);
}

#[tokio::test]
async fn versions_are_dense_though_transactions_roll_back() {
    let announcer = Announcer::new().await;
    announcer
        .announce(&[event(1, 1), event(2, 1), event(1, 2)])
        .await;
    let mut abandoned = announcer.db().begin().await.unwrap();
    announcer
        .outbox
        .append(&mut abandoned, event(1, 99))
        .await
        .unwrap();
    abandoned.rollback().await.unwrap();
    announcer.announce(&[event(1, 3)]).await;

    let query = "SELECT subject_version FROM outbox WHERE subject_id = $1 ORDER BY position";
    let versions: Vec<i64> = sqlx::query_scalar(query)
        .bind(id(1))
        .fetch_all(announcer.test.owner_pool())
        .await
        .unwrap();
    assert_eq!(versions, [1, 2, 3]);
}

#[tokio::test]
async fn a_payload_beyond_the_limit_is_refused_by_name() {
    let announcer = Announcer::new().await;
    let lot_id = "x".repeat(MAX_PAYLOAD_BYTES);
    let large = NewEvent::about(id(1), None, &LotShare { lot_id, amount: 0 });
    let mut tx = announcer.db().begin().await.unwrap();
    let refused = announcer.outbox.append(&mut tx, large).await.unwrap_err();
    assert!(matches!(refused, OutboxError::TooLarge { .. }), "{refused}");
}

#[tokio::test]
async fn a_page_is_bounded_in_bytes_and_the_next_one_goes_on() {
    let announcer = Announcer::new().await;
    let lot_id = "x".repeat(600_000);
    let large = |customer| {
        NewEvent::about(
            id(customer),
            None,
            &LotShare {
                lot_id: lot_id.clone(),
                amount: 0,
            },
        )
    };
    announcer.announce(&[large(1), large(2), large(3)]).await;
    let mut feed = announcer.feed().follow(everything()).await.unwrap();
    let first = next_response(&mut feed, |response| !response.events.is_empty()).await;
    let second = next_response(&mut feed, |response| !response.events.is_empty()).await;
    assert_eq!((first.events.len(), second.events.len()), (2, 1));
}

#[tokio::test]
async fn the_application_can_neither_change_nor_delete_what_was_announced() {
    let announcer = Announcer::new().await;
    announcer.announce(&[event(1, 1)]).await;
    for forbidden in [
        "UPDATE outbox SET payload = ''",
        "DELETE FROM outbox",
        "TRUNCATE outbox",
    ] {
        let refused = sqlx::query(forbidden)
            .execute(announcer.db().pool())
            .await
            .unwrap_err();
        let code = refused
            .as_database_error()
            .unwrap()
            .code()
            .unwrap()
            .into_owned();
        assert_eq!(code, "42501", "{forbidden}");
    }
}
