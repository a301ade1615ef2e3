//! gRPC and gRPC-Web pass through as they are.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::StreamExt as _;
use http::uri::PathAndQuery;
use http::{Method, StatusCode};
use prost::Message as _;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Code;
use tonic::codec::CompressionEncoding;
use tonic_types::StatusExt as _;

use crate::support::client::{GrpcClient, shapes};
use crate::support::contract::shape;
use crate::support::{Bench, wait_until};

async fn client(bench: &Bench) -> GrpcClient {
    GrpcClient::connect(bench.address(), &bench.token).await
}

#[tokio::test]
async fn a_unary_call_keeps_its_metadata_in_both_directions() {
    let bench = Bench::start().await;
    let mut client = client(&bench).await;
    let sent = shape(json!({"name": "s1", "labels": {"a": "b"}}));
    let mut request = client.request(sent.clone());
    request
        .metadata_mut()
        .insert("custom", "c".parse().unwrap());
    request
        .metadata_mut()
        .insert("patron-origin", "user:other".parse().unwrap());
    request.metadata_mut().insert_bin(
        "custom-bin",
        tonic::metadata::MetadataValue::from_bytes(b"\x00\xff"),
    );
    let answer = client
        .unary("/test.v1.ShapeService/EchoShape", request)
        .await
        .unwrap();
    assert_eq!(*answer.get_ref(), sent);
    assert_eq!(
        answer.metadata().get("secret-header").unwrap(),
        "not for REST"
    );
    assert_eq!(answer.metadata().get("patron-trailer").unwrap(), "kept");
    let seen = bench.upstream.last_headers();
    assert_eq!(seen["custom"], "c");
    assert_eq!(seen["custom-bin"], "AP8");
    assert_eq!(seen["te"], "trailers");
    assert!(!seen.contains_key("patron-origin"));
    assert!(
        seen.contains_key("grpc-timeout"),
        "a call without a deadline is given one"
    );
}

#[tokio::test]
async fn a_refusal_keeps_its_details_and_metadata() {
    let bench = Bench::start().await;
    let mut client = client(&bench).await;
    let request = client.request(shape(json!({})));
    let status = client
        .unary("/test.v1.ShapeService/Refuse", request)
        .await
        .unwrap_err();
    assert_eq!(
        (status.code(), status.message()),
        (Code::NotFound, "no such shape")
    );
    let details = status.get_error_details();
    assert_eq!(
        details.error_info().unwrap().reason,
        "DEAD_LETTER_NOT_FOUND"
    );
    assert_eq!(
        details.retry_info().unwrap().retry_delay,
        Some(Duration::from_millis(1500))
    );
    assert_eq!(
        status.metadata().get("patron-hint").unwrap(),
        "look elsewhere"
    );
}

#[tokio::test]
async fn compressed_messages_pass_as_they_are() {
    let bench = Bench::start().await;
    let mut client = client(&bench).await;
    client.grpc = client
        .grpc
        .send_compressed(CompressionEncoding::Gzip)
        .accept_compressed(CompressionEncoding::Gzip);
    let sent = shape(json!({"name": "s".repeat(5000)}));
    let request = client.request(sent.clone());
    let answer = client
        .unary("/test.v1.ShapeService/EchoShape", request)
        .await
        .unwrap();
    assert_eq!(*answer.get_ref(), sent);
    assert_eq!(answer.metadata().get("grpc-encoding").unwrap(), "gzip");
    let seen = bench.upstream.last_headers();
    assert_eq!(seen["grpc-encoding"], "gzip");
    assert!(seen.contains_key("grpc-accept-encoding"));
    let frame = bench.upstream.last_frame();
    assert_eq!(frame[0], 1, "the flag of a compressed message");
    assert!(frame.len() < 1000, "{} bytes", frame.len());
}

#[tokio::test]
async fn a_stream_of_answers_passes_with_its_trailers() {
    let bench = Bench::start().await;
    let mut client = client(&bench).await;
    let path = PathAndQuery::from_static("/test.v1.ShapeService/WatchShape");
    let request = client.request(shape(json!({"count": 3, "tags": ["fail"]})));
    let answers = client
        .grpc
        .server_streaming(request, path, shapes())
        .await
        .unwrap();
    let answers: Vec<_> = answers.into_inner().collect().await;
    assert_eq!(answers.len(), 4);
    let status = answers[3].as_ref().unwrap_err();
    assert_eq!(
        status.get_details_error_info().unwrap().reason,
        "DEAD_LETTER_NOT_FOUND"
    );
}

#[tokio::test]
async fn a_stream_of_requests_passes() {
    let bench = Bench::start().await;
    let mut client = client(&bench).await;
    let path = PathAndQuery::from_static("/test.v1.ShapeService/Collect");
    let requests = (1..=3).map(|count| shape(json!({ "count": count })));
    let request = client.request(tokio_stream::iter(requests));
    let answer = client
        .grpc
        .client_streaming(request, path, shapes())
        .await
        .unwrap();
    assert_eq!(*answer.get_ref(), shape(json!({"count": 3})));
}

