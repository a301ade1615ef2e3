//! Replicas share the shards of a feed, and only one of them works on a shard.

use std::time::Duration;

use events::NewEvent;

use crate::effects::Effects;
use crate::process::Replica;
use crate::world::{Announcer, Applying, event, until};

const LEASE: Duration = Duration::from_millis(900);
const HOLDERS: &str = "SELECT count(DISTINCT lease_holder) FROM consumer_cursors
    WHERE lease_expires_at > clock_timestamp()";
const LEASED: &str =
    "SELECT count(*) FROM consumer_cursors WHERE lease_expires_at > clock_timestamp()";
const LARGEST: &str = "SELECT max(shards) FROM (SELECT count(*) AS shards FROM consumer_cursors
    WHERE lease_expires_at > clock_timestamp() GROUP BY lease_holder) AS share";

/// One event for each of many customers, so that all shards have some.
fn one_for_each(amount: i64) -> Vec<NewEvent> {
    (0..500).map(|customer| event(customer, amount)).collect()
}

async fn until_applied(applying: &Applying, effects: i64) {
    let count = "SELECT count(*) FROM effect";
    until("all effects are there", || async {
        applying.number(count).await >= effects
    })
    .await;
    assert_eq!(applying.number(count).await, effects);
    let distinct = "SELECT count(DISTINCT event_id) FROM effect";
    assert_eq!(applying.number(distinct).await, effects);
}

async fn until_shared(applying: &Applying, replicas: i64) {
    until("the shards are shared", || async {
        applying.number(HOLDERS).await == replicas
            && applying.number(LEASED).await == 64
            && applying.number(LARGEST).await == 64 / replicas
    })
    .await;
}

#[tokio::test]
async fn replicas_share_the_shards_and_one_that_is_killed_is_replaced_by_the_other() {
    let (announcer, applying) = (Announcer::new().await, Applying::new().await);
    let one = Replica::start(&announcer, &applying, LEASE);
    let _two = Replica::start(&announcer, &applying, LEASE);
    until_shared(&applying, 2).await;
    announcer.announce(&one_for_each(1)).await;
    until_applied(&applying, 500).await;

    one.kill();
    announcer.announce(&one_for_each(2)).await;
    until_applied(&applying, 1_000).await;
    until_shared(&applying, 1).await;
}

#[tokio::test]
async fn a_replica_that_was_frozen_finds_its_shards_taken_and_does_nothing_twice() {
    let (announcer, applying) = (Announcer::new().await, Applying::new().await);
    let frozen = Replica::start(&announcer, &applying, LEASE);
    until_shared(&applying, 1).await;
    announcer.announce(&one_for_each(1)).await;
    until_applied(&applying, 500).await;
    frozen.signal("STOP");
    let _other = Replica::start(&announcer, &applying, LEASE);
    announcer.announce(&one_for_each(2)).await;
    until_applied(&applying, 1_000).await;

    frozen.signal("CONT");
    announcer.announce(&one_for_each(3)).await;
    until_applied(&applying, 1_500).await;
    until_shared(&applying, 2).await;
}

#[tokio::test]
async fn whoever_has_lost_a_lease_has_no_effect_any_more() {
    let (announcer, applying) = (Announcer::new().await, Applying::new().await);
    let _consumer = applying.start(announcer.feed(), Effects::default());
    announcer.announce(&[event(1, 1)]).await;
    applying.until_amounts(1, &[1]).await;

    // Another replica takes everything, of which the consumer does not hear at once.
    let steal = "UPDATE consumer_cursors SET lease_holder = 'thief',
        lease_expires_at = clock_timestamp() + interval '2 s'";
    sqlx::query(steal)
        .execute(applying.test.owner_pool())
        .await
        .unwrap();
    announcer.announce(&[event(1, 2)]).await;
    let stolen = "SELECT count(*) FROM consumer_cursors
        WHERE lease_holder = 'thief' AND lease_expires_at > clock_timestamp()";
    until("the thief's leases have expired", || async {
        let is_held = applying.number(stolen).await == 64;
        let amounts = applying.amounts(1).await;
        // The lease was read first: the effect can't be older than its end.
        assert!(!is_held || amounts == [1] || applying.number(stolen).await < 64);
        !is_held
    })
    .await;
    applying.until_amounts(1, &[1, 2]).await;
}
