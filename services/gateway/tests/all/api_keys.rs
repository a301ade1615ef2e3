//! API keys: the gateway takes them, and services never see one.

use std::path::Path;

use access::{ApiKey, NewApiKey, Roles, Scope};
use bytes::Bytes;
use chassis::KeyWatch;
use chassis::config::Config;
use http::{HeaderMap, Method, StatusCode};
use jiff::SignedDuration;
use serde_json::json;

use crate::support::client::{Answer, GrpcClient};
use crate::support::contract::shape;
use crate::support::{Bench, now};

fn key(number: u8) -> ApiKey {
    ApiKey::from_random([number; 6], [number; 32])
}

/// Keys of the machine `shop`: 1 is good, 2 has expired, 3 is revoked, 4 nobody knows.
fn keys() -> String {
    let entry = |number: u8, hours: i64| {
        let new = NewApiKey {
            name: "shop".to_owned(),
            roles: vec!["machine".to_owned()],
            scopes: Scope::split("shapes.read").unwrap(),
            regions: vec!["emea".to_owned()],
            expires_at: now() + SignedDuration::from_hours(hours),
        };
        new.entry(&key(number), &Roles::default()).unwrap()
    };
    let revoked = "revoked_at = \"2026-03-01T00:00:00Z\"\n";
    [entry(1, 24), entry(2, -1), entry(3, 24), revoked.to_owned()].concat()
}

/// A gateway with these keys, and what a service behind it believes.
async fn start(folder: &Path) -> (Bench, KeyWatch) {
    let (file, service_key) = (folder.join("keys.toml"), folder.join("service.pem"));
    std::fs::write(&file, keys()).unwrap();
    access::development_key(&service_key).unwrap();
    let mut service = None;
    let bench = Bench::with(|config| {
        config.gateway.api_keys_file = Some(file);
        config.access.service_key_file = Some(service_key);
        config.gateway.rate_limits.burst = 3;
        service = Some(config.access.clone());
    })
    .await;
    (bench, KeyWatch::new(&service.unwrap()).unwrap())
}

async fn get(bench: &Bench, path: &str, key: &str) -> Answer {
    let authorization = format!("Bearer {key}");
    let headers = [("authorization", authorization.as_str())];
    bench
        .rest
        .send(Method::GET, path, &headers, Bytes::new())
        .await
}

fn holds(headers: &HeaderMap, text: &str) -> bool {
    let mut values = headers.values();
    values.any(|value| String::from_utf8_lossy(value.as_bytes()).contains(text))
}

#[tokio::test]
async fn a_key_lets_its_machine_in_and_services_see_an_ordinary_short_token() {
    let folder = tempfile::tempdir().unwrap();
    let (bench, service) = start(folder.path()).await;
    let key = key(1);
    assert_eq!(
        get(&bench, "/v1/shapes/s1", key.expose()).await.status,
        StatusCode::OK
    );
    let rest = bench.upstream.last_headers();

    let mut grpc = GrpcClient::connect(bench.address(), key.expose()).await;
    let request = grpc.request(shape(json!({"name": "s1"})));
    grpc.unary("/test.v1.ShapeService/GetShape", request)
        .await
        .unwrap();
    let grpc = bench.upstream.last_headers();
    for seen in [rest, grpc] {
        assert!(!holds(&seen, "patron_"), "{seen:?}");
        let token = seen["authorization"]
            .to_str()
            .unwrap()
            .strip_prefix("Bearer ")
            .unwrap();
        let caller = service.verify(token, now()).await.unwrap();
        assert_eq!(caller.id(), "machine:shop");
        assert_eq!(caller.regions, ["emea"]);
        assert_eq!(caller.scopes, Some(Scope::split("shapes.read").unwrap()));
        let later = now() + SignedDuration::from_mins(6);
        assert!(service.verify(token, later).await.is_err());
    }
}

#[tokio::test]
async fn a_key_that_is_no_longer_good_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let (bench, _) = start(folder.path()).await;
    let cases = [
        (
            2,
            "API_KEY_EXPIRED",
            "the API key expired at 2026-03-09T09:00:00Z",
        ),
        (
            3,
            "API_KEY_REVOKED",
            "the API key was revoked at 2026-03-01T00:00:00Z",
        ),
        (4, "API_KEY_UNKNOWN", "there is no such API key"),
    ];
    for (number, reason, text) in cases {
        let answer = get(&bench, "/v1/shapes/s1", key(number).expose()).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{reason}");
        assert_eq!(answer.detail("ErrorInfo")["reason"], reason);
        assert_eq!(
            answer.header("www-authenticate"),
            format!("Bearer error=\"invalid_token\", error_description=\"{text}\"")
        );
        let body = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(!body.contains("patron_"), "{body}");
    }
    assert_eq!(bench.upstream.calls(), 0);
}

#[tokio::test]
async fn keys_of_one_machine_are_one_caller_and_no_service_sees_a_key_that_a_call_did_not_need() {
    let folder = tempfile::tempdir().unwrap();
    let (bench, _) = start(folder.path()).await;
    for _ in 0..3 {
        assert_eq!(
            get(&bench, "/v1/shapes/s1", key(1).expose()).await.status,
            StatusCode::OK
        );
    }
    let beyond = get(&bench, "/v1/shapes/s1", key(1).expose()).await;
    assert_eq!(beyond.detail("ErrorInfo")["reason"], "RATE_LIMITED");

    let anonymous = get(&bench, "/v1/greeting", key(1).expose()).await;
    assert_eq!(anonymous.status, StatusCode::OK);
    assert!(!holds(&bench.upstream.last_headers(), "patron_"));
}

#[tokio::test]
async fn tokens_that_are_for_between_the_roles_let_nobody_in() {
    let folder = tempfile::tempdir().unwrap();
    let (bench, service) = start(folder.path()).await;
    assert_eq!(
        get(&bench, "/v1/shapes/s1", key(1).expose()).await.status,
        StatusCode::OK
    );
    let headers = bench.upstream.last_headers();
    let machine = headers["authorization"].to_str().unwrap();
    let machine = machine.strip_prefix("Bearer ").unwrap().to_owned();
    let mut access = Config::defaults().unwrap().access;
    access.service_key_file = Some(folder.path().join("service.pem"));
    let own = access.identity("loyalty").unwrap().unwrap();
    let own = own.token(now()).unwrap().expose().to_owned();
    for token in [machine, own] {
        // A service believes it.
        service.verify(&token, now()).await.unwrap();
        let answer = get(&bench, "/v1/shapes/s1", &token).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert_eq!(answer.detail("ErrorInfo")["reason"], "UNAUTHENTICATED");
        let told = answer.header("www-authenticate");
        assert!(told.contains("error=\"invalid_token\""), "{told}");
        let mut grpc = GrpcClient::connect(bench.address(), &token).await;
        let request = grpc.request(shape(json!({"name": "s1"})));
        let refused = grpc.unary("/test.v1.ShapeService/GetShape", request).await;
        assert_eq!(refused.unwrap_err().code(), tonic::Code::Unauthenticated);
    }
    assert_eq!(bench.upstream.calls(), 1);
}