#[tokio::test]
async fn both_directions_stream_at_once() {
    let bench = Bench::start().await;
    let mut client = client(&bench).await;
    let path = PathAndQuery::from_static("/test.v1.ShapeService/Chat");
    let (sender, receiver) = tokio::sync::mpsc::channel(1);
    let request = client.request(ReceiverStream::new(receiver));
    let answers = client
        .grpc
        .streaming(request, path, shapes())
        .await
        .unwrap();
    let mut answers = answers.into_inner();
    for count in 1..=3 {
        let sent = shape(json!({ "count": count }));
        sender.send(sent.clone()).await.unwrap();
        assert_eq!(answers.message().await.unwrap(), Some(sent));
    }
    drop(sender);
    assert_eq!(answers.message().await.unwrap(), None);
    assert_eq!(
        answers
            .trailers()
            .await
            .unwrap()
            .unwrap()
            .get("patron-trailer")
            .unwrap(),
        "kept"
    );
}

#[tokio::test]
async fn a_stream_that_stalls_ends_with_deadline_exceeded() {
    let bench = Bench::start().await;
    let mut client = client(&bench).await;
    let path = PathAndQuery::from_static("/test.v1.ShapeService/WatchShape");
    let mut request = client.request(shape(json!({"count": 1, "tags": ["stall"]})));
    request
        .metadata_mut()
        .insert("grpc-timeout", "200m".parse().unwrap());
    let answers = client
        .grpc
        .server_streaming(request, path, shapes())
        .await
        .unwrap();
    let answers: Vec<_> = answers.into_inner().collect().await;
    assert_eq!(answers.len(), 2);
    assert_eq!(
        answers[1].as_ref().unwrap_err().code(),
        Code::DeadlineExceeded
    );
}

#[tokio::test]
async fn a_call_that_its_client_gives_up_ends_upstream() {
    let bench = Bench::start().await;
    let mut client = client(&bench).await;
    let request = client.request(shape(json!({})));
    let path = "/test.v1.ShapeService/Sleep";
    let sleeping = tokio::spawn(async move { client.unary(path, request).await });
    wait_until(|| bench.upstream.calls() == 1).await;
    sleeping.abort();
    wait_until(|| bench.upstream.given_up() == 1).await;
}

#[tokio::test]
async fn what_the_gateway_refuses_itself_has_a_reason() {
    let bench = Bench::with(|config| config.gateway.max_body_bytes = 1000).await;
    let mut good = client(&bench).await;
    let mut bad = GrpcClient::connect(bench.address(), "forged").await;
    let big = shape(json!({"name": "a".repeat(2000)}));
    let small = shape(json!({}));
    let echo = "/test.v1.ShapeService/EchoShape";
    let started = Instant::now();
    let refusals = [
        (
            bad.unary(echo, bad.request(small.clone())).await,
            Code::Unauthenticated,
            "UNAUTHENTICATED",
        ),
        (
            good.unary(echo, good.request(big)).await,
            Code::ResourceExhausted,
            "TOO_LARGE",
        ),
        (
            good.unary("/test.v1.ShapeService/Hidden", good.request(small.clone()))
                .await,
            Code::Unimplemented,
            "METHOD_NOT_FOUND",
        ),
        (
            good.unary(
                "/test.v1.UndeclaredService/Nothing",
                good.request(small.clone()),
            )
            .await,
            Code::Unimplemented,
            "METHOD_NOT_FOUND",
        ),
        (
            good.unary(
                "/test.v1.AbsentService/GetAbsent",
                good.request(small.clone()),
            )
            .await,
            Code::Unavailable,
            "UNAVAILABLE",
        ),
        (
            good.unary("/test.v1.EveryService/Ask", good.request(small))
                .await,
            Code::InvalidArgument,
            "SERVICE_UNKNOWN",
        ),
    ];
    assert!(started.elapsed() < Duration::from_secs(5));
    for (answer, code, reason) in refusals {
        let status = answer.unwrap_err();
        assert_eq!(status.code(), code, "{status:?}");
        assert_eq!(status.get_details_error_info().unwrap().reason, reason);
    }
}

