//! What the contract declares is put on record, RPC by RPC, so also for the next one; and the record
//! can be verified by who looks after it.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use chassis::Clock;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use prost_reflect::{Kind, MessageDescriptor, MethodDescriptor};

use crate::support::{Api, new_customer, new_id, shared};

/// An empty message, framed.
const EMPTY: &[u8] = &[0; 5];

/// PERMISSION_DENIED and UNAUTHENTICATED: what takes more than a role does not get to the data.
const KEPT_OUT: [&str; 2] = ["7", "16"];

/// The role that serves a service; of those that all serve, one.
fn role(method: &MethodDescriptor) -> String {
    let option = contract::pool()
        .get_extension_by_name("patron.access.v1.service")
        .unwrap();
    let service = method.parent_service();
    let declared = service.options().get_extension(&option).into_owned();
    let role = declared.as_message().unwrap().get_field_by_name("role");
    let role = role.unwrap().as_str().unwrap().to_owned();
    if role.is_empty() {
        "survey".to_owned()
    } else {
        role
    }
}

/// Whether calls must be on record, read from the contract anew.
fn must_be_recorded(method: &MethodDescriptor) -> bool {
    let option = contract::pool()
        .get_extension_by_name("patron.access.v1.method")
        .unwrap();
    let declared = method.options().get_extension(&option).into_owned();
    let access = declared.as_message().unwrap();
    let permission = access.get_field_by_name("permission").unwrap();
    let permission = permission.as_str().unwrap();
    let is_booked = access.get_field_by_name("booked").unwrap();
    let is_internal = access.get_field_by_name("internal").unwrap();
    let is_read = permission.rsplit('.').next() == Some("read");
    let is_stream = method.is_client_streaming() || method.is_server_streaming();
    let is_left_out = [is_internal, is_booked]
        .iter()
        .any(|it| it.as_bool() != Some(false));
    let is_called = !is_left_out && !is_stream;
    is_called && (!is_read || holds_personal(&method.output(), &mut BTreeSet::new()))
}

fn holds_personal(message: &MessageDescriptor, seen: &mut BTreeSet<String>) -> bool {
    let option = contract::pool()
        .get_extension_by_name("patron.access.v1.field")
        .unwrap();
    seen.insert(message.full_name().to_owned())
        && message.fields().any(|field| {
            let within = match field.kind() {
                Kind::Message(within) => holds_personal(&within, seen),
                _ => false,
            };
            within || field.options().has_extension(&option)
        })
}

#[tokio::test]
async fn every_rpc_that_writes_or_answers_with_personal_data_is_on_record() {
    let api = shared().api();
    let since = Clock::system().now();
    let client = Client::builder(TokioExecutor::new())
        .http2_only(true)
        .build_http::<Full<Bytes>>();
    let mut called: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    let services = contract::pool().services();
    for method in services.flat_map(|service| service.methods().collect::<Vec<_>>()) {
        if !must_be_recorded(&method) {
            continue;
        }
        let (role, trace) = (role(&method), new_id().simple().to_string());
        let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
        let request = Request::post(format!("{}{path}", api.base))
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .header("patron-service", &role)
            .header("traceparent", format!("00-{trace}-00f067aa0ba902b7-01"))
            .header("authorization", format!("Bearer {}", api.token))
            .body(Full::new(Bytes::from_static(EMPTY)))
            .unwrap();
        let answer = client.request(request).await.unwrap();
        let code = answer.headers().get("grpc-status").cloned();
        // To its end: then it is on record.
        answer.into_body().collect().await.unwrap();
        let is_kept_out = code.is_some_and(|code| KEPT_OUT.contains(&code.to_str().unwrap()));
        if !is_kept_out {
            called.entry(role).or_default().insert(trace, path);
        }
    }
    let count: usize = called.values().map(BTreeMap::len).sum();
    assert!(count > 60, "{count} methods were let in");
    assert_eq!(called.len(), 5, "all roles are called");
    for (role, mut missing) in called {
        for entry in entries(&api, &role, &format!("since={since}")).await {
            let trace = entry["traceId"].as_str().unwrap_or_default();
            if let Some(path) = missing.remove(trace) {
                assert_eq!(format!("/{}", entry["method"].as_str().unwrap()), path);
                assert!(entry["actor"].as_str().unwrap().starts_with("user:"));
            }
        }
        assert!(missing.is_empty(), "not on record of {role}: {missing:?}");
    }
}

