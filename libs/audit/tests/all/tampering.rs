//! Whatever is done to the record behind our back is found, and where.

use chassis::Clock;
use contract::patron::audit::v1::audit_service_server::AuditService as _;
use contract::patron::audit::v1::{AuditChainHead, ListAuditEntriesRequest};
use postgres::testing::TestDatabase;
use seal::store::{Tombstone, bury};
use tonic::Request;
use uuid::Uuid;

use crate::world::{MIGRATIONS, World, by_at, server, verify};

/// A record of five calls, as it was left.
async fn record() -> TestDatabase {
    let world = World::start().await;
    for name in ["ann", "bob", "carl", "dora", "ed"] {
        world.list_as(name).await.unwrap();
    }
    let database = world.stop().await;
    run(
        &database,
        "CREATE TABLE kept_batches AS TABLE audit_batches",
    )
    .await;
    run(&database, "CREATE TABLE kept_chains AS TABLE audit_chains").await;
    database
}

/// As the owner, who may do everything.
async fn run(database: &TestDatabase, statement: &str) {
    let statement = sqlx::AssertSqlSafe(statement.to_owned());
    sqlx::raw_sql(statement)
        .execute(database.owner_pool())
        .await
        .unwrap();
}

async fn restore(database: &TestDatabase) {
    run(
        database,
        "DELETE FROM audit_batches; INSERT INTO audit_batches SELECT * FROM kept_batches;
         DELETE FROM audit_chains; INSERT INTO audit_chains SELECT * FROM kept_chains",
    )
    .await;
}

async fn columns(database: &TestDatabase, table: &str) -> Vec<(String, String)> {
    sqlx::query_as(
        "SELECT column_name::text, udt_name::text FROM information_schema.columns
         WHERE table_schema = 'public' AND table_name = $1 ORDER BY ordinal_position",
    )
    .bind(table)
    .fetch_all(database.owner_pool())
    .await
    .unwrap()
}

/// The least change of a value of a type.
fn changed(column: &str, kind: &str) -> String {
    match kind {
        "uuid" => "gen_random_uuid()".to_owned(),
        "int2" | "int8" => format!("{column} + 1"),
        "timestamptz" => format!("{column} + interval '1 microsecond'"),
        "_uuid" => format!("array_append({column}, gen_random_uuid())"),
        "_text" => format!("array_append({column}, '')"),
        "bytea" => format!("set_bit({column}, 255, 1 - get_bit({column}, 255))"),
        other => panic!("{column} is of the type {other}: say how it is changed"),
    }
}

#[tokio::test]
async fn the_least_change_in_any_column_of_a_batch_is_found() {
    let database = record().await;
    assert!(verify(&database, &[]).await.findings.is_empty());
    let columns = columns(&database, "audit_batches").await;
    assert_eq!(columns.len(), 9);
    for (column, kind) in columns {
        let value = changed(&column, &kind);
        // Where another one begins at the next number, none can be moved there.
        let place = if column == "first_sequence" { 5 } else { 3 };
        let change =
            format!("UPDATE audit_batches SET {column} = {value} WHERE first_sequence = {place}");
        run(&database, &change).await;
        let findings = verify(&database, &[]).await.findings;
        assert!(!findings.is_empty(), "{column}");
        let is_named = findings.iter().any(|(sequence, _)| *sequence == place);
        assert!(is_named, "{column}: {findings:?}");
        restore(&database).await;
    }
    assert!(verify(&database, &[]).await.findings.is_empty());
}

#[tokio::test]
async fn who_has_the_database_alone_reads_no_entry() {
    let database = record().await;
    let kept: Vec<(String, String)> = sqlx::query_as(
        "SELECT encode(entries, 'escape'), encode(entries, 'base64') FROM audit_batches",
    )
    .fetch_all(database.owner_pool())
    .await
    .unwrap();
    assert_eq!(kept.len(), 5);
    let is_readable = |(text, _): &(String, String)| text.contains("AuditService");
    assert!(!kept.iter().any(is_readable), "{kept:?}");
}

#[tokio::test]
async fn a_chain_whose_key_is_gone_is_still_verified() {
    let database = record().await;
    run(&database, "DELETE FROM subject_keys").await;
    let told = |problem: &str| -> Vec<_> {
        let numbered = (1..=5).map(|number| (number, problem.to_owned()));
        numbered.collect()
    };
    let verdict = verify(&database, &[]).await;
    assert_eq!(verdict.findings, told("UNREADABLE"));
    run(
        &database,
        "UPDATE audit_batches SET entries = set_bit(entries, 0, 1 - get_bit(entries, 0))
         WHERE first_sequence = 3",
    )
    .await;
    let mut found = told("UNREADABLE");
    found[2] = (3, "CHANGED".to_owned());
    assert_eq!(verify(&database, &[]).await.findings, found);
}

#[tokio::test]
async fn no_erasure_takes_the_key_of_a_chain() {
    let database = record().await;
    let chain = "SELECT chain_id FROM audit_chains";
    let chain: Uuid = sqlx::query_scalar(chain)
        .fetch_one(database.owner_pool())
        .await
        .unwrap();
    let tombstone = Tombstone {
        customer_id: chain,
        erasure_id: Uuid::from_u128(1),
        erased_at: Clock::system().now(),
    };
    let mut connection = database.db().acquire().await.unwrap();
    bury(&mut connection, &[tombstone]).await.unwrap();
    assert_eq!(verify(&database, &[]).await.findings, []);
}

