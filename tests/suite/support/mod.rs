//! A running Patron, and clients of its front door.

mod demo;
mod http;
mod process;
mod reference;

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use chassis::Clock;
use serde_json::{Value, json};
use uuid::Uuid;

pub(crate) use demo::{demo, excerpt};
pub(crate) use http::{Answer, Api};
pub(crate) use process::{Patron, shared};
pub(crate) use reference::{Reference, root};

/// Longest wait for what follows by events; in practice it takes well under a second.
const PATIENCE: Duration = Duration::from_secs(30);

/// Asks again until the answer satisfies the condition; fails with the last answer otherwise.
pub(crate) async fn eventually(api: &Api, path: &str, condition: impl Fn(&Value) -> bool) -> Value {
    let give_up = Instant::now() + PATIENCE;
    loop {
        let answer = api.get(path).await;
        if answer.status == 200 && condition(&answer.body) {
            return answer.body;
        }
        assert!(Instant::now() < give_up, "{path} still answers {answer:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// An id for a request that moves something.
pub(crate) fn request_id() -> String {
    new_id().to_string()
}

/// An id that nobody has.
pub(crate) fn new_id() -> Uuid {
    static CLOCK: LazyLock<Clock> = LazyLock::new(Clock::system);
    CLOCK.new_id()
}

/// Creates a customer and answers its id.
pub(crate) async fn new_customer(api: &Api) -> String {
    let phone = format!("+44{}", new_id().as_u128() % 10_000_000_000);
    let body = json!({
        "displayName": "Ada Example",
        "regionCode": "GB",
        "timeZone": "Europe/London",
        "identifiers": [{"kind": "phone", "value": phone}],
    });
    let path = format!("/v1/customers?request_id={}", request_id());
    let answer = api.post(&path, &body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.text("customerId")
}

/// What each new member is given by the default program.
pub(crate) const WELCOME: i64 = 100;

/// When orders were placed, `days` later: some weeks ago, so their points live, and not on the 8th,
/// on which the default program doubles them.
pub(crate) fn ordered_at(days: i64) -> String {
    let month = Clock::system().now().to_zoned(jiff::tz::TimeZone::UTC);
    let month = month.date().first_of_month();
    let day = month.saturating_sub(jiff::Span::new().days(17 - days));
    format!("{day}T09:30:00Z")
}

/// An order of one line for so many pence.
pub(crate) fn order(order_id: &str, pence: i64) -> Value {
    json!({
        "orderId": order_id,
        "channel": "online",
        "orderTime": ordered_at(0),
        "lines": [{
            "lineId": "1",
            "productId": "85123A",
            "productName": "WHITE HANGING HEART T-LIGHT HOLDER",
            "quantity": "6",
            "amount": {"currencyCode": "GBP", "amountMinor": pence.to_string()},
        }],
    })
}

/// An id for an order that no other test uses.
pub(crate) fn order_id() -> String {
    format!("t-{}", new_id())
}
