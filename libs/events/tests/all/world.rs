//! A service that announces, and one that applies.

use std::sync::Arc;
use std::time::Duration;

use chassis::Clock;
use contract::patron::events::v1::{FollowRequest, FollowResponse, ShardCursor};
use contract::patron::loyalty::v1::LotShare;
use events::{
    Consumer, ConsumerConfig, Feed, FeedConfig, FeedServer, Handler, NewEvent, Outbox, Responses,
    SHARDS,
};
use futures_util::StreamExt as _;
use postgres::testing::{APP_ROLE, TestCluster, TestDatabase};
use postgres::{Database, Migrations};
use sqlx::{AssertSqlSafe, PgPool, Postgres, Transaction};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

static MIGRATIONS: Migrations = Migrations::new("events", &[&events::MIGRATIONS]);

/// Longer than anything here should take; only ever reached by a failure.
pub(crate) const PATIENCE: Duration = Duration::from_secs(50);

/// The service whose events are followed.
pub(crate) const SOURCE: &str = "profile";

/// The database of the announcing service.
pub(crate) struct Announcer {
    pub(crate) test: TestDatabase,
    pub(crate) outbox: Outbox,
}

impl Announcer {
    pub(crate) async fn new() -> Self {
        Self::over(TestDatabase::create(&MIGRATIONS).await)
    }

    pub(crate) async fn within(cluster: &TestCluster) -> Self {
        Self::over(cluster.create(&MIGRATIONS).await)
    }

    fn over(test: TestDatabase) -> Self {
        Self {
            test,
            outbox: Outbox::new(SOURCE, Clock::system()),
        }
    }

    pub(crate) fn db(&self) -> &Database {
        self.test.db()
    }

    pub(crate) fn feed(&self) -> Arc<FeedServer> {
        Arc::new(FeedServer::with_config(
            self.db().clone(),
            self.outbox.clone(),
            feed_config(),
        ))
    }

    pub(crate) async fn announce(&self, events: &[NewEvent]) {
        let mut tx = self.db().begin().await.unwrap();
        self.outbox.append_all(&mut tx, events).await.unwrap();
        tx.commit().await.unwrap();
        self.outbox.committed();
    }

    /// A transaction that has its id, as after the insert of an idempotency key.
    pub(crate) async fn begin_with_id(&self) -> Transaction<'static, Postgres> {
        begin_with_id(self.db()).await
    }
}

pub(crate) async fn begin_with_id(db: &Database) -> Transaction<'static, Postgres> {
    let mut tx = db.begin().await.unwrap();
    sqlx::query("SELECT pg_current_xact_id()")
        .execute(&mut *tx)
        .await
        .unwrap();
    tx
}

pub(crate) fn feed_config() -> FeedConfig {
    FeedConfig {
        heartbeat: Duration::from_millis(200),
        ..FeedConfig::default()
    }
}

/// A quick consumer: short leases and waits.
pub(crate) fn config() -> ConsumerConfig {
    ConsumerConfig {
        lease: Duration::from_millis(1_500),
        attempts: 2,
        backoff: Duration::from_millis(20),
        longest_backoff: Duration::from_millis(200),
        idle_cursors: Duration::from_millis(500),
        ..ConsumerConfig::of("loyalty")
    }
}

/// The number of a customer as an id.
pub(crate) fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

/// An event of a customer, who is the subject too.
pub(crate) fn event(customer: u128, amount: i64) -> NewEvent {
    let payload = LotShare {
        lot_id: String::new(),
        amount,
    };
    NewEvent::about(id(customer), Some(id(customer)), &payload)
}

/// Everything, from the beginning.
pub(crate) fn everything() -> FollowRequest {
    let cursor = |shard| ShardCursor {
        shard: u32::from(shard),
        after: None,
    };
    FollowRequest {
        consumer: "test".to_owned(),
        cursors: (0..SHARDS).map(cursor).collect(),
    }
}

