//! No statement, lock, transaction or lost connection holds anything for ever.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use postgres::testing::{TestCluster, TestDatabase};
use postgres::{Database, DatabaseConfig, DatabaseError};
use sqlx::{Postgres, Transaction};
use tokio::time::Instant;

use crate::support::{EMPTY, RELEASE, eventually, signal};

async fn timeout_of(transaction: &mut sqlx::PgConnection) -> String {
    sqlx::query_scalar("SHOW statement_timeout")
        .fetch_one(transaction)
        .await
        .expect("a setting")
}

#[tokio::test]
async fn a_request_with_little_time_left_stops_its_statements_in_time() {
    let test = TestDatabase::create(&EMPTY).await;
    let started = Instant::now();
    let mut transaction = test
        .db()
        .begin_with_deadline(Duration::from_millis(150))
        .await
        .expect("a transaction");
    let slow = sqlx::query("SELECT pg_sleep(20)")
        .execute(&mut *transaction)
        .await;
    let error = DatabaseError::from(slow.expect_err("a time-out"));
    assert!(error.is_timeout() && !error.is_unavailable(), "{error}");
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_deadline_lowers_the_limit_for_its_own_transaction_only() {
    let test = TestDatabase::create(&EMPTY).await;
    let config = DatabaseConfig {
        max_connections: 1,
        statement_timeout_ms: 9_000,
        ..test.config()
    };
    let db = Database::connect(&config).await.expect("a pool");
    for (remaining_ms, expected) in [(700, "700ms"), (60_000, "9s")] {
        let remaining = Duration::from_millis(remaining_ms);
        let mut transaction = db
            .begin_with_deadline(remaining)
            .await
            .expect("a transaction");
        assert_eq!(timeout_of(&mut transaction).await, expected);
        transaction.commit().await.expect("a commit");
    }
    assert_eq!(
        timeout_of(&mut db.begin().await.expect("a transaction")).await,
        "9s"
    );
}

#[tokio::test]
async fn a_request_without_time_never_asks_the_database() {
    let test = TestDatabase::create(&EMPTY).await;
    let result = test.db().begin_with_deadline(Duration::ZERO).await;
    assert!(matches!(result, Err(DatabaseError::DeadlinePassed)));
}

#[tokio::test]
async fn waiting_for_a_lock_ends_as_a_timeout() {
    let test = TestDatabase::create(&RELEASE).await;
    let config = DatabaseConfig {
        lock_timeout_ms: 100,
        ..test.config()
    };
    let db = Database::connect(&config).await.expect("a pool");
    let mut holder = test.db().begin().await.expect("a transaction");
    sqlx::query("LOCK TABLE members IN SHARE ROW EXCLUSIVE MODE")
        .execute(&mut *holder)
        .await
        .expect("the lock");
    let refused = sqlx::query("INSERT INTO members (name) VALUES ('ann')")
        .execute(db.pool())
        .await;
    assert!(DatabaseError::from(refused.expect_err("a time-out")).is_timeout());
}

#[tokio::test]
async fn a_unique_violation_is_known_by_its_constraint() {
    let test = TestDatabase::create(&RELEASE).await;
    let insert =
        || sqlx::query("INSERT INTO members (name) VALUES ('ann')").execute(test.db().pool());
    insert().await.expect("the first");
    let error = DatabaseError::from(insert().await.expect_err("the second"));
    assert!(error.is_unique_violation("members_name_key"), "{error}");
    assert!(!error.is_unique_violation("members_pkey"));
    assert!(!error.is_unavailable() && !error.is_timeout());
}

#[tokio::test]
async fn a_deadlock_is_known_as_one_to_be_tried_again() {
    let test = TestDatabase::create(&RELEASE).await;
    let lock = |table: &'static str| sqlx::raw_sql(table);
    let mut a = test.begin_as_owner().await;
    let mut b = test.begin_as_owner().await;
    lock("LOCK TABLE members")
        .execute(&mut *a)
        .await
        .expect("the lock");
    lock("LOCK TABLE ledger")
        .execute(&mut *b)
        .await
        .expect("the lock");
    let (a, b) = tokio::join!(
        lock("LOCK TABLE ledger").execute(&mut *a),
        lock("LOCK TABLE members").execute(&mut *b)
    );
    let error = a.err().or(b.err()).expect("one of them loses");
    assert!(DatabaseError::from(error).is_serialization_or_deadlock());
}

#[tokio::test]
async fn a_pool_recovers_by_itself_when_the_server_comes_back() {
    let mut cluster = TestCluster::private().await;
    let test = cluster.create(&RELEASE).await;
    sqlx::query("SELECT 1")
        .execute(test.db().pool())
        .await
        .expect("an answer");
    cluster.stop_immediately().await;
    let error = test.db().begin().await.expect_err("nobody answers");
    assert!(error.is_unavailable(), "{error}");
    cluster.start().await;
    eventually("the pool answers", async || test.db().begin().await.is_ok()).await;
}

/// A pool that loses all with its only permit, and whose callers wait for longer than it may be in doubt.
async fn pool_of_one(test: &TestDatabase) -> Database {
    let config = DatabaseConfig {
        max_connections: 1,
        acquire_timeout_ms: 20_000,
        ..test.config()
    };
    Database::connect(&config).await.expect("a pool")
}

#[tokio::test]
async fn a_connection_that_dies_silently_gives_its_permit_back() {
    let cluster = TestCluster::private().await;
    let test = cluster.create(&EMPTY).await;
    let db = pool_of_one(&test).await;
    let mut transaction = db.begin().await.expect("a transaction");
    let pid: i32 = sqlx::query_scalar("SELECT pg_backend_pid()")
        .fetch_one(&mut *transaction)
        .await
        .expect("its process");
    let pid = u32::try_from(pid).expect("a process id");
    signal("STOP", pid); // a peer that is there no more, and nobody says so
    drop(transaction);
    let next = db.begin().await;
    signal("CONT", pid);
    assert!(next.is_ok(), "the only permit was lost: {:?}", next.err());
}

#[tokio::test]
async fn a_begin_that_nobody_answers_gives_its_permit_back() {
    let cluster = TestCluster::private().await;
    let test = cluster.create(&EMPTY).await;
    let db = pool_of_one(&test).await;
    let before = backend(&db).await;
    eventually("it is back", async || db.state().idle == 1).await;
    signal("STOP", before); // its server is there no more, and nobody says so
    let given_up = tokio::time::timeout(Duration::from_millis(100), db.begin()).await;
    given_up.expect_err("nobody answers");
    let next = db.begin().await;
    signal("CONT", before); // the answer comes after all, to a connection that nobody uses
    next.expect("the only permit was lost");
    assert_ne!(backend(&db).await, before);
}

/// The process that serves the pool's only connection.
async fn backend(db: &Database) -> u32 {
    let pid = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(db.pool());
    let pid: i32 = pid.await.expect("its process");
    u32::try_from(pid).expect("a process id")
}

#[tokio::test]
async fn the_figures_of_the_pool_add_up() {
    let test = TestDatabase::create(&EMPTY).await;
    let config = DatabaseConfig {
        max_connections: 1,
        ..test.config()
    };
    let db = Database::connect(&config).await.expect("a pool");
    let holder = db.begin().await.expect("a transaction");
    let waiter = tokio::spawn({
        let db = db.clone();
        async move { db.begin().await.map(drop) }
    });
    eventually("one waits", async || db.state().waiting == 1).await;
    let state = db.state();
    assert_eq!(
        (state.max, state.size, state.idle, state.in_use),
        (1, 1, 0, 1)
    );
    drop(holder);
    waiter.await.expect("it ends").expect("a transaction");
    eventually("all came back", async || {
        db.state().idle == 1 && db.state().waiting == 0
    })
    .await;
}

#[tokio::test]
async fn a_snapshot_sees_one_moment_to_its_end_and_writes_nothing() {
    let test = TestDatabase::create(&RELEASE).await;
    let count = || sqlx::query_scalar::<_, i64>("SELECT count(*) FROM members");
    let begun = test.db().snapshot_with_deadline(Duration::from_mins(1));
    let mut snapshot = begun.await.expect("a snapshot");
    assert_eq!(count().fetch_one(&mut *snapshot).await.expect("a count"), 0);

    let insert = || sqlx::query("INSERT INTO members (name) VALUES ('ann')");
    insert().execute(test.db().pool()).await.expect("a row");
    assert_eq!(count().fetch_one(&mut *snapshot).await.expect("a count"), 0);
    let written = insert().execute(&mut *snapshot).await;
    written.expect_err("a snapshot that writes");

    let mut later = test.db().snapshot().await.expect("a snapshot");
    assert_eq!(count().fetch_one(&mut *later).await.expect("a count"), 1);
}

type Begun = Result<Transaction<'static, Postgres>, DatabaseError>;

/// Asks the future a few times in a row, and gives it up unless it has ended.
async fn ask(times: usize, mut future: Pin<Box<dyn Future<Output = Begun> + '_>>) {
    for _ in 0..times {
        let asked = poll_fn(|context| Poll::Ready(future.as_mut().poll(context)));
        if asked.await.is_ready() {
            return;
        }
    }
}

#[tokio::test]
async fn whoever_gives_up_amid_a_begin_leaves_no_transaction_to_the_next() {
    let test = TestDatabase::create(&RELEASE).await;
    let config = DatabaseConfig {
        max_connections: 1,
        ..test.config()
    };
    let db = Database::connect(&config).await.expect("a pool");
    let mut rows = 0_i64;
    for times in 1..=3 {
        let begins: [Pin<Box<dyn Future<Output = Begun>>>; 4] = [
            Box::pin(db.begin()),
            Box::pin(db.snapshot()),
            Box::pin(db.begin_with_deadline(Duration::from_secs(1))),
            Box::pin(db.snapshot_with_deadline(Duration::from_hours(1))),
        ];
        for begin in begins {
            ask(times, begin).await;
            rows += 1;
            let insert = sqlx::query("INSERT INTO members (name) VALUES ($1)");
            let insert = insert.bind(rows.to_string()).execute(db.pool()).await;
            insert.expect("a row");
            let count = sqlx::query_scalar("SELECT count(*) FROM members");
            let committed: i64 = count.fetch_one(test.db().pool()).await.expect("a count");
            assert_eq!(committed, rows);
        }
    }
}
