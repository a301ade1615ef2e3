//! Readiness follows the database; liveness only the process's own fault.

use std::time::Duration;

use postgres::testing::{TestCluster, TestDatabase};
use postgres::{Database, DatabaseConfig, NotReady, ProbeLimits};

use crate::support::{EMPTY, eventually};

const LIMITS: ProbeLimits = ProbeLimits {
    answer: Duration::from_millis(300),
    starvation: Duration::from_millis(500),
};

#[tokio::test]
async fn a_lost_database_makes_a_service_unready_but_not_dead() {
    let mut cluster = TestCluster::private().await;
    let test = cluster.create(&EMPTY).await;
    let limits = ProbeLimits {
        answer: Duration::from_secs(5),
        ..LIMITS
    };
    let probe = test.db().probe(limits);
    probe.ready().await.expect("ready");
    cluster.stop_immediately().await;
    let lost = probe.ready().await;
    assert!(
        matches!(lost, Err(NotReady::Unreachable { .. })),
        "{lost:?}"
    );
    assert!(probe.alive());
    cluster.start().await;
    eventually("ready again", async || probe.ready().await.is_ok()).await;
}

#[tokio::test]
async fn a_pool_that_stays_starved_while_the_database_answers_is_reason_to_restart() {
    let test = TestDatabase::create(&EMPTY).await;
    let config = DatabaseConfig {
        max_connections: 1,
        ..test.config()
    };
    let db = Database::connect(&config).await.expect("a pool");
    let probe = db.probe(LIMITS);
    let lost_permit = db.begin().await.expect("a transaction");
    let starved = probe.ready().await;
    assert!(
        matches!(starved, Err(NotReady::Starved { .. })),
        "{starved:?}"
    );
    assert!(probe.alive(), "a short starvation is only load");
    eventually("it lasts too long", async || {
        probe.ready().await.is_err() && !probe.alive()
    })
    .await;
    drop(lost_permit);
    eventually("forgiven", async || {
        probe.ready().await.is_ok() && probe.alive()
    })
    .await;
}
