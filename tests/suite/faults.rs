//! Bad days of one process.

use crate::support::{Patron, WELCOME, eventually, new_customer, order, order_id};

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_power_failure() {
    let data = tempfile::tempdir().unwrap();
    let patron = Patron::start_in(data.path(), &["--no-demo"]);
    let api = patron.api();
    let customer = new_customer(&api).await;
    for _ in 0..20 {
        let path = format!("/v1/customers/{customer}/orders");
        assert_eq!(api.post(&path, &order(&order_id(), 1000)).await.status, 200);
    }
    patron.kill();

    let patron = Patron::start_in(data.path(), &["--no-demo"]);
    let api = patron.api();
    let traits = api.get(&format!("/v1/customers/{customer}/traits")).await;
    assert_eq!(traits.body["orderCount"], "20");
    let member = format!("/v1/members/{customer}");
    eventually(&api, &member, |member| {
        member["balance"]["available"] == (WELCOME + 200).to_string().as_str()
    })
    .await;
    let verified = patron.command(&["loyalty", "verify"]);
    assert!(verified.status.success(), "{verified:?}");
    assert_eq!(patron.stop().code(), Some(0));
}

#[test]
fn a_taken_port_is_told_before_anything_is_started() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let data = tempfile::tempdir().unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_patron"))
        .args(["up", "--no-demo", "--port", &port, "--data-dir"])
        .arg(data.path())
        .output()
        .unwrap();
    assert!(!output.status.success());
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains(&port), "{told}");
}
