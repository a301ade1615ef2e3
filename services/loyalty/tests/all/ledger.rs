//! The ledger is recomputed: whatever is changed, missing or too many is found and named.

use contract::patron::loyalty::v1 as api;
use contract::patron::loyalty::v1::verification::State;
use sqlx::{AssertSqlSafe, Row as _};
use testkit::{reason, report_key};
use tonic::Code;
use uuid::Uuid;

use crate::all::support::{Bench, crediting, holding, spending};

/// The tables of the ledger.
const TABLES: [&str; 7] = [
    "holders",
    "wallets",
    "operations",
    "lots",
    "holds",
    "chain_heads",
    "chain_links",
];

/// Columns whose change is not the ledger's to find, and why.
const EXCEPTED: [(&str, &str, &str); 8] = [
    ("holders", "kind", MEMBERSHIP),
    ("holders", "program_id", MEMBERSHIP),
    ("holders", "state", MEMBERSHIP),
    ("holders", "enrolled_at", MEMBERSHIP),
    ("holders", "household_id", MEMBERSHIP),
    ("holders", "merged_into", MEMBERSHIP),
    ("holders", "merge_id", MEMBERSHIP),
    (
        "lots",
        "is_live",
        "PostgreSQL computes it and refuses to have it changed",
    ),
];
const MEMBERSHIP: &str = "a fact of the membership, which changes without a movement of points";

/// Something of everything that the ledger records.
async fn history(bench: &Bench) -> Uuid {
    let customer_id = bench.member(100).await;
    bench.bought(customer_id, "o-2", 50).await;
    let mut credit = crediting(bench, customer_id, 500);
    if let Some(accrual) = &mut credit.accrual {
        "bank".clone_into(&mut accrual.funding_partner);
        accrual.cost = Some(contract::patron::r#type::v1::Money {
            currency_code: "GBP".to_owned(),
            amount_minor: 250,
        });
    }
    bench.accruals().create_accrual(credit).await.unwrap();
    let spent = spending(bench, customer_id, 80);
    bench.members().create_redemption(spent).await.unwrap();
    for step in ["open", "confirmed in part", "confirmed", "released"] {
        hold(bench, customer_id, step).await;
    }
    bench.returned(customer_id, "o-1", 100).await;
    bench.bought(customer_id, "o-3", 200).await;
    customer_id
}

async fn hold(bench: &Bench, customer_id: Uuid, until: &str) {
    let mut holds = bench.holds();
    let held = holds.create_hold(holding(bench, customer_id, 30)).await;
    let hold_id = held.unwrap().into_inner().hold_id;
    let customer_id = customer_id.to_string();
    let request_id = bench.clock.new_id().to_string();
    match until {
        "open" => {}
        "released" => {
            let request = api::ReleaseHoldRequest {
                customer_id,
                hold_id,
                request_id,
            };
            holds.release_hold(request).await.unwrap();
        }
        _ => {
            let request = api::ConfirmHoldRequest {
                customer_id,
                hold_id,
                request_id,
                points: 10,
                r#final: until == "confirmed",
            };
            holds.confirm_hold(request).await.unwrap();
        }
    }
}

/// A column of a table, and its type.
struct Column {
    table: String,
    name: String,
    udt: String,
}

async fn columns(bench: &Bench) -> Vec<Column> {
    let rows = sqlx::query(
        "SELECT table_name::text, column_name::text, udt_name::text
         FROM information_schema.columns
         WHERE table_schema = current_schema() AND table_name = ANY ($1)
         ORDER BY table_name, ordinal_position",
    )
    .bind(TABLES.map(str::to_owned).to_vec())
    .fetch_all(bench.database.owner_pool())
    .await
    .unwrap();
    let columns = rows.iter().map(|row| Column {
        table: row.get(0),
        name: row.get(1),
        udt: row.get(2),
    });
    let columns: Vec<Column> = columns.collect();
    for (table, name, _) in EXCEPTED {
        assert!(
            columns.iter().any(|column| column.is(table, name)),
            "{table}.{name}"
        );
    }
    let excepted = |column: &Column| {
        EXCEPTED
            .iter()
            .any(|(table, name, _)| column.is(table, name))
    };
    columns
        .into_iter()
        .filter(|column| !excepted(column))
        .collect()
}

