//! A gap in a subject's versions is passed once it is proven real, and not before.

use postgres::testing::TestCluster;

use crate::effects::Effects;
use crate::world::{Announcer, Applying, event, until};

#[tokio::test]
async fn an_event_behind_a_gap_waits_until_no_transaction_can_bring_the_missing_one() {
    let cluster = TestCluster::private().await;
    let (announcer, applying) = (
        Announcer::within(&cluster).await,
        Applying::within(&cluster).await,
    );
    announcer.announce(&[event(1, 10)]).await;
    announcer.announce(&[event(1, 20)]).await;
    let lose = sqlx::query("DELETE FROM outbox WHERE subject_version = 2");
    lose.execute(announcer.test.owner_pool()).await.unwrap();

    // An event whose transaction is below one that is open, and whose predecessor might be in a
    // transaction above that.
    let mut early = announcer.begin_with_id().await;
    let open = announcer.begin_with_id().await;
    announcer.announce(&[event(2, 1)]).await;
    announcer
        .outbox
        .append(&mut early, event(1, 30))
        .await
        .unwrap();
    early.commit().await.unwrap();

    let _consumer = applying.start(announcer.feed(), Effects::default());
    applying.until_amounts(1, &[10]).await;
    // The cursors of idle shards move on, that of the waiting event does not.
    until("the feed has been read further", || async {
        let moved = "SELECT count(*) FROM consumer_cursors WHERE transaction_id > 0";
        applying.number(moved).await == 64
    })
    .await;
    assert_eq!(applying.amounts(1).await, [10], "the gap is not proven yet");

    open.rollback().await.unwrap();
    applying.until_amounts(1, &[10, 30]).await;
    applying.until_amounts(2, &[1]).await;
}

#[tokio::test]
async fn a_subject_whose_first_events_are_kept_no_longer_begins_where_it_can() {
    let (announcer, applying) = (Announcer::new().await, Applying::new().await);
    announcer
        .announce(&[event(1, 10), event(1, 20), event(1, 30)])
        .await;
    let expire = sqlx::query("DELETE FROM outbox WHERE subject_version < 3");
    expire.execute(announcer.test.owner_pool()).await.unwrap();
    let _consumer = applying.start(announcer.feed(), Effects::default());
    applying.until_amounts(1, &[30]).await;
}
