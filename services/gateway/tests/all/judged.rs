//! What is held against a replica, and what is not: it hangs, or gets what is no call.

use std::net::TcpListener;

use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::json;
use tokio::task::JoinSet;
use tonic::Code;

use crate::support::Bench;
use crate::support::client::{GrpcClient, framed};
use crate::support::contract::shape;
use crate::support::upstream::Upstream;

const ECHO: &str = "/test.v1.ShapeService/EchoShape";

#[tokio::test]
async fn a_replica_that_never_answers_is_soon_left_alone() {
    // The kernel takes its connections, as it does for a process that hangs.
    let hung = TcpListener::bind("127.0.0.1:0").unwrap();
    let replica = Upstream::start().await;
    let known = [hung.local_addr().unwrap(), replica.address];
    let bench = Bench::before(&known, |_| {}).await;
    let (headers, mut late) = ([("grpc-timeout", "400m")], 0);
    for _ in 0..60 {
        let answer = bench
            .rest
            .send(Method::GET, "/v1/shapes/s1", &headers, Bytes::new());
        late += u32::from(answer.await.status == StatusCode::GATEWAY_TIMEOUT);
    }
    // Half of all, as long as nobody notices; else those that make it known, and some that try it again.
    assert!((5..15).contains(&late), "{late} calls were late");
}

#[tokio::test]
async fn a_replica_is_left_alone_too_when_the_calls_that_it_does_not_answer_are_not_safe() {
    let hung = TcpListener::bind("127.0.0.1:0").unwrap();
    let replica = Upstream::start().await;
    let known = [hung.local_addr().unwrap(), replica.address];
    let bench = Bench::before(&known, |_| {}).await;
    let mut client = GrpcClient::connect(bench.address(), &bench.token).await;
    let mut late = 0;
    for _ in 0..60 {
        let mut request = client.request(shape(json!({})));
        let timeout = "400m".parse().unwrap();
        request.metadata_mut().insert("grpc-timeout", timeout);
        let answer = client.unary(ECHO, request).await;
        late += u32::from(answer.is_err());
    }
    assert!((5..15).contains(&late), "{late} calls were late");
}

/// Sends a bad body, is told so, and sees whether both replicas still get calls.
async fn bad_body(content_type: &str, body: Bytes, code: Code) {
    let replicas = [Upstream::start().await, Upstream::start().await];
    let known = [0, 1].map(|place: usize| replicas[place].address);
    let bench = Bench::before(&known, |config| config.gateway.max_body_bytes = 1000).await;
    let headers = [("content-type", content_type)];
    let answer = bench.rest.send(Method::POST, ECHO, &headers, body).await;
    assert_eq!(answer.header("grpc-status"), i32::from(code).to_string());
    let calls = || [0, 1].map(|place: usize| replicas[place].calls());
    let before = calls();
    // All at once, so that none comes when a pause would be over.
    let mut good = JoinSet::new();
    for _ in 0..30 {
        let rest = bench.rest.clone();
        good.spawn(async move { rest.get("/v1/shapes/s1").await.status });
    }
    let answers = good.join_all().await;
    assert!(answers.iter().all(|status| *status == StatusCode::OK));
    let after = calls();
    assert!(
        after[0] > before[0] && after[1] > before[1],
        "{before:?} {after:?}"
    );
}

#[tokio::test]
async fn a_body_that_is_no_base64_is_its_callers_fault_and_not_the_replicas() {
    let body = Bytes::from_static(b"!!!!");
    bad_body("application/grpc-web-text", body, Code::InvalidArgument).await;
}

#[tokio::test]
async fn a_body_that_is_too_large_is_its_callers_fault_and_not_the_replicas() {
    let body = framed(&[0; 2000]);
    bad_body("application/grpc-web+proto", body, Code::ResourceExhausted).await;
}