impl Column {
    fn is(&self, table: &str, name: &str) -> bool {
        self.table == table && self.name == name
    }

    /// The value with one bit changed; something where there was nothing.
    fn changed(&self) -> String {
        let name = &self.name;
        let bit = |bytes: &str| format!("set_bit({bytes}, 0, 1 - get_bit({bytes}, 0))");
        let (changed, instead) = match self.udt.as_str() {
            "int2" | "int4" | "int8" => (format!("({name} # 1)"), "1"),
            "uuid" => {
                let bytes = bit(&format!("uuid_send({name})"));
                (format!("encode({bytes}, 'hex')::uuid"), "gen_random_uuid()")
            }
            "bytea" => (bit(name), "'x'"),
            "text" => {
                let bytes = bit(&format!("convert_to({name}, 'UTF8')"));
                (format!("convert_from({bytes}, 'UTF8')"), "'x'")
            }
            // The least that it can hold.
            "timestamptz" => (format!("{name} + interval '1 microsecond'"), "now()"),
            "_uuid" => (format!("{name} || gen_random_uuid()"), "'{}'"),
            other => panic!("{}.{name} is of the unknown type {other}", self.table),
        };
        format!("coalesce({changed}, {instead})")
    }
}

/// Changes a value in one row, the fullest; tells the ids in the row as it was, and puts it back
/// when asked.
async fn change(bench: &Bench, column: &Column) -> (String, String) {
    let Column { table, name, .. } = column;
    let bytea = if column.udt == "bytea" {
        // Nothing has no bit to change, but something can be put where nothing was.
        format!("coalesce(octet_length({name}), 1) > 0")
    } else {
        "true".to_owned()
    };
    let sql = format!(
        "WITH before AS (
             SELECT ctid, to_jsonb({table})::text AS whole, {name} AS value FROM {table}
             WHERE {bytea} ORDER BY {name} IS NULL, {name} DESC LIMIT 1
         ), kept AS (SELECT * FROM before)
         UPDATE {table} SET {name} = {changed} FROM kept WHERE {table}.ctid = kept.ctid
         RETURNING kept.whole, {table}.ctid::text",
        changed = column
            .changed()
            .replace(name.as_str(), &format!("{table}.{name}"))
    );
    let row = sqlx::query(AssertSqlSafe(sql))
        .fetch_one(bench.database.owner_pool())
        .await;
    let row = row.unwrap_or_else(|error| panic!("{table}.{name}: {error}"));
    (row.get(0), row.get(1))
}

/// Puts a row back as it was.
async fn put_back(bench: &Bench, column: &Column, (whole, ctid): &(String, String)) {
    let Column { table, name, .. } = column;
    let sql = format!(
        "UPDATE {table} SET {name} = was.{name}
         FROM jsonb_populate_record(NULL::{table}, $1::jsonb) AS was WHERE {table}.ctid = $2::tid"
    );
    sqlx::query(AssertSqlSafe(sql))
        .bind(whole)
        .bind(ctid)
        .execute(bench.database.owner_pool())
        .await
        .unwrap();
}

/// Constraints are the first line of defence; here they are out of the way of whoever changes rows.
async fn without_constraints(bench: &Bench) {
    let found: Vec<String> = sqlx::query_scalar(
        "SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname)
         FROM pg_constraint WHERE contype IN ('c', 'p') AND conrelid::regclass::text = ANY ($1)",
    )
    .bind(TABLES.map(str::to_owned).to_vec())
    .fetch_all(bench.database.owner_pool())
    .await
    .unwrap();
    bench.arrange(&found.join(";")).await;
}

/// Whether a difference names something that stands in the row: an id, or a chain.
fn names(difference: &api::LedgerDifference, row: &str) -> bool {
    let row: serde_json::Value = serde_json::from_str(row).unwrap();
    let chain = row.get("chain").map(|chain| format!("chain {chain}"));
    if chain.is_some_and(|chain| difference.subject.ends_with(&chain)) {
        return true;
    }
    let ids = ["holder_id", "operation_id", "lot_id", "hold_id"];
    let mut ids = ids.iter().filter_map(|id| row.get(id)?.as_str());
    ids.any(|id| difference.subject.contains(id) || difference.holder_id == id)
}

