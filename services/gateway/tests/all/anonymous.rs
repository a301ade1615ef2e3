//! What the gateway answers to whoever says nothing of who they are: health and reflection.

use std::time::Duration;

use futures_util::stream;
use http::uri::PathAndQuery;
use tonic::client::Grpc;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status, Streaming};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};
use tonic_prost::ProstCodec;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;

use crate::support::Bench;

/// Longest wait for what must happen.
const PATIENCE: Duration = Duration::from_secs(20);

async fn channel(bench: &Bench) -> Channel {
    let address = format!("http://{}", bench.address());
    Endpoint::from_shared(address)
        .unwrap()
        .connect()
        .await
        .unwrap()
}

/// On a connection of its own: it is the address that counts.
async fn watch(bench: &Bench) -> Result<Streaming<HealthCheckResponse>, Status> {
    let mut client = HealthClient::new(channel(bench).await);
    let watched = client.watch(HealthCheckRequest::default()).await;
    watched.map(tonic::Response::into_inner)
}

async fn check(bench: &Bench) -> Result<i32, Status> {
    let mut client = HealthClient::new(channel(bench).await);
    let checked = client.check(HealthCheckRequest::default()).await;
    checked.map(|answer| answer.into_inner().status)
}

#[tokio::test]
async fn whoever_says_nothing_may_watch_so_many_streams_and_no_more() {
    let bench = Bench::with(|config| config.gateway.concurrency.anonymous_streams_per_address = 2);
    let bench = bench.await;
    let mut first = watch(&bench).await.unwrap();
    let said = first.message().await.unwrap().unwrap();
    assert_eq!(said.status, i32::from(ServingStatus::Serving));
    let mut reflection = ServerReflectionClient::new(channel(&bench).await);
    let second = reflection.server_reflection_info(stream::pending());
    let _second = second.await.unwrap();
    let refused = watch(&bench).await.map(drop).unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted, "{refused}");
    // What load balancers ask is answered all the same.
    assert_eq!(
        check(&bench).await.unwrap(),
        i32::from(ServingStatus::Serving)
    );
    drop(first);
    let again = async { while watch(&bench).await.is_err() {} };
    tokio::time::timeout(PATIENCE, again).await.unwrap();
}

#[tokio::test]
async fn a_stream_of_whoever_says_nothing_ends_when_it_is_old() {
    let bench = Bench::with(|config| config.gateway.concurrency.anonymous_stream_age_ms = 200);
    let bench = bench.await;
    let mut watched = watch(&bench).await.unwrap();
    assert!(watched.message().await.unwrap().is_some());
    let ended = tokio::time::timeout(PATIENCE, watched.message()).await;
    let ended = ended.expect("it ends").unwrap_err();
    assert_eq!(ended.code(), Code::DeadlineExceeded, "{ended}");
}

#[tokio::test]
async fn a_question_that_does_not_come_to_its_end_is_not_waited_for() {
    let bench = Bench::with(|config| config.server.default_deadline_ms = 200).await;
    let mut client = Grpc::new(channel(&bench).await);
    client.ready().await.unwrap();
    let codec = ProstCodec::<HealthCheckRequest, HealthCheckResponse>::default();
    let path = PathAndQuery::from_static("/grpc.health.v1.Health/Check");
    let request = tonic::Request::new(stream::pending());
    let asked = client.client_streaming(request, path, codec);
    let answer = tokio::time::timeout(PATIENCE, asked).await;
    let refused = answer.expect("it is answered").unwrap_err();
    assert_eq!(refused.code(), Code::DeadlineExceeded, "{refused}");
}