#[tokio::test]
async fn entries_of_before_they_were_sealed_are_listed_and_verified() {
    let database = TestDatabase::create(&MIGRATIONS).await;
    // As they were packed: one call of ann, with the time in microseconds.
    run(
        &database,
        "INSERT INTO audit_chains VALUES ('00000000-0000-7000-8000-000000000007', '2026-01-01T00:00:00Z', 1,
              sha256(sha256('patron audit'::bytea || '\\x00000000000070008000000000000007'::bytea
                      || int8send(1767225600000000))
                  || '\\x01'::bytea || '\\x00000000000070008000000000000007'::bytea || int8send(1) || int8send(1)
                  || int8send(1767225600000001) || '\\x0a08757365723a616e6e12021001'::bytea));
          INSERT INTO audit_batches (chain_id, first_sequence, last_sequence, recorded_at, actors, customer_ids,
              entries, hash)
          SELECT chain_id, 1, 1, '2026-01-01T00:00:00.000001Z', '{user:ann}', '{}',
              '\\x0a08757365723a616e6e12021001', hash FROM audit_chains",
    )
    .await;
    let verdict = verify(&database, &[]).await;
    assert_eq!((verdict.entries, verdict.findings), (1, vec![]));
    let page = server(&database)
        .list_audit_entries(Request::new(ListAuditEntriesRequest::default()))
        .await
        .unwrap();
    let actors: Vec<_> = page
        .into_inner()
        .entries
        .into_iter()
        .map(|it| it.actor)
        .collect();
    assert_eq!(actors, ["user:ann"]);
}

#[tokio::test]
async fn the_least_change_of_a_head_is_found() {
    let database = record().await;
    for (column, kind) in columns(&database, "audit_chains").await {
        let value = changed(&column, &kind);
        run(
            &database,
            &format!("UPDATE audit_chains SET {column} = {value}"),
        )
        .await;
        assert!(
            !verify(&database, &[]).await.findings.is_empty(),
            "{column}"
        );
        restore(&database).await;
    }
}

#[tokio::test]
async fn an_entry_that_is_gone_is_found_and_so_is_a_tail() {
    let database = record().await;
    run(
        &database,
        "DELETE FROM audit_batches WHERE first_sequence = 2",
    )
    .await;
    let findings = verify(&database, &[]).await.findings;
    assert_eq!(findings, [(2, "MISSING".to_owned())]);
    restore(&database).await;
    run(
        &database,
        "DELETE FROM audit_batches WHERE first_sequence > 3",
    )
    .await;
    let truncated = [(4, "TRUNCATED".to_owned())];
    assert_eq!(verify(&database, &[]).await.findings, truncated);
}

#[tokio::test]
async fn whoever_kept_the_heads_finds_what_was_done_with_all_that_is_needed_to_hide_it() {
    let database = record().await;
    let kept: Vec<AuditChainHead> = verify(&database, &[]).await.heads;
    assert_eq!((kept.len(), kept[0].sequence), (1, 5));
    assert!(verify(&database, &kept).await.findings.is_empty());

    run(
        &database,
        "DELETE FROM audit_batches WHERE first_sequence > 3;
         UPDATE audit_chains SET sequence = 3,
             hash = (SELECT hash FROM audit_batches WHERE last_sequence = 3)",
    )
    .await;
    assert!(verify(&database, &[]).await.findings.is_empty());
    let truncated = (4, "TRUNCATED".to_owned());
    assert_eq!(verify(&database, &kept).await.findings, [truncated]);

    run(
        &database,
        "DELETE FROM audit_batches; DELETE FROM audit_chains",
    )
    .await;
    assert!(verify(&database, &[]).await.findings.is_empty());
    let gone = (1, "TRUNCATED".to_owned());
    assert_eq!(verify(&database, &kept).await.findings, [gone]);
}

#[tokio::test]
async fn what_is_past_its_time_is_dropped_and_what_is_left_can_be_verified() {
    let database = TestDatabase::create(&MIGRATIONS).await;
    let clock = Clock::manual("2020-02-03T04:05:06Z".parse().unwrap());
    let world = World::start_on(database, clock.clone()).await;
    for name in ["ann", "bob"] {
        let request = by_at(clock.now(), name, ListAuditEntriesRequest::default());
        world.list(request).await.unwrap();
    }
    let known = verify(&world.database, &[]).await.heads;
    clock.set(Clock::system().now());
    world.list_as("carl").await.unwrap();
    let database = world.stop().await;
    assert_eq!(verify(&database, &known).await.entries, 3);
    run(&database, "SELECT audit_upkeep(2, 36)").await;
    let verdict = verify(&database, &known).await;
    assert_eq!((verdict.entries, verdict.findings), (1, vec![]));
    assert_eq!(verdict.heads[0].sequence, 3);
    run(&database, "UPDATE audit_anchors SET hash = sha256('')").await;
    let findings = verify(&database, &[]).await.findings;
    assert_eq!(findings, [(3, "CHANGED".to_owned())]);
}
