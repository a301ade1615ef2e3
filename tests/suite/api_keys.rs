//! An API key from the command that makes it to the service that is called with it.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::confined::case_of;
use crate::support::{Patron, eventually, request_id};

/// A new key, and its entry for the file.
fn new_key(scope: &str, regions: &[&str]) -> (String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_patron"))
        .args([
            "access",
            "new-key",
            "--name",
            "shop-berlin",
            "--role",
            "machine",
        ])
        .args(["--scope", scope])
        .args(regions.iter().flat_map(|region| ["--region", region]))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let told = String::from_utf8(output.stdout).unwrap();
    let key = told
        .lines()
        .find(|line| line.starts_with("patron_"))
        .unwrap();
    let entry = told.find("[keys.").unwrap();
    (key.to_owned(), told[entry..].to_owned())
}

fn start(folder: &Path, entry: &str) -> Patron {
    let (keys, config) = (folder.join("keys.toml"), folder.join("patron.toml"));
    std::fs::write(&keys, entry).unwrap();
    std::fs::write(&config, format!("gateway.api_keys_file = {keys:?}\n")).unwrap();
    let config = config.to_str().unwrap();
    Patron::start_in(folder, &["--no-demo", "--config", config])
}

#[tokio::test]
async fn a_machine_may_do_what_its_key_covers_and_nothing_else() {
    let (key, entry) = new_key("loyalty.programs.read", &[]);
    let folder = tempfile::tempdir().unwrap();
    let patron = start(folder.path(), &entry);
    let machine = patron.api().with_token(&key);
    let programs = machine.get("/v1/programs").await;
    assert_eq!(programs.status, 200, "{programs:?}");

    // Its role may; its scope does not cover it, which the service itself finds.
    let customers = machine.get("/v1/customers").await;
    assert_eq!(
        (customers.status, customers.reason().as_str()),
        (403, "PERMISSION_DENIED")
    );
    assert_eq!(
        customers.headers["www-authenticate"],
        "Bearer error=\"insufficient_scope\", scope=\"profile.customers.read\""
    );
    let (stranger, _) = new_key("*", &[]);
    let refused = machine.with_token(&stranger).get("/v1/programs").await;
    assert_eq!(
        (refused.status, refused.reason().as_str()),
        (401, "API_KEY_UNKNOWN")
    );
    assert!(!patron.log().contains(&key[20..]), "no secret in the logs");
}

#[tokio::test]
async fn a_machine_with_a_region_knows_nobody_elsewhere_in_any_service() {
    let (key, entry) = new_key("*", &["GB"]);
    let folder = tempfile::tempdir().unwrap();
    let patron = start(folder.path(), &entry);
    let (operator, machine) = (patron.api(), patron.api().with_token(&key));
    let mut customers = Vec::new();
    for region in ["GB", "DE"] {
        let path = format!("/v1/customers?request_id={}", request_id());
        let created = operator.post(&path, &json!({ "regionCode": region })).await;
        customers.push(created.text("customerId"));
    }
    let [british, german] = &customers[..] else {
        panic!("{customers:?}")
    };
    for service in ["customers", "members"] {
        let path = |id: &str| format!("/v1/{service}/{id}");
        eventually(&operator, &path(german), |_| true).await;
        eventually(&operator, &path(british), |_| true).await;
        let known = machine.get(&path(british)).await;
        assert_eq!(known.status, 200, "{known:?}");
        let hidden = machine.get(&path(german)).await;
        assert_eq!(
            (hidden.status, hidden.reason().as_str()),
            (404, "CUSTOMER_NOT_FOUND"),
            "{hidden:?}"
        );
    }
    let cases = |id: &str| format!("/v1/cases?customer_id={id}");
    assert_eq!(machine.get(&cases(british)).await.status, 200);
    assert_eq!(machine.get(&cases(german)).await.status, 404);
    for customer in [german, british] {
        case_of(&operator, customer).await;
    }
    let is_listed = |queue: &Value, customer: &str| queue.to_string().contains(customer);
    let queue = eventually(&machine, "/v1/cases", |it| is_listed(it, british)).await;
    assert!(!is_listed(&queue, german), "{queue}");
    let listed = machine.get("/v1/customers").await;
    assert_eq!(listed.body["customers"].as_array().unwrap().len(), 1);
}
