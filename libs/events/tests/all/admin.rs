//! Cursors, and sending a consumer back.

use chassis::Clock;
use chassis::paging::PageTokens;
use contract::patron::events::v1::event_admin_service_server::EventAdminService as _;
use contract::patron::events::v1::{
    ListConsumerCursorsRequest, ListDeadLettersRequest, RewindConsumerRequest,
};
use events::{AdminServer, Consumer};
use jiff::Timestamp;
use tonic::{Code, Request};
use tonic_types::StatusExt as _;

use crate::effects::Effects;
use crate::world::{Announcer, Applying, SOURCE, Task, event, until};

fn admin(applying: &Applying, consumer: &Consumer) -> AdminServer {
    let tokens = PageTokens::new(b"secret");
    let db = applying.db().clone();
    AdminServer::new("loyalty", db, Clock::system(), tokens, [consumer.clone()])
}

fn rewind(source: &str, since: &str) -> Request<RewindConsumerRequest> {
    let since: Timestamp = since.parse().unwrap();
    Request::new(RewindConsumerRequest {
        service: "loyalty".to_owned(),
        source: source.to_owned(),
        since: Some(contract::time::timestamp(since)),
    })
}

#[tokio::test]
async fn a_rewind_fills_in_what_was_lost_since_then_and_repeats_nothing() {
    let (announcer, applying) = (Announcer::new().await, Applying::new().await);
    let at = |time: &str, amount| event(1, amount).occurred_at(time.parse().unwrap());
    announcer
        .announce(&[at("2025-03-01T00:00:00Z", 1), at("2025-03-02T00:00:00Z", 2)])
        .await;
    announcer
        .announce(&[at("2025-03-03T00:00:00Z", 3), event(2, 9)])
        .await;
    let consumer = applying.consumer(announcer.feed(), Effects::default());
    let _running = Task::start(consumer.clone());
    applying.until_amounts(1, &[1, 2, 3]).await;
    applying.until_amounts(2, &[9]).await;

    // What a restore of the consumer's tables would do to one customer.
    let lose = "DELETE FROM effect WHERE amount < 9;
        DELETE FROM consumer_subjects WHERE version = 3";
    sqlx::raw_sql(lose)
        .execute(applying.test.owner_pool())
        .await
        .unwrap();
    let admin = admin(&applying, &consumer);
    let rewound = admin
        .rewind_consumer(rewind(SOURCE, "2025-03-02T00:00:00Z"))
        .await
        .unwrap();
    assert_eq!(rewound.into_inner().shard_count, 64);
    applying.until_amounts(1, &[2, 3]).await;
    announcer.announce(&[event(2, 10)]).await;
    applying.until_amounts(2, &[9, 10]).await;
    assert_eq!(applying.amounts(1).await, [2, 3]);
}

#[tokio::test]
async fn cursors_tell_where_each_shard_stands_and_who_works_on_it() {
    let (announcer, applying) = (Announcer::new().await, Applying::new().await);
    let consumer = applying.consumer(announcer.feed(), Effects::default());
    let admin = admin(&applying, &consumer);
    let list = || async {
        let request = ListConsumerCursorsRequest {
            service: String::new(),
        };
        admin
            .list_consumer_cursors(Request::new(request))
            .await
            .unwrap()
            .into_inner()
            .cursors
    };
    let running = Task::start(consumer);
    announcer.announce(&[event(1, 1)]).await;
    applying.until_amounts(1, &[1]).await;
    let cursors = list().await;
    assert_eq!(cursors.len(), 64);
    assert!(
        cursors
            .iter()
            .all(|cursor| cursor.lease_holder.starts_with("loyalty-"))
    );
    assert_eq!(
        cursors
            .iter()
            .filter(|cursor| cursor.update_time.is_some())
            .count(),
        1
    );
    until("idle cursors move, too", || async {
        list()
            .await
            .iter()
            .all(|cursor| cursor.position.unwrap().transaction_id > 0)
    })
    .await;
    running.stop().await;
    assert!(
        list()
            .await
            .iter()
            .all(|cursor| cursor.lease_holder.is_empty())
    );
}

#[tokio::test]
async fn a_call_for_another_service_or_an_unknown_feed_is_refused() {
    let (announcer, applying) = (Announcer::new().await, Applying::new().await);
    let consumer = applying.consumer(announcer.feed(), Effects::default());
    let admin = admin(&applying, &consumer);
    let unknown = admin
        .rewind_consumer(rewind("survey", "2025-03-02T00:00:00Z"))
        .await;
    assert_eq!(
        unknown
            .unwrap_err()
            .get_details_error_info()
            .unwrap()
            .reason,
        "FEED_UNKNOWN"
    );
    let request = ListDeadLettersRequest {
        service: "survey".to_owned(),
        ..ListDeadLettersRequest::default()
    };
    let misrouted = admin
        .list_dead_letters(Request::new(request))
        .await
        .unwrap_err();
    assert_eq!(misrouted.code(), Code::InvalidArgument);
    assert_eq!(
        misrouted.get_details_error_info().unwrap().reason,
        "SERVICE_UNKNOWN"
    );
}
