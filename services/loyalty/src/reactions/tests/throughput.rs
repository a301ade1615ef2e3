//! How fast orders earn. Run with `--ignored --nocapture`, alone.

use std::time::Instant;

use super::bench::{Bench, bought, event};
use events::Incoming;
use uuid::Uuid;

const ORDERS: u32 = 4_000;
const CUSTOMERS: u32 = 1_000;
const BATCH: usize = 100;

fn order(number: u32) -> Incoming {
    let mut bought = bought(&format!("o-{number}"), 12_345);
    let customer = Uuid::from_u128(u128::from(number % CUSTOMERS) + 1);
    if let Some(order) = &mut bought.order {
        order.customer_id = customer.to_string();
    }
    event(&bought)
}

#[tokio::test]
#[ignore = "a measurement"]
async fn orders_per_second() {
    let bench = Bench::new().await;
    let events: Vec<Incoming> = (0..ORDERS).map(order).collect();
    let start = Instant::now();
    for batch in events.chunks(BATCH) {
        bench.hear_all(batch).await.unwrap();
    }
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{ORDERS} orders in {seconds:.2} s, {:.0}/s",
        f64::from(ORDERS) / seconds
    );
}
