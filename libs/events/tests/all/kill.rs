//! kill -9 at any time, while events flow: nothing is lost, nothing happens twice, order is kept.

use std::sync::Arc;
use std::time::Duration;

use events::NewEvent;
use postgres::testing::TestCluster;
use tokio::task::JoinSet;

use crate::effects::ManyEffects;
use crate::process::Replica;
use crate::world::{Announcer, Applying, event, until};

const EVENTS: i64 = 100_000;
const CUSTOMERS: u64 = 2_000;
const WRITERS: u64 = 2;
const PER_TRANSACTION: u64 = 500;
const LEASE: Duration = Duration::from_millis(300);

/// Counts the effects that do not follow on that of the version before.
const BROKEN: &str = "SELECT count(*) FROM (
        SELECT version, coalesce(lag(version)
            OVER (PARTITION BY subject_id ORDER BY ordinal), 0) AS previous FROM effect
    ) AS pair WHERE version <> previous + 1";

/// Numbers that look random and are the same in every run (Knuth's MMIX generator).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// Announces a writer's share. Some transactions get their ids long before they write, so events of
/// one customer stand the wrong way round now and then.
async fn write(announcer: &Announcer, writer: u64) {
    let mut numbers = Numbers(writer);
    let share = EVENTS.cast_unsigned() / WRITERS;
    for _ in 0..share / PER_TRANSACTION {
        let mut tx = announcer.begin_with_id().await;
        let random = |_| event(u128::from(numbers.below(CUSTOMERS)), 1);
        let events: Vec<NewEvent> = (0..PER_TRANSACTION).map(random).collect();
        announcer.outbox.append_all(&mut tx, &events).await.unwrap();
        tx.commit().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consumer_killed_at_random_applies_a_hundred_thousand_events_once_each_and_in_order() {
    let (announcer, applying) = (Arc::new(Announcer::new().await), Applying::new().await);
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let announcer = Arc::clone(&announcer);
        writers.spawn(async move { write(&announcer, writer).await });
    }

    let mut numbers = Numbers(42);
    let mut kills = 0;
    let mut replica = Replica::start(&announcer, &applying, LEASE);
    loop {
        let before = effects(&applying).await;
        if before == EVENTS {
            break;
        }
        until("the replica is at work", || async {
            effects(&applying).await > before
        })
        .await;
        tokio::time::sleep(Duration::from_millis(numbers.below(700))).await;
        if effects(&applying).await < EVENTS {
            replica.kill();
            kills += 1;
            replica = Replica::start(&announcer, &applying, LEASE);
        }
    }
    drop(writers.join_all().await);
    assert!(kills >= 5, "it was killed {kills} times only");
    let broken = "SELECT count(*) FROM (
            SELECT version, coalesce(lag(version)
                OVER (PARTITION BY subject_id ORDER BY ordinal), 0) AS previous FROM effect
        ) AS pair WHERE version <> previous + 1";
    assert_eq!(
        applying.number(broken).await,
        0,
        "each version once, and in order"
    );
    assert_eq!(effects(&applying).await, EVENTS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_crashes_under_feed_and_consumer_loses_and_repeats_nothing() {
    let mut cluster = TestCluster::private().await;
    let (announcer, applying) = (
        Announcer::within(&cluster).await,
        Applying::within(&cluster).await,
    );
    let _consumer = applying.start(announcer.feed(), ManyEffects);
    let block: Vec<NewEvent> = (0..5_000).map(|n| event(n % 100, 1)).collect();
    announcer.announce(&block).await;
    until("some effects are there", || async {
        effects(&applying).await > 0
    })
    .await;
    cluster.stop_immediately().await;
    cluster.start().await;
    until("all effects are there", || async {
        effects(&applying).await == 5_000
    })
    .await;
    assert_eq!(
        applying.number(BROKEN).await,
        0,
        "each version once, and in order"
    );
}

async fn effects(applying: &Applying) -> i64 {
    applying.number("SELECT count(*) FROM effect").await
}
