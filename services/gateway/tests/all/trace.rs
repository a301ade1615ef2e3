//! Every call has a span of the gateway's own in its caller's trace.

use bytes::Bytes;
use http::Method;
use serde_json::json;

use crate::support::client::GrpcClient;
use crate::support::contract::shape;
use crate::support::spans::{self, Traced};
use crate::support::{Bench, wait_until};

/// The span of the call in this trace, once the call has ended.
async fn span(trace_id: &str) -> Traced {
    let ended = || {
        let traced = spans::of_trace(trace_id)?;
        let is_last = |line: &spans::Fields| line["message"] == "call ended";
        traced.lines.iter().any(is_last).then_some(traced)
    };
    wait_until(|| ended().is_some()).await;
    ended().unwrap()
}

/// Calls by REST, and checks that the service is told where it is called from.
async fn rest(path: &str, trace_id: &str) -> Traced {
    spans::record();
    let bench = Bench::start().await;
    let parent = format!("00-{trace_id}-00f067aa0ba902b7-01");
    let headers = [("traceparent", parent.as_str())];
    bench
        .rest
        .send(Method::GET, path, &headers, Bytes::new())
        .await;
    let traced = span(trace_id).await;
    assert_ne!(traced.traceparent, parent, "a span of its own");
    if bench.upstream.calls() > 0 {
        let handed_on = &bench.upstream.last_headers()["traceparent"];
        assert_eq!(handed_on, traced.traceparent.as_str());
    }
    traced
}

#[tokio::test]
async fn a_rest_call_is_named_by_its_template_and_never_by_its_path() {
    let traced = rest("/v1/shapes/secret-name", "11111111111111111111111111111111").await;
    for (field, value) in [
        ("otel.name", "GET /v1/shapes/{name}"),
        ("otel.kind", "server"),
        ("rpc.method", "test.v1.ShapeService/GetShape"),
        ("rpc.grpc.status_code", "0"),
        ("http.response.status_code", "200"),
    ] {
        assert_eq!(traced.fields[field], value);
    }
    assert!(!format!("{traced:?}").contains("secret-name"), "{traced:?}");
}

#[tokio::test]
async fn a_call_that_finds_no_method_has_a_span_without_a_name() {
    let traced = rest(
        "/v1/nowhere/secret-name",
        "22222222222222222222222222222222",
    )
    .await;
    assert!(!traced.fields.contains_key("otel.name"), "{traced:?}");
    assert!(!format!("{traced:?}").contains("secret-name"), "{traced:?}");
}

#[tokio::test]
async fn a_stream_stays_in_its_trace_to_its_end() {
    let traced = rest(
        "/v1/shapes/s1:watch?count=2&tags=fail",
        "33333333333333333333333333333333",
    )
    .await;
    assert_eq!(traced.fields["otel.name"], "GET /v1/shapes/{name}:watch");
    assert_eq!(traced.fields["rpc.grpc.status_code"], "5");
}

#[tokio::test]
async fn a_grpc_call_is_named_by_its_method() {
    spans::record();
    let trace_id = "44444444444444444444444444444444";
    let bench = Bench::start().await;
    let mut client = GrpcClient::connect(bench.address(), &bench.token).await;
    let mut request = client.request(shape(json!({})));
    let parent = format!("00-{trace_id}-00f067aa0ba902b7-01");
    request
        .metadata_mut()
        .insert("traceparent", parent.parse().unwrap());
    let path = "/test.v1.ShapeService/EchoShape";
    client.unary(path, request).await.unwrap();
    let traced = span(trace_id).await;
    assert_eq!(traced.fields["otel.name"], "test.v1.ShapeService/EchoShape");
    let handed_on = &bench.upstream.last_headers()["traceparent"];
    assert_eq!(handed_on, traced.traceparent.as_str());
}

#[tokio::test]
async fn the_access_log_tells_what_became_of_a_call_and_nothing_about_people() {
    spans::record();
    let bench = Bench::start().await;
    let trace_id = "77777777777777777777777777777777";
    let parent = format!("00-{trace_id}-00f067aa0ba902b7-01");
    let headers = [
        ("traceparent", parent.as_str()),
        ("x-request-id", "till-17.4"),
        ("user-agent", "anna's phone"),
    ];
    let path = "/v1/shapes/anna@example.com?note=%2B4915112345678";
    let answer = bench
        .rest
        .send(Method::GET, path, &headers, Bytes::new())
        .await;
    let traced = span(trace_id).await;
    let line = traced
        .lines
        .iter()
        .find(|line| line["message"] == "call ended")
        .unwrap();
    let size = answer.body.len().to_string();
    for (field, value) in [
        ("rpc.method", "test.v1.ShapeService/GetShape"),
        ("http.route", "GET /v1/shapes/{name}"),
        ("network.protocol.name", "rest"),
        ("rpc.grpc.status_code", "0"),
        ("http.response.status_code", "200"),
        ("http.response.body.size", &size),
        ("caller.kind", "user"),
        ("request_id", "till-17.4"),
    ] {
        assert_eq!(line[field], value, "{field}");
    }
    assert!(line.contains_key("duration_us"));
    let told = format!("{traced:?}");
    for personal in ["anna", "4915112345678", "operator", bench.token.as_str()] {
        assert!(!told.contains(personal), "{personal} in {told}");
    }
}

#[tokio::test]
async fn an_id_that_could_be_an_address_is_not_taken_over() {
    let bench = Bench::start().await;
    let headers = [("x-request-id", "anna@example.com")];
    let answer = bench
        .rest
        .send(Method::GET, "/v1/shapes/s1", &headers, Bytes::new())
        .await;
    assert_eq!(answer.header("x-request-id").len(), 36);
}