/// All pages of the record of a role.
async fn entries(api: &Api, role: &str, filter: &str) -> Vec<serde_json::Value> {
    let (mut entries, mut token) = (Vec::new(), String::new());
    loop {
        let path =
            format!("/v1/services/{role}/audit-entries?pageSize=500&{filter}&pageToken={token}");
        let page = api.get(&path).await;
        assert_eq!(page.status, 200, "{page:?}");
        entries.extend(page.body["entries"].as_array().cloned().unwrap_or_default());
        token = page.body["nextPageToken"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        if token.is_empty() {
            return entries;
        }
    }
}

#[tokio::test]
async fn who_has_seen_a_customer_is_told_with_the_fields_and_without_what_stood_in_them() {
    let api = shared().api();
    let customer = new_customer(&api).await;
    api.get(&format!("/v1/customers/{customer}")).await;
    let filter = format!("customerId={customer}");
    let entries = entries(&api, "profile", &filter).await;
    let told = serde_json::to_string(&entries).unwrap();
    assert!(!told.contains("Ada") && !told.contains("+44"), "{told}");
    let of = |method: &str| {
        let found = entries.iter().find(|entry| {
            let name = entry["method"].as_str().unwrap();
            name.rsplit('/').next() == Some(method)
        });
        found.unwrap_or_else(|| panic!("no {method} in {told}"))
    };
    let (created, read) = (of("CreateCustomer"), of("GetCustomer"));
    let has = |entry: &serde_json::Value, list: &str, field: &str| {
        let fields = entry[list].as_array().unwrap();
        assert!(
            fields.iter().any(|name| name == field),
            "{field} in {entry}"
        );
    };
    has(created, "writtenFields", "Customer.display_name");
    has(read, "readFields", "Customer.display_name");
    has(read, "readFields", "Identifier.value");
}

#[tokio::test]
async fn the_record_is_verified_from_the_command_line_against_the_heads_that_were_kept() {
    let patron = shared();
    let api = patron.api();
    new_customer(&api).await;
    let folder = tempfile::tempdir().unwrap();
    let heads = folder.path().join("heads.json");
    let verify = || patron.command(&["audit", "verify", "--heads", heads.to_str().unwrap()]);
    let first = verify();
    assert!(first.status.success(), "{first:?}");
    let told = String::from_utf8(first.stdout).unwrap();
    assert!(
        told.contains("profile: ") && told.contains(": 0 findings"),
        "{told}"
    );
    new_customer(&api).await;
    let again = verify();
    assert!(again.status.success(), "{again:?}");
    // What was kept of a chain that is not there is missed.
    let kept = std::fs::read_to_string(&heads).unwrap();
    let (known, made_up) = (kept.find("\"profile\"").unwrap(), new_id());
    let made_up = format!(
        "\"profile\": {{\"{made_up}\": {{\"sequence\": \"1\", \"hash\": \"{}\"}},",
        "ab".repeat(32)
    );
    let rest = kept[known..].split_once('{').unwrap().1;
    std::fs::write(&heads, format!("{}{made_up}{rest}", &kept[..known])).unwrap();
    let missed = verify();
    assert!(!missed.status.success(), "{missed:?}");
    let told = String::from_utf8(missed.stdout).unwrap();
    assert!(
        told.contains("entry 1: removed, with all that came after"),
        "{told}"
    );
}
