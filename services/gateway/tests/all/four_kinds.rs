//! Calls of all four kinds pass through with the same promises. What the service does at their end is
//! told by the metadata `at-the-end`.

use std::time::Duration;

use futures_util::{Stream, StreamExt as _};
use http::uri::PathAndQuery;
use prost_reflect::DynamicMessage;
use serde_json::json;
use tonic::codec::CompressionEncoding;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::support::client::{GrpcClient, shapes};
use crate::support::contract::shape;
use crate::support::{Bench, wait_until};

/// A method of each kind: unary, a stream of answers, a stream of requests, both.
const KINDS: [&str; 4] = [
    "/test.v1.ShapeService/EchoShape",
    "/test.v1.ShapeService/WatchShape",
    "/test.v1.ShapeService/Collect",
    "/test.v1.ShapeService/Chat",
];

async fn client(bench: &Bench) -> GrpcClient {
    let mut client = GrpcClient::connect(bench.address(), &bench.token).await;
    client.grpc = client
        .grpc
        .send_compressed(CompressionEncoding::Gzip)
        .accept_compressed(CompressionEncoding::Gzip);
    client
}

/// Sends one message, after it those of `more`, and reads answers to the end. On the wire a call of
/// any kind looks like one of both streams.
async fn call(
    client: &mut GrpcClient,
    path: &'static str,
    metadata: &[(&'static str, &'static str)],
    more: impl Stream<Item = DynamicMessage> + Send + 'static,
) -> (usize, Option<Status>) {
    client.grpc.ready().await.unwrap();
    let first = shape(json!({"name": "a".repeat(3000), "count": 1}));
    let messages = futures_util::stream::iter([first]).chain(more);
    let mut request = client.request(messages);
    for (name, value) in metadata {
        request.metadata_mut().insert(*name, value.parse().unwrap());
    }
    let path = PathAndQuery::from_static(path);
    let answers = match client.grpc.streaming(request, path, shapes()).await {
        Ok(answers) => answers,
        Err(status) => return (0, Some(status)),
    };
    let mut answers = answers.into_inner();
    let mut count = 0;
    loop {
        match answers.message().await {
            Ok(Some(_)) => count += 1,
            Ok(None) => return (count, None),
            Err(status) => return (count, Some(status)),
        }
    }
}

#[tokio::test]
async fn metadata_and_compression_pass_in_calls_of_all_kinds() {
    for path in KINDS {
        let bench = Bench::start().await;
        let mut client = client(&bench).await;
        let metadata = [("custom", "c")];
        let (count, status) = call(&mut client, path, &metadata, tokio_stream::empty()).await;
        assert!(status.is_none() && count == 1, "{path}: {status:?}");
        let seen = bench.upstream.last_headers();
        assert_eq!(
            (&seen["custom"], &seen["grpc-encoding"]),
            (&"c".parse().unwrap(), &"gzip".parse().unwrap())
        );
        let frame = bench.upstream.last_frame();
        assert!(
            frame[0] == 1 && frame.len() < 1000,
            "{path}: as it was packed"
        );
    }
}

#[tokio::test]
async fn refusals_keep_their_details_and_metadata_in_calls_of_all_kinds() {
    for path in KINDS {
        let bench = Bench::start().await;
        let mut client = client(&bench).await;
        let metadata = [("at-the-end", "refuse")];
        let (count, status) = call(&mut client, path, &metadata, tokio_stream::empty()).await;
        let status = status.unwrap();
        assert_eq!((count, status.code()), (1, Code::NotFound), "{path}");
        let reason = status.get_details_error_info().unwrap().reason;
        assert_eq!(reason, "DEAD_LETTER_NOT_FOUND", "{path}");
        assert_eq!(
            status.metadata().get("patron-hint").unwrap(),
            "look elsewhere"
        );
    }
}

#[tokio::test]
async fn calls_of_all_kinds_end_at_their_deadline() {
    for path in KINDS {
        let bench = Bench::start().await;
        let mut client = client(&bench).await;
        let metadata = [("at-the-end", "stall"), ("grpc-timeout", "200m")];
        let call = call(&mut client, path, &metadata, tokio_stream::empty());
        let ended = tokio::time::timeout(Duration::from_secs(5), call).await;
        let (_, status) = ended.unwrap();
        assert_eq!(status.unwrap().code(), Code::DeadlineExceeded, "{path}");
        wait_until(|| bench.upstream.given_up() == 1).await;
    }
}

#[tokio::test]
async fn calls_of_all_kinds_end_upstream_when_their_client_gives_up() {
    for path in KINDS {
        let bench = Bench::start().await;
        let mut client = client(&bench).await;
        let calling = tokio::spawn(async move {
            let metadata = [("at-the-end", "stall")];
            call(&mut client, path, &metadata, tokio_stream::empty()).await
        });
        wait_until(|| bench.upstream.calls() == 1).await;
        calling.abort();
        wait_until(|| bench.upstream.given_up() == 1).await;
    }
}
