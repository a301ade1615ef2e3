//! One of two replicas is killed while calls are under way.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use http::{Method, StatusCode};
use prost::Message as _;
use serde_json::json;
use tokio::task::JoinSet;
use tonic::Code;

use crate::support::client::{GrpcClient, framed};
use crate::support::contract::shape;
use crate::support::mortal::Mortal;
use crate::support::{Bench, wait_until};

/// Calls at once.
const CALLERS: u32 = 16;
/// Calls that each replica has had before one is killed, and that the other has had since.
const CALLS: u32 = 50;

const GET: &str = "/test.v1.ShapeService/GetShape";
const ECHO: &str = "/test.v1.ShapeService/EchoShape";
const HOLD: &str = "/v1/shapes/hold?count=5";

/// Callers who make one safe call after the other.
struct Load {
    callers: JoinSet<()>,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    is_over: AtomicBool,
    failed: AtomicU32,
}

impl Load {
    fn new() -> Self {
        Self {
            callers: JoinSet::new(),
            counts: Arc::default(),
        }
    }

    /// Adds a caller; `call` tells whether all went well.
    fn add<F>(&mut self, call: impl Fn() -> F + Send + 'static)
    where
        F: Future<Output = bool> + Send,
    {
        let counts = Arc::clone(&self.counts);
        self.callers.spawn(async move {
            while !counts.is_over.load(Ordering::Relaxed) {
                let is_good = call().await;
                let failed = u32::from(!is_good);
                counts.failed.fetch_add(failed, Ordering::Relaxed);
            }
        });
    }

    /// Kills one of the replicas amid it; how many calls failed.
    async fn failures_when_one_dies(self, mut replicas: [Mortal; 2]) -> u32 {
        let [killed, left] = &mut replicas;
        wait_until(|| killed.upstream.calls() > CALLS && left.upstream.calls() > CALLS).await;
        killed.kill();
        let before = left.upstream.calls();
        wait_until(|| left.upstream.calls() > before + 4 * CALLS).await;
        self.counts.is_over.store(true, Ordering::Relaxed);
        self.callers.join_all().await;
        self.counts.failed.load(Ordering::Relaxed)
    }
}

/// Two replicas, and a gateway that lets all of the load in.
async fn pair() -> ([Mortal; 2], Bench) {
    let replicas = [Mortal::start().await, Mortal::start().await];
    let known = [0, 1].map(|place: usize| replicas[place].upstream.address);
    let bench = Bench::before(&known, |config| {
        config.gateway.rate_limits.per_second = 100_000;
        config.gateway.rate_limits.burst = 100_000;
    })
    .await;
    (replicas, bench)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_safe_call_over_rest_fails_when_a_replica_is_killed() {
    let ((replicas, bench), mut load) = (pair().await, Load::new());
    for _ in 0..CALLERS {
        let rest = bench.rest.clone();
        load.add(move || {
            let rest = rest.clone();
            async move { rest.get(HOLD).await.status == StatusCode::OK }
        });
    }
    assert_eq!(load.failures_when_one_dies(replicas).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_safe_call_over_grpc_fails_when_a_replica_is_killed() {
    let ((replicas, bench), mut load) = (pair().await, Load::new());
    let held = shape(json!({"name": "hold", "count": 5}));
    for _ in 0..CALLERS {
        let client = GrpcClient::connect(bench.address(), &bench.token).await;
        let held = held.clone();
        load.add(move || {
            let mut client = client.clone();
            let request = client.request(held.clone());
            async move { client.unary(GET, request).await.is_ok() }
        });
    }
    assert_eq!(load.failures_when_one_dies(replicas).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_safe_call_over_grpc_web_fails_when_a_replica_is_killed() {
    let ((replicas, bench), mut load) = (pair().await, Load::new());
    let held = framed(&shape(json!({"name": "hold", "count": 5})).encode_to_vec());
    for _ in 0..CALLERS {
        let (rest, held) = (bench.rest.clone(), held.clone());
        load.add(move || {
            let (rest, held) = (rest.clone(), held.clone());
            async move {
                let headers = [("content-type", "application/grpc-web+proto")];
                let answer = rest.send(Method::POST, GET, &headers, held).await;
                String::from_utf8_lossy(&answer.body).contains("grpc-status:0")
            }
        });
    }
    assert_eq!(load.failures_when_one_dies(replicas).await, 0);
}

#[tokio::test]
async fn an_idempotent_call_over_grpc_is_repeated_and_no_other() {
    let bench = Bench::start().await;
    let mut client = GrpcClient::connect(bench.address(), &bench.token).await;
    let request = client.request(shape(json!({"name": "s1"})));
    let answer = client.unary("/test.v1.ShapeService/Flicker", request).await;
    assert_eq!(*answer.unwrap().get_ref(), shape(json!({"name": "s1"})));
    assert_eq!(bench.upstream.calls(), 3);

    let other = Bench::start().await;
    let mut client = GrpcClient::connect(other.address(), &other.token).await;
    let request = client.request(shape(json!({})));
    let path = "/test.v1.ShapeService/FlickerOnce";
    let refused = client.unary(path, request).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable);
    assert_eq!(other.upstream.calls(), 1);
}

#[tokio::test]
async fn retries_over_grpc_end_and_the_last_answer_is_passed_on() {
    let bench = Bench::start().await;
    let mut client = GrpcClient::connect(bench.address(), &bench.token).await;
    let request = client.request(shape(json!({"count": -1})));
    let path = "/test.v1.ShapeService/Flicker";
    let refused = client.unary(path, request).await.unwrap_err();
    assert_eq!(
        (refused.code(), refused.message()),
        (Code::Unavailable, "not now")
    );
    assert_eq!(bench.upstream.calls(), 4);
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_asked_for_again_where_that_is_safe() {
    let bench = Bench::start().await;
    let mut client = GrpcClient::connect(bench.address(), &bench.token).await;
    // More than one piece of HTTP/2, in both directions.
    let sent = shape(json!({"name": "s".repeat(40_000)}));
    let request = |client: &GrpcClient| {
        let mut request = client.request(sent.clone());
        let end = "break".parse().unwrap();
        request.metadata_mut().insert("at-the-end", end);
        request
    };
    let answer = client.unary(GET, request(&client)).await;
    assert_eq!(*answer.unwrap().get_ref(), sent);
    assert_eq!(bench.upstream.calls(), 2);

    let other = Bench::start().await;
    let mut client = GrpcClient::connect(other.address(), &other.token).await;
    let refused = client.unary(ECHO, request(&client)).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable);
    assert_eq!(other.upstream.calls(), 1);
}
