//! Rules that hold for every RPC of the contract, so also for the next one.

use std::collections::BTreeSet;
use std::path::Path;

use prost_reflect::{MethodDescriptor, Value};
use serde_json::json;

use crate::support::shared;

fn methods() -> impl Iterator<Item = MethodDescriptor> {
    let services = contract::pool()
        .services()
        .filter(|service| service.full_name().starts_with("patron."));
    services.flat_map(|service| service.methods().collect::<Vec<_>>())
}

/// HTTP method and path with a UUID for each variable; `None` without a REST route.
fn route(method: &MethodDescriptor) -> Option<(String, String)> {
    let http = contract::pool().get_extension_by_name("google.api.http")?;
    let options = method.options();
    let rule = options.get_extension(&http).as_message()?.clone();
    let (verb, path) = ["get", "post", "patch", "put", "delete"]
        .iter()
        .find_map(|verb| {
            let path = rule.get_field_by_name(verb)?.as_str()?.to_owned();
            (!path.is_empty()).then(|| (verb.to_uppercase(), path))
        })?;
    let filled = path
        .split('{')
        .enumerate()
        .map(|(index, part)| match part.split_once('}') {
            Some(("service", rest)) if index > 0 => format!("loyalty{rest}"),
            Some((_, rest)) if index > 0 => format!("01890a5d-ac96-774b-bcce-b302099a8057{rest}"),
            _ => part.to_owned(),
        });
    Some((verb, filled.collect()))
}

#[test]
fn every_rpc_declares_its_permission_and_says_what_it_does() {
    let access = contract::pool()
        .get_extension_by_name("patron.access.v1.method")
        .unwrap();
    for method in methods() {
        let options = method.options();
        let declared = options.get_extension(&access);
        let declared = declared.as_message().unwrap();
        let permission = declared.get_field_by_name("permission").unwrap();
        let anonymous = declared.get_field_by_name("anonymous").unwrap();
        let named = permission
            .as_str()
            .is_some_and(|name| name.split('.').count() == 3);
        assert!(
            named || *anonymous == Value::Bool(true),
            "{}",
            method.full_name()
        );
    }
}

#[tokio::test]
async fn no_rpc_answers_a_caller_without_a_token() {
    let api = shared().api().with_token("");
    let mut asked = 0;
    for (verb, path) in methods().filter_map(|method| route(&method)) {
        let body = if verb == "GET" {
            bytes::Bytes::new()
        } else {
            json!({}).to_string().into()
        };
        let answer = api.send(&verb, &path, body).await;
        assert_eq!(
            (answer.status, answer.reason().as_str()),
            (401, "UNAUTHENTICATED"),
            "{path}"
        );
        asked += 1;
    }
    assert!(asked >= 30, "{asked} routes");
}

#[test]
fn every_reason_has_a_page_and_every_page_a_reason() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/errors");
    let pages: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            entry
                .unwrap()
                .path()
                .file_stem()
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned()
        })
        .filter(|name| name != "README")
        .collect();
    let enums = contract::pool()
        .all_enums()
        .filter(|described| described.name() == "ErrorReason");
    let reasons: BTreeSet<String> = enums
        .flat_map(|described| {
            described
                .values()
                .map(|value| value.name().to_owned())
                .collect::<Vec<_>>()
        })
        .map(|name| name.trim_start_matches("ERROR_REASON_").to_owned())
        .filter(|name| name != "UNSPECIFIED")
        .collect();
    assert_eq!(pages, reasons);
}

#[tokio::test]
async fn the_openapi_document_has_every_route() {
    let answer = shared().api().with_token("").get("/openapi.json").await;
    assert_eq!(answer.status, 200);
    assert!(answer.body["openapi"].as_str().unwrap().starts_with("3.1"));
    let operations: usize = answer.body["paths"]
        .as_object()
        .unwrap()
        .values()
        .map(|path| {
            path.as_object()
                .unwrap()
                .keys()
                .filter(|key| *key != "parameters")
                .count()
        })
        .sum();
    assert_eq!(
        operations,
        methods().filter(|method| route(method).is_some()).count()
    );
}
