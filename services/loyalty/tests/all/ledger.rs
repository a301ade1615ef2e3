//! The ledger is recomputed, and a number that was tampered with is found wherever it is.

use contract::patron::loyalty::v1 as api;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::all::support::{Bench, spending};

/// Numbers, and what to add to the largest of each so that no constraint objects.
const NUMBERS: &[(&str, &str, i64)] = &[
    ("members", "available", 1),
    ("members", "pending", 1),
    ("members", "held", 1),
    ("members", "debt", -1),
    ("members", "lifetime_earned", 1),
    ("members", "entry_count", 1),
    ("lots", "original", 1),
    ("lots", "available", 1),
    ("lots", "pending", 1),
    ("lots", "held", 1),
    ("entries", "entry_number", 1_000_000),
    ("entries", "amount", 1_000),
    ("entries", "balance_after", 1),
    ("operations", "kind", 4),
    ("sales", "total_minor", 100),
    ("sales", "refunded_minor", 1),
    ("sales", "earned", 1),
    ("sales", "clawed_back", -1),
    ("returns", "refund_minor", 1),
    ("redemptions", "points", 1),
    ("program_versions", "points_per_currency_unit", 1),
];

async fn verify(bench: &Bench) -> api::VerifyLedgerResponse {
    let request = api::VerifyLedgerRequest {
        program_id: "default".to_owned(),
    };
    bench
        .programs()
        .verify_ledger(request)
        .await
        .unwrap()
        .into_inner()
}

/// A member with two sales, a redemption and a partly spent return.
async fn member_with_history(bench: &Bench) -> Uuid {
    let customer_id = bench.member(100).await;
    bench.bought(customer_id, "o-2", 50).await;
    bench
        .members()
        .create_redemption(spending(bench, customer_id, 80))
        .await
        .unwrap();
    bench.returned(customer_id, "o-1", 100).await;
    bench.bought(customer_id, "o-3", 200).await;
    customer_id
}

async fn run(bench: &Bench, sql: String) {
    sqlx::query(AssertSqlSafe(sql))
        .execute(bench.database.owner_pool())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_flipped_number_is_found_in_each_table_and_named_by_id() {
    let bench = Bench::start().await;
    member_with_history(&bench).await;
    member_with_history(&bench).await;
    let sound = verify(&bench).await;
    assert_eq!(
        (
            sound.balanced,
            sound.member_count,
            sound.difference.as_str()
        ),
        (true, 2, "")
    );
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM entries")
        .fetch_one(bench.database.owner_pool())
        .await
        .unwrap();
    assert_eq!(sound.entry_count, count);

    for (table, column, by) in NUMBERS {
        let largest = format!(
            "(SELECT ctid FROM {table} WHERE {column} IS NOT NULL \
             ORDER BY {column} DESC LIMIT 1)"
        );
        let place = add(&bench, table, column, *by, &largest).await;
        let found = verify(&bench).await;
        assert!(!found.balanced, "{table}.{column}");
        let mut words = found.difference.split([' ', ':']);
        let is_named = words.any(|word| Uuid::try_parse(word).is_ok());
        assert!(is_named, "{table}.{column}: {}", found.difference);
        add(&bench, table, column, -by, &format!("'{place}'")).await;
    }
    assert!(verify(&bench).await.balanced);
}

/// Adds to a number by hand, in the row at that place; tells where the row is then.
async fn add(bench: &Bench, table: &str, column: &str, by: i64, place: &str) -> String {
    let sql = format!(
        "UPDATE {table} SET {column} = {column} + {by} WHERE ctid = {place} RETURNING ctid::text"
    );
    let moved = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(bench.database.owner_pool());
    moved.await.unwrap()
}

#[tokio::test]
async fn the_metric_tells_whether_the_last_verification_failed() {
    let bench = Bench::start().await;
    bench.member(100).await;
    verify(&bench).await;
    assert_eq!(bench.metric("loyalty_ledger_imbalance").await, "0");
    run(
        &bench,
        "UPDATE members SET available = available + 1".to_owned(),
    )
    .await;
    verify(&bench).await;
    assert_eq!(bench.metric("loyalty_ledger_imbalance").await, "1");
}

#[tokio::test]
async fn facts_can_not_be_changed_by_the_service_itself() {
    let bench = Bench::start().await;
    bench.member(100).await;
    for table in [
        "program_versions",
        "operations",
        "entries",
        "returns",
        "redemptions",
    ] {
        for act in ["DELETE FROM", "TRUNCATE"] {
            let sql = AssertSqlSafe(format!("{act} {table}"));
            let refused = sqlx::query(sql)
                .execute(bench.database.db().pool())
                .await
                .unwrap_err();
            let code = refused
                .as_database_error()
                .and_then(sqlx::error::DatabaseError::code);
            assert_eq!(code.as_deref(), Some("42501"), "{act} {table}: {refused}");
        }
    }
}