#[tokio::test]
async fn a_service_that_every_role_has_is_chosen_by_metadata() {
    let bench = Bench::start().await;
    let mut client = client(&bench).await;
    let mut request = client.request(shape(json!({})));
    request
        .metadata_mut()
        .insert("patron-service", "shapes".parse().unwrap());
    assert!(
        client
            .unary("/test.v1.EveryService/Ask", request)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn grpc_web_works_over_http1() {
    let bench = Bench::start().await;
    let message = shape(json!({"name": "s1"})).encode_to_vec();
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    let body: Bytes = [&[0], &length[..], &message].concat().into();
    let headers = [("content-type", "application/grpc-web+proto")];
    let path = "/test.v1.ShapeService/EchoShape";
    let answer = bench
        .rest
        .send(Method::POST, path, &headers, body.clone())
        .await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-type"), "application/grpc-web+proto");
    assert_eq!(answer.body.slice(..body.len()), body);
    let trailers = answer.body.slice(body.len()..);
    assert_eq!(trailers[0], 0x80);
    assert!(String::from_utf8_lossy(&trailers[5..]).contains("grpc-status:0"));

    let plain = [("content-type", "application/grpc")];
    let answer = bench.rest.send(Method::POST, path, &plain, body).await;
    assert_eq!(answer.status, StatusCode::HTTP_VERSION_NOT_SUPPORTED);
}

/// The frames of a gRPC-Web answer: flag and payload.
fn web_frames(mut body: Bytes) -> Vec<(u8, Bytes)> {
    let mut frames = Vec::new();
    while !body.is_empty() {
        let length = u32::from_be_bytes(body[1..5].try_into().unwrap()) as usize + 5;
        let frame = body.split_to(length);
        frames.push((frame[0], frame.slice(5..)));
    }
    frames
}

#[tokio::test]
async fn grpc_web_streams_answers_and_ends_with_the_status_and_its_details() {
    let bench = Bench::start().await;
    let message = shape(json!({"name": "s1", "count": 2, "tags": ["fail"]})).encode_to_vec();
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    let body: Bytes = [&[0], &length[..], &message].concat().into();
    let path = "/test.v1.ShapeService/WatchShape";
    let headers = [("content-type", "application/grpc-web+proto")];
    let answer = bench.rest.send(Method::POST, path, &headers, body).await;
    let frames = web_frames(answer.body);
    let flags: Vec<u8> = frames.iter().map(|(flag, _)| *flag).collect();
    assert_eq!(flags, [0, 0, 0x80]);
    assert!(frames[..2].iter().all(|(_, payload)| *payload == message));
    let trailers = String::from_utf8_lossy(&frames[2].1).to_lowercase();
    assert!(trailers.contains("grpc-status:5"), "{trailers}");
    assert!(trailers.contains("grpc-status-details-bin:"), "{trailers}");
}

#[tokio::test]
async fn answers_are_not_begun_for_a_request_that_does_not_come_to_its_end() {
    let bench = Bench::with(|config| config.server.default_deadline_ms = 200).await;
    let mut connection = TcpStream::connect(bench.address()).await.unwrap();
    let head = format!(
        "POST /test.v1.ShapeService/WatchShape HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
         content-type: application/grpc-web+proto\r\ncontent-length: 10\r\n\r\n\0",
        bench.token
    );
    connection.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 4096];
    let answered = connection.read(&mut answer);
    let answered = tokio::time::timeout(Duration::from_secs(20), answered).await;
    let length = answered.expect("it is answered").unwrap();
    let answer = String::from_utf8_lossy(&answer[..length]);
    assert!(answer.contains("grpc-status: 4"), "{answer}");
}

#[tokio::test]
async fn grpc_web_can_be_spoken_in_base64() {
    use base64::Engine as _;
    let base64 = base64::prelude::BASE64_STANDARD;
    let bench = Bench::start().await;
    let message = shape(json!({"name": "s1"})).encode_to_vec();
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    let sent = base64.encode([&[0], &length[..], &message].concat());
    let body = Bytes::from(sent.clone());
    let headers = [
        ("content-type", "application/grpc-web-text"),
        ("accept", "application/grpc-web-text"),
    ];
    let path = "/test.v1.ShapeService/EchoShape";
    let answer = bench.rest.send(Method::POST, path, &headers, body).await;
    assert!(
        answer
            .header("content-type")
            .starts_with("application/grpc-web-text")
    );
    // The message takes a whole number of groups of three bytes, so what follows it begins anew.
    let (answered, trailers) = answer.body.split_at(sent.len());
    assert_eq!(answered, sent.as_bytes());
    let trailers = base64.decode(trailers).unwrap();
    assert_eq!(trailers[0], 0x80);
    assert!(String::from_utf8_lossy(&trailers).contains("grpc-status:0"));
    assert_eq!(
        bench.upstream.last_message("Shape"),
        shape(json!({"name": "s1"}))
    );
}

#[tokio::test]
async fn health_is_told_to_anybody() {
    let bench = Bench::start().await;
    let endpoint = tonic::transport::Endpoint::from_shared(format!("http://{}", bench.address()));
    let channel = endpoint.unwrap().connect().await.unwrap();
    let mut client = tonic_health::pb::health_client::HealthClient::new(channel);
    let mut changes = client
        .watch(tonic_health::pb::HealthCheckRequest::default())
        .await
        .unwrap()
        .into_inner();
    let serving = tonic_health::pb::health_check_response::ServingStatus::Serving;
    while changes.message().await.unwrap().unwrap().status() != serving {}
}
