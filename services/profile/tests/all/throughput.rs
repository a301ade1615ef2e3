//! How many orders, rows and interactions a second are taken in: measurements, run by hand in a release build with
//! `cargo test --release -p profile --test all -- --ignored --nocapture throughput`.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Instant;

use contract::patron::profile::v1::activity_result::Outcome;
use contract::patron::profile::v1::{ActivityInput, BatchRecordActivitiesRequest};

use crate::harness::{Profile, at_once, identifier, order, order_input};

const BATCHES: i32 = 80;
const CLIENTS: usize = 3;
const CUSTOMERS: i32 = 5_000;

/// An order of three lines by one of the customers, who is new when first met.
fn item(batch: i32, nth: i32) -> ActivityInput {
    let id = format!("o-{batch}-{nth}");
    let bought = order("", &id, &[(1, 1999), (2, 500), (1, 12_345)]);
    let phone = format!("+44 20 {}", (batch * 7919 + nth * 31) % CUSTOMERS);
    ActivityInput {
        identifier: Some(identifier("phone", &phone)),
        ..order_input(bought)
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement, not a property"]
async fn throughput_of_batches_of_500_orders() {
    let profile = Profile::start().await;
    let next = Arc::new(AtomicI32::new(0));
    let start = Instant::now();
    let clients = (0..CLIENTS).map(|_| {
        let (mut client, next) = (profile.activities(), Arc::clone(&next));
        async move {
            loop {
                let batch = next.fetch_add(1, Ordering::Relaxed);
                if batch >= BATCHES {
                    return;
                }
                let items = (0..500).map(|nth| item(batch, nth)).collect();
                let request = BatchRecordActivitiesRequest { items };
                let answer = client
                    .batch_record_activities(request)
                    .await
                    .unwrap()
                    .into_inner();
                let is_recorded = |it: &Outcome| *it == Outcome::Recorded;
                assert!(
                    answer
                        .results
                        .iter()
                        .all(|result| is_recorded(&result.outcome()))
                );
            }
        }
    });
    at_once(clients).await;
    let elapsed = start.elapsed();
    let orders = BATCHES * 500;
    let stored = profile.count("SELECT count(*) FROM orders").await;
    assert_eq!(stored, i64::from(orders));
    let announced = profile
        .count("SELECT count(*) FROM outbox WHERE type LIKE '%OrderRecorded'")
        .await;
    assert_eq!(announced, i64::from(orders));
    println!(
        "{orders} orders in {elapsed:?}: {:.0}/s",
        f64::from(orders) / elapsed.as_secs_f64()
    );
}

const ROWS: usize = 100_000;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement, not a property"]
async fn throughput_of_an_import_of_customers() {
    let profile = Profile::start().await;
    let rows =
        (0..ROWS).map(|row| format!("{row},Customer {row},+44{row:010},c{row}@example.com,GB\n"));
    let file = format!("no,name,phone,email,region\n{}", rows.collect::<String>());
    let start = Instant::now();
    let done = crate::imports::take_in_usual(&profile, file.as_bytes()).await;
    let elapsed = start.elapsed();
    assert_eq!(usize::try_from(done.created_count), Ok(ROWS));
    println!(
        "{ROWS} rows in {elapsed:?}: {:.0}/s",
        per_second(ROWS, elapsed)
    );
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement, not a property"]
async fn throughput_of_a_stream_of_interactions() {
    let profile = Profile::start().await;
    let start = Instant::now();
    let recorded = crate::interactions::record_many(&profile, ROWS, CUSTOMERS).await;
    let elapsed = start.elapsed();
    assert_eq!(usize::try_from(recorded), Ok(ROWS));
    println!(
        "{ROWS} interactions in {elapsed:?}: {:.0}/s",
        per_second(ROWS, elapsed)
    );
}

fn per_second(count: usize, elapsed: std::time::Duration) -> f64 {
    f64::from(u32::try_from(count).unwrap()) / elapsed.as_secs_f64()
}
