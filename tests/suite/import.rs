//! Real orders through the public API, and what they come to.

use serde_json::Value;

use crate::support::{Api, Patron, Reference, eventually, excerpt};

/// Lines of the demo's file that these tests read: three days with returns among them.
const LINES: usize = 9_000;

fn summary(output: &std::process::Output) -> Value {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Every customer's orders and points are those that an independent program computes.
async fn agrees(api: &Api, expected: &Reference) {
    for (account, member) in &expected.members {
        let path = format!("/v1/customers:lookup?kind=retail_account&value={account}");
        let customer = api.get(&path).await.text("customerId");
        let traits = api.get(&format!("/v1/customers/{customer}/traits")).await;
        assert_eq!(
            traits.body["orderCount"],
            Value::from(member.orders.to_string()),
            "account {account}"
        );
        let path = format!("/v1/members/{customer}");
        let points = member.available.to_string();
        eventually(api, &path, |member| {
            member["balance"]["available"] == points.as_str()
        })
        .await;
    }
}

#[tokio::test]
async fn an_import_that_is_killed_and_resumed_equals_an_uninterrupted_one() {
    let patron = Patron::start(&["--no-demo"]);
    let file = excerpt(patron.data(), LINES);
    let data = tempfile::tempdir().unwrap();
    let victim = Patron::start_in(data.path(), &["--demo", file.to_str().unwrap()]);
    // Some of it is there, not all: then the lights go out.
    let first = victim.api();
    eventually(&first, "/v1/products:popular", |page| {
        page["totalBasketCount"] != "0"
    })
    .await;
    victim.kill();

    let resumed = Patron::start_in(data.path(), &["--demo", file.to_str().unwrap()]);
    resumed.wait_for_demo();
    let expected = Reference::of(&file, resumed.demo_shift_weeks());
    assert!(expected.members.len() > 50, "{}", expected.members.len());
    agrees(&resumed.api(), &expected).await;

    let uninterrupted = patron.command(&[
        "import",
        "orders",
        file.to_str().unwrap(),
        "--shift-to-recent",
        "--summary",
        "json",
    ]);
    let summary = summary(&uninterrupted);
    let expected = Reference::of(&file, summary["shift_weeks"].as_i64().unwrap());
    assert_eq!(summary["orders"], expected.order_count);
    agrees(&patron.api(), &expected).await;
    assert_eq!(resumed.stop().code(), Some(0));
}
