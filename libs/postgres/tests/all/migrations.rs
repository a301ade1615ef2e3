//! Migrations are applied once, in order, by one; and the application gets only what it needs.

use postgres::migrations::{MigrationError, SchemaState};
use postgres::testing::{APP_ROLE, OWNER_ROLE, TestDatabase};
use postgres::{DatabaseError, Migrations};

use crate::support::{EMPTY, NEXT_RELEASE, RELEASE, eventually};

async fn run(test: &TestDatabase, migrations: &Migrations) -> Result<SchemaState, MigrationError> {
    let mut owner = test.owner_pool().acquire().await.expect("a connection");
    migrations.run(&mut owner, APP_ROLE).await
}

async fn is_refused(test: &TestDatabase, sql: &'static str) -> bool {
    const INSUFFICIENT_PRIVILEGE: &str = "42501";
    match sqlx::raw_sql(sql).execute(test.db().pool()).await {
        Ok(_) => false,
        Err(error) => {
            let code = DatabaseError::from(error).sql_state();
            assert_eq!(code.as_deref(), Some(INSUFFICIENT_PRIVILEGE), "{sql}");
            true
        }
    }
}

#[tokio::test]
async fn the_application_may_do_what_it_needs() {
    let test = TestDatabase::create(&RELEASE).await;
    for sql in [
        "INSERT INTO members (name) VALUES ('ann')",
        "UPDATE members SET name = 'bob'",
        "DELETE FROM members",
        "INSERT INTO ledger VALUES (1, 100)",
        "INSERT INTO outbox VALUES (1, '2020-06-01')",
        "SELECT * FROM ledger, outbox, member_names, _sqlx_migrations",
        "SELECT nextval('card_number'), greet('ann')",
    ] {
        assert!(!is_refused(&test, sql).await, "{sql}");
    }
}

#[tokio::test]
async fn the_application_can_neither_change_facts_nor_the_schema() {
    let test = TestDatabase::create(&RELEASE).await;
    for sql in [
        "UPDATE ledger SET points = 0",
        "DELETE FROM ledger",
        "TRUNCATE ledger",
        "DELETE FROM outbox",
        "DELETE FROM outbox_2020",
        "DROP TABLE members",
        "CREATE TABLE mine (id int)",
        "DELETE FROM _sqlx_migrations",
    ] {
        assert!(is_refused(&test, sql).await, "{sql}");
    }
}

#[tokio::test]
async fn an_owner_that_is_the_application_too_keeps_its_rights() {
    let test = TestDatabase::create(&EMPTY).await;
    let mut owner = test.owner_pool().acquire().await.expect("a connection");
    for _ in 0..2 {
        let migrated = RELEASE.run(&mut owner, OWNER_ROLE).await;
        migrated.expect("no conflict");
    }
    for sql in ["UPDATE ledger SET points = 0", "DELETE FROM outbox_2020"] {
        let done = sqlx::raw_sql(sql).execute(&mut *owner).await;
        assert!(done.is_ok(), "{sql}: {done:?}");
    }
}

#[tokio::test]
async fn replicas_that_migrate_at_the_same_time_apply_everything_once() {
    let test = TestDatabase::create(&EMPTY).await;
    let results = tokio::join!(
        run(&test, &RELEASE),
        run(&test, &RELEASE),
        run(&test, &RELEASE)
    );
    let mut applied: Vec<i64> = Vec::new();
    for result in [results.0, results.1, results.2] {
        applied.extend(result.expect("no conflict").applied);
    }
    assert_eq!(applied, [1, 1001, 1002]);
}

#[tokio::test]
async fn an_older_release_serves_on_a_newer_schema_but_does_not_migrate_it() {
    let test = TestDatabase::create(&NEXT_RELEASE).await;
    let state = RELEASE.check(test.db()).await.expect("it serves");
    assert_eq!(state.newer, [1003]);
    let refused = run(&test, &RELEASE).await;
    assert!(
        matches!(&refused, Err(MigrationError::DatabaseIsNewer { versions, .. }) if *versions == [1003]),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_service_does_not_serve_before_its_migrations() {
    let test = TestDatabase::create(&RELEASE).await;
    let result = NEXT_RELEASE.check(test.db()).await;
    assert!(
        matches!(&result, Err(MigrationError::Pending { versions, .. }) if *versions == [1003]),
        "{result:?}"
    );
    run(&test, &NEXT_RELEASE).await.expect("the migration");
    NEXT_RELEASE.check(test.db()).await.expect("now it does");
}

#[tokio::test]
async fn a_migration_edited_after_it_was_applied_is_refused() {
    let test = TestDatabase::create(&RELEASE).await;
    sqlx::query("UPDATE _sqlx_migrations SET checksum = 'other' WHERE version = 1001")
        .execute(test.owner_pool())
        .await
        .expect("an edit");
    let refused = run(&test, &RELEASE).await;
    assert!(
        matches!(refused, Err(MigrationError::Modified { version: 1001 })),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_missing_application_role_is_named() {
    let test = TestDatabase::create(&EMPTY).await;
    let mut owner = test.owner_pool().acquire().await.expect("a connection");
    let refused = RELEASE.run(&mut owner, "nobody_here").await;
    assert!(
        matches!(&refused, Err(MigrationError::NoSuchRole { role }) if role == "nobody_here"),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_migration_steps_back_from_a_table_in_use_and_tries_again() {
    let test = TestDatabase::create(&RELEASE).await;
    let mut reader = test.db().begin().await.expect("a transaction");
    sqlx::query("SELECT * FROM members")
        .execute(&mut *reader)
        .await
        .expect("a read");
    let waits = async || {
        sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
            .fetch_one(test.db().pool())
            .await
            .expect("an answer")
    };
    let (migrated, ()) = tokio::join!(run(&test, &NEXT_RELEASE), async {
        eventually("it queues for the table", &waits).await;
        eventually("it steps back", async || !waits().await).await;
        reader.commit().await.expect("a commit");
    });
    assert_eq!(migrated.expect("the second attempt").applied, [1003]);
}