#[tokio::test]
async fn one_changed_bit_in_any_column_of_any_table_is_found_and_named() {
    let bench = Bench::start().await;
    history(&bench).await;
    history(&bench).await;
    bench.assert_sound().await;
    without_constraints(&bench).await;
    for column in columns(&bench).await {
        let row = change(&bench, &column).await;
        let place = format!("{}.{}", column.table, column.name);
        let verified = bench.verify().await;
        assert_eq!(verified.state(), State::Different, "{place} of {}", row.0);
        let mut differences = verified.differences.iter();
        assert!(
            differences.any(|difference| names(difference, &row.0)),
            "{place} of {}: {:?}",
            row.0,
            verified.differences
        );
        put_back(&bench, &column, &row).await;
    }
    bench.assert_sound().await;
}

#[tokio::test]
async fn a_row_that_is_missing_or_too_many_is_found_in_each_table() {
    let bench = Bench::start().await;
    history(&bench).await;
    without_constraints(&bench).await;
    for table in TABLES {
        let is_last = "ctid = (SELECT max(ctid) FROM";
        bench
            .arrange(&format!(
                "CREATE TABLE kept AS SELECT * FROM {table} WHERE {is_last} {table});
                 DELETE FROM {table} WHERE {is_last} {table})"
            ))
            .await;
        let verified = bench.verify().await;
        assert_eq!(
            verified.state(),
            State::Different,
            "one of {table} is missing"
        );

        let columns: Vec<String> = sqlx::query_scalar(
            "SELECT column_name::text FROM information_schema.columns
             WHERE table_schema = current_schema() AND table_name = $1 AND is_generated = 'NEVER'",
        )
        .bind(table)
        .fetch_all(bench.database.owner_pool())
        .await
        .unwrap();
        let columns = columns.join(", ");
        let back = format!("INSERT INTO {table} ({columns}) SELECT {columns} FROM kept");
        bench.arrange(&back).await;
        bench.assert_sound().await;

        let key = match table {
            "wallets" => "wallet_id = 'OTHERS', available = 1",
            "operations" => "operation_id = gen_random_uuid()",
            "lots" => "lot_id = gen_random_uuid()",
            "holds" => "hold_id = gen_random_uuid()",
            "chain_heads" => "chain = 99, link = 1",
            "chain_links" => "link = link + 1",
            // One more holder who has nothing is no difference.
            _ => {
                bench.arrange("DROP TABLE kept").await;
                continue;
            }
        };
        bench
            .arrange(&format!("UPDATE kept SET {key}; {back}"))
            .await;
        let verified = bench.verify().await;
        assert_eq!(
            verified.state(),
            State::Different,
            "one of {table} is too many"
        );
        let own = key.split(" = ").next().unwrap();
        bench
            .arrange(&format!(
                "DELETE FROM {table} WHERE {own} IN (SELECT {own} FROM kept)
                     AND ctid = (SELECT max(ctid) FROM {table});
                 DROP TABLE kept"
            ))
            .await;
        bench.assert_sound().await;
    }
}

#[tokio::test]
async fn whoever_makes_the_chains_anew_is_found_by_the_heads_that_were_reported() {
    let bench = Bench::start().await;
    let customer_id = history(&bench).await;
    bench.assert_sound().await;
    // Somebody undoes the last operation with everything that hangs on it.
    let spent = spending(&bench, customer_id, 1);
    bench.members().create_redemption(spent).await.unwrap();
    bench.assert_sound().await;
    bench
        .arrange(
            "CREATE TEMP TABLE undone AS SELECT * FROM operations ORDER BY operation_id DESC LIMIT 1;
             DELETE FROM operations USING undone WHERE operations.operation_id = undone.operation_id;
             DELETE FROM chain_links USING undone
             WHERE chain_links.chain = undone.chain AND chain_links.link = undone.link;
             UPDATE chain_heads SET link = chain_heads.link - 1, hash = coalesce(
                 (SELECT hash FROM chain_links WHERE chain_links.chain = chain_heads.chain
                  ORDER BY link DESC LIMIT 1), decode(repeat('00', 32), 'hex'))
             FROM undone WHERE chain_heads.chain = undone.chain;
             UPDATE wallets SET available = available + 1, entry_count = entry_count - 2,
                 last_operation_id = (SELECT max(operation_id::text)::uuid FROM operations);
             UPDATE lots SET available = available + 1
             WHERE lot_id = (SELECT lot_id FROM undone, ledger_entries(1, undone.entries) LIMIT 1)",
        )
        .await;
    let verified = bench.verify().await;
    assert_eq!(verified.difference_count, 1, "{:?}", verified.differences);
    let difference = &verified.differences[0];
    assert_eq!(
        (difference.table.as_str(), difference.recorded.as_str()),
        ("chain_links", "missing")
    );
}

