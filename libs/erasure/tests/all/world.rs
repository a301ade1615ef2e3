//! A service that keeps nothing but what every service keeps.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chassis::Clock;
use contract::patron::profile::v1::CustomerCreated;
use erasure::{Asked, Eraser, PersonalData, Removed, begin};
use events::{HandlerError, NewEvent, Outbox};
use jiff::Timestamp;
use postgres::Migrations;
use postgres::testing::TestDatabase;
use sqlx::PgTransaction;
use uuid::Uuid;

static MIGRATIONS: Migrations = Migrations::new(
    "test",
    &[
        &events::MIGRATIONS,
        &idempotency::MIGRATIONS,
        &seal::MIGRATIONS,
        &erasure::MIGRATIONS,
    ],
);

/// Longer than anything here should take; only ever reached by a failure.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a condition rests before it is looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

pub(crate) fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

pub(crate) fn now() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

/// That a person is to be erased, for the first time or another.
pub(crate) fn asked(customer: u128, round: i32) -> Asked {
    Asked {
        erasure_id: id(99),
        customer_ids: vec![id(customer)],
        round,
        asked_at: now(),
    }
}

/// Things of customers: of each the one of the next number.
struct Things;

#[async_trait]
impl PersonalData for Things {
    async fn remove(
        &self,
        _: &mut PgTransaction<'_>,
        _: &[Uuid],
    ) -> Result<Vec<Removed>, HandlerError> {
        Ok(vec![Removed::named("things".to_owned(), "deleted", 1)])
    }

    async fn things(
        &self,
        _: &mut PgTransaction<'_>,
        ids: &[Uuid],
    ) -> Result<Vec<Uuid>, HandlerError> {
        Ok(ids.iter().map(|it| id(it.as_u128() + 1)).collect())
    }
}

pub(crate) struct World {
    pub(crate) database: TestDatabase,
    pub(crate) eraser: Eraser,
}

impl World {
    pub(crate) async fn new() -> Self {
        let database = TestDatabase::create(&MIGRATIONS).await;
        let clock = Clock::manual(now());
        let eraser = Eraser {
            db: database.db().clone(),
            outbox: Outbox::new("test", clock.clone()),
            clock,
            data: Arc::new(Things),
        };
        Self { database, eraser }
    }

    pub(crate) async fn ask(&self, asked: &Asked) {
        let mut tx = self.database.db().begin().await.unwrap();
        begin(&mut tx, asked).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Takes steps as long as there are some.
    pub(crate) async fn work(&self) {
        while self.eraser.step().await.unwrap() {}
    }

    /// The same until all is done: the horizon is that of the whole cluster, so transactions of other tests
    /// can be in the way for a moment.
    pub(crate) async fn finish(&self) {
        let finishing = async {
            while self.count("erasure_tasks WHERE confirmed_at IS NULL").await > 0 {
                self.work().await;
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        };
        tokio::time::timeout(PATIENCE, finishing).await.unwrap();
    }

    /// Announces that somebody was created.
    pub(crate) async fn announce(&self, customer: u128) {
        let payload = CustomerCreated {
            customer_id: id(customer).to_string(),
            brand: "secret".to_owned(),
            ..CustomerCreated::default()
        };
        let event = NewEvent::about(id(customer), Some(id(customer)), &payload);
        let mut tx = self.database.db().begin().await.unwrap();
        self.eraser.outbox.append(&mut tx, event).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Parks an event of somebody.
    pub(crate) async fn park(&self, customer: u128) {
        self.run(&format!(
            "INSERT INTO dead_letters (parking_key, source, shard, event_id, event, failed, reason,
                 attempts, parked_at)
             VALUES ('{}', 'profile', 1, gen_random_uuid(), 'secret', true, 'secret', 3, now())",
            id(customer)
        ))
        .await;
    }

    /// Keeps an answer that names something, and answers its request id.
    pub(crate) async fn keep(&self, number: u128, named: u128) {
        self.run(&format!(
            "INSERT INTO idempotency_keys (request_id, caller, method, request_digest, field_digests,
                 created_at, reply)
             VALUES ('{}', 'somebody', 'a.Service/Method', sha256('x'), '', now(),
                 convert_to('secret of {}', 'UTF8'))",
            id(number),
            id(named)
        ))
        .await;
    }

    /// Keeps a sealed answer, beside which stands what it names.
    pub(crate) async fn keep_sealed(&self, number: u128, named: u128) {
        self.run(&format!(
            "INSERT INTO idempotency_keys (request_id, caller, method, sealed_by, request_digest,
                 field_digests, created_at, reply, named)
             VALUES ('{}', 'somebody', 'a.Service/Method', 'one', sha256('x'), '', now(), 'sealed',
                 ARRAY['{}', '{}']::uuid[])",
            id(number),
            id(90),
            id(named)
        ))
        .await;
    }

    pub(crate) async fn run(&self, statement: &str) {
        sqlx::query(sqlx::AssertSqlSafe(statement.to_owned()))
            .execute(self.database.owner_pool())
            .await
            .unwrap();
    }

    pub(crate) async fn count(&self, rows: &str) -> i64 {
        let statement = format!("SELECT count(*) FROM {rows}");
        sqlx::query_scalar(sqlx::AssertSqlSafe(statement))
            .fetch_one(self.database.owner_pool())
            .await
            .unwrap()
    }
}
