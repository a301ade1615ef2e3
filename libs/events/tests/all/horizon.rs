//! Nothing is lost when transactions commit in another order than they began.

use events::Feed as _;
use postgres::testing::TestCluster;

use crate::effects::Effects;
use crate::world::{Announcer, Applying, begin_with_id, event, everything, id, next_response};

#[tokio::test]
async fn an_event_that_commits_late_is_sent_before_those_that_began_after_it() {
    let cluster = TestCluster::private().await;
    let announcer = Announcer::within(&cluster).await;
    let mut feed = announcer.feed().follow(everything()).await.unwrap();

    let mut early = announcer.begin_with_id().await;
    announcer.announce(&[event(2, 20)]).await;
    let query = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint";
    let horizon: i64 = sqlx::query_scalar(query)
        .fetch_one(announcer.test.owner_pool())
        .await
        .unwrap();
    // Two responses after the commit, the feed has surely looked at it.
    for _ in 0..2 {
        let response = next_response(&mut feed, |_| true).await;
        assert!(
            response.events.is_empty(),
            "what is above the horizon is not sent"
        );
        assert!(response.progress.unwrap().horizon <= horizon.cast_unsigned());
    }
    announcer
        .outbox
        .append(&mut early, event(1, 10))
        .await
        .unwrap();
    early.commit().await.unwrap();
    announcer.outbox.committed();

    let response = next_response(&mut feed, |response| !response.events.is_empty()).await;
    let subjects: Vec<_> = response
        .events
        .iter()
        .map(|event| event.subject_id.clone())
        .collect();
    assert_eq!(subjects, [id(1).to_string(), id(2).to_string()]);
}

#[tokio::test]
async fn a_writer_left_open_in_another_database_delays_events_but_loses_none() {
    let cluster = TestCluster::private().await;
    let announcer = Announcer::within(&cluster).await;
    let elsewhere = Announcer::within(&cluster).await;
    let mut feed = announcer.feed().follow(everything()).await.unwrap();

    let open = begin_with_id(elsewhere.db()).await;
    announcer.announce(&[event(1, 10)]).await;
    for _ in 0..2 {
        assert!(next_response(&mut feed, |_| true).await.events.is_empty());
    }
    open.rollback().await.unwrap();
    let response = next_response(&mut feed, |response| !response.events.is_empty()).await;
    assert_eq!(response.events.len(), 1);
}

#[tokio::test]
async fn two_events_of_a_subject_that_stand_the_wrong_way_round_are_applied_in_order() {
    let cluster = TestCluster::private().await;
    let (announcer, applying) = (
        Announcer::within(&cluster).await,
        Applying::within(&cluster).await,
    );
    // The first transaction has its id before the second, but comes to write after it.
    let mut early = announcer.begin_with_id().await;
    announcer.announce(&[event(1, 10)]).await;
    announcer
        .outbox
        .append(&mut early, event(1, 20))
        .await
        .unwrap();
    early.commit().await.unwrap();

    let mut feed = announcer.feed().follow(everything()).await.unwrap();
    let response = next_response(&mut feed, |response| !response.events.is_empty()).await;
    let versions: Vec<_> = response
        .events
        .iter()
        .map(|event| event.subject_version)
        .collect();
    assert_eq!(versions, [2, 1], "the case that this test is about");

    let _consumer = applying.start(announcer.feed(), Effects::default());
    applying.until_amounts(1, &[10, 20]).await;
}