#[tokio::test]
async fn the_report_is_signed_and_its_totals_add_up_to_nothing() {
    let bench = Bench::start().await;
    history(&bench).await;
    let verified = bench.verify().await;
    let counted: i64 = sqlx::query_scalar("SELECT count(*) FROM entries")
        .fetch_one(bench.database.owner_pool())
        .await
        .unwrap();
    assert_eq!((verified.holder_count, verified.entry_count), (1, counted));
    assert_eq!(
        verified
            .totals
            .iter()
            .map(|total| total.balance)
            .sum::<i64>(),
        0
    );

    let said: serde_json::Value = access::read_statement(&verified.report, report_key()).unwrap();
    assert_eq!(said["sound"], true);
    assert_eq!(said["verification_id"], verified.verification_id);
    assert_eq!(
        said["chains"].as_array().unwrap().len(),
        verified.heads.len()
    );

    let listed = bench
        .verifications()
        .list_verifications(api::ListVerificationsRequest::default())
        .await;
    let listed = listed.unwrap().into_inner().verifications;
    assert_eq!(listed.len(), 1);
    assert_eq!(
        (listed[0].state(), listed[0].report.as_str()),
        (State::Sound, "")
    );
    let request = api::GetVerificationRequest {
        verification_id: bench.clock.new_id().to_string(),
    };
    let missing = bench
        .verifications()
        .get_verification(request)
        .await
        .unwrap_err();
    assert_eq!(
        (missing.code(), reason(&missing).as_str()),
        (Code::NotFound, "VERIFICATION_NOT_FOUND")
    );
}

#[tokio::test]
async fn the_metric_tells_whether_the_last_verification_found_differences() {
    let bench = Bench::start().await;
    bench.member(100).await;
    bench.verify().await;
    assert_eq!(bench.role.metric("loyalty_ledger_imbalance").await, "0");
    bench
        .arrange("UPDATE wallets SET available = available + 1")
        .await;
    bench.verify().await;
    bench.until_metric("loyalty_ledger_imbalance", "1").await;
}

#[tokio::test]
async fn the_view_shows_the_packed_entries_one_by_one() {
    let bench = Bench::start().await;
    let customer_id = history(&bench).await;
    let sums: Vec<(i16, i64, Option<i64>)> = sqlx::query_as(
        "SELECT account, sum(amount)::bigint, (array_agg(balance_after ORDER BY entry_number DESC))[1]
         FROM entries WHERE holder_id = $1 GROUP BY account ORDER BY account",
    )
    .bind(customer_id)
    .fetch_all(bench.database.owner_pool())
    .await
    .unwrap();
    let balance = bench.balance(customer_id).await.unwrap();
    assert_eq!(sums.iter().map(|(_, sum, _)| sum).sum::<i64>(), 0);
    for (account, sum, last) in sums.iter().filter(|(account, ..)| *account <= 4) {
        assert_eq!(Some(*sum), *last, "account {account}");
    }
    assert_eq!(sums[0].1, balance.available);
    let dense: bool = sqlx::query_scalar(
        "SELECT bool_and(entry_number = place) FROM (
             SELECT entry_number, row_number() OVER (ORDER BY entry_number) AS place FROM entries
         ) AS numbered",
    )
    .fetch_one(bench.database.owner_pool())
    .await
    .unwrap();
    assert!(dense);
}

#[tokio::test]
async fn facts_can_not_be_changed_by_the_service_itself() {
    let bench = Bench::start().await;
    bench.member(100).await;
    for table in ["program_documents", "operations", "chain_links", "returns"] {
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

#[tokio::test]
async fn whoever_asks_gets_a_verification_also_when_the_one_that_waited_is_just_beginning() {
    let bench = Bench::start().await;
    let asking = (0..8).map(|_| async {
        for _ in 0..25 {
            let request = api::CreateVerificationRequest::default();
            bench
                .verifications()
                .create_verification(request)
                .await
                .unwrap();
        }
    });
    futures_util::future::join_all(asking).await;
}