/// Reads responses until one satisfies.
pub(crate) async fn next_response(
    responses: &mut Responses,
    mut satisfies: impl FnMut(&FollowResponse) -> bool,
) -> FollowResponse {
    within(async {
        loop {
            let response = responses.next().await.unwrap().unwrap();
            if satisfies(&response) {
                return response;
            }
        }
    })
    .await
}

/// Makes the table of effects, in which nothing prevents doubles.
pub(crate) async fn create_effects(test: &TestDatabase) {
    let table = format!(
        "CREATE TABLE effect (ordinal bigserial, event_id uuid NOT NULL, subject_id uuid NOT NULL,
             version bigint NOT NULL, amount bigint NOT NULL);
         GRANT ALL ON effect TO {APP_ROLE};
         GRANT USAGE ON SEQUENCE effect_ordinal_seq TO {APP_ROLE};"
    );
    sqlx::raw_sql(AssertSqlSafe(table))
        .execute(test.owner_pool())
        .await
        .unwrap();
}

/// The database of the applying service.
pub(crate) struct Applying {
    pub(crate) test: TestDatabase,
}

impl Applying {
    pub(crate) async fn new() -> Self {
        Self::over(TestDatabase::create(&MIGRATIONS).await).await
    }

    pub(crate) async fn within(cluster: &TestCluster) -> Self {
        Self::over(cluster.create(&MIGRATIONS).await).await
    }

    async fn over(test: TestDatabase) -> Self {
        create_effects(&test).await;
        Self { test }
    }

    pub(crate) fn db(&self) -> &Database {
        self.test.db()
    }

    pub(crate) fn consumer(&self, feed: Arc<dyn Feed>, handler: impl Handler) -> Consumer {
        let (db, clock) = (self.db().clone(), Clock::system());
        Consumer::new(db, SOURCE, feed, handler, config(), clock)
    }

    pub(crate) fn start(&self, feed: Arc<dyn Feed>, handler: impl Handler) -> Task {
        Task::start(self.consumer(feed, handler))
    }

    /// The amounts of a customer's effects, in the order in which they came about.
    pub(crate) async fn amounts(&self, customer: u128) -> Vec<i64> {
        amounts(self.test.owner_pool(), customer).await
    }

    pub(crate) async fn until_amounts(&self, customer: u128, wanted: &[i64]) {
        until("the effects are there", || async {
            let amounts = self.amounts(customer).await;
            assert!(
                amounts.len() <= wanted.len(),
                "{amounts:?} are more than {wanted:?}"
            );
            amounts == wanted
        })
        .await;
    }

    /// The first column of the first row, a number.
    pub(crate) async fn number(&self, query: &'static str) -> i64 {
        sqlx::query_scalar(query)
            .fetch_one(self.test.owner_pool())
            .await
            .unwrap()
    }
}

async fn amounts(pool: &PgPool, customer: u128) -> Vec<i64> {
    let query = "SELECT amount FROM effect WHERE subject_id = $1 ORDER BY ordinal";
    sqlx::query_scalar(query)
        .bind(id(customer))
        .fetch_all(pool)
        .await
        .unwrap()
}

/// A consumer at work, until it is stopped or dropped.
pub(crate) struct Task {
    stop: CancellationToken,
    running: JoinHandle<()>,
}

impl Task {
    pub(crate) fn start(consumer: Consumer) -> Self {
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        Self {
            stop,
            running: tokio::spawn(async move { consumer.run(stopped).await }),
        }
    }

    pub(crate) async fn stop(mut self) {
        self.stop.cancel();
        within(&mut self.running).await.unwrap();
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Bounds every wait: a test fails instead of hanging.
pub(crate) async fn within<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(PATIENCE, future)
        .await
        .expect("took too long")
}

/// Waits for a condition.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting)
        .await
        .unwrap_or_else(|_| panic!("not so: {what}"));
}
