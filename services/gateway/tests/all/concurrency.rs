//! How many calls may be in flight, and who gives way.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use bytes::Bytes;
use http::{Method, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::task::{JoinHandle, JoinSet};

use crate::support::client::{Answer, RestClient};
use crate::support::{Bench, until_ok, wait_until};

const SLEEP: &str = "/v1/shapes:sleep";

async fn bench(calls: usize, per_caller: u32) -> Bench {
    Bench::with(|config| {
        config.server.max_concurrent_calls = calls;
        config.server.default_deadline_ms = 60_000;
        config.gateway.concurrency.calls_per_caller = per_caller;
        config.gateway.concurrency.streams_per_caller = 1;
        config.gateway.concurrency.background_percent = 50;
        config.gateway.concurrency.normal_percent = 75;
    })
    .await
}

/// Keeps calls of a caller in flight.
async fn occupy(bench: &Bench, subject: &str, calls: u32) -> Vec<JoinHandle<Answer>> {
    let before = bench.upstream.calls();
    let rest = bench.rest_of(subject);
    let call = |_| {
        let rest = rest.clone();
        tokio::spawn(async move { rest.get(SLEEP).await })
    };
    let begun = (0..calls).map(call).collect();
    wait_until(|| bench.upstream.calls() == before + calls).await;
    begun
}

fn reason(answer: &Answer) -> String {
    let reason = &answer.detail("ErrorInfo")["reason"];
    reason.as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn as_the_gateway_fills_up_what_can_wait_is_turned_away_first_and_the_till_last() {
    let bench = bench(4, 10).await;
    let rest = bench.rest.clone();
    let background = || rest.send_text(Method::POST, "/v1/shapes:echo", "{}");
    let normal = || rest.get("/v1/shapes/s1");
    let high = || rest.send_text(Method::PUT, "/v1/shapes/s1", "{}");
    assert_eq!(background().await.status, StatusCode::OK);

    let mut begun = occupy(&bench, "anna", 2).await;
    let waiting = background().await;
    assert_eq!(waiting.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(reason(&waiting), "OVERLOADED");
    assert_eq!(waiting.header("retry-after"), "5");
    assert_eq!(waiting.detail("RetryInfo")["retryDelay"], "5s");
    assert_eq!(normal().await.status, StatusCode::OK);

    begun.extend(occupy(&bench, "ben", 1).await);
    assert_eq!(reason(&normal().await), "OVERLOADED");
    assert_eq!(high().await.status, StatusCode::OK);

    let metrics = RestClient::new(bench.running.admin_address(), String::new());
    let metrics = metrics.get("/metrics").await;
    let metrics = String::from_utf8_lossy(&metrics.body).into_owned();
    let line = "gateway_shed_total{service=\"gateway\",priority=\"background\"} 1";
    assert!(metrics.contains(line), "{metrics}");
}

#[tokio::test]
async fn a_caller_with_as_many_calls_in_flight_as_it_may_is_429_and_others_are_not_touched() {
    let bench = bench(100, 2).await;
    let _begun = occupy(&bench, "anna", 2).await;
    let refused = bench.rest_of("anna").get("/v1/shapes/s1").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(reason(&refused), "TOO_MANY_CALLS");
    assert_eq!(refused.detail("ErrorInfo")["metadata"]["limit"], "2");
    assert_eq!(refused.header("retry-after"), "1");
    let other = bench.rest_of("ben").get("/v1/shapes/s1").await;
    assert_eq!(other.status, StatusCode::OK);
}

#[tokio::test]
async fn a_stream_keeps_its_place_until_its_client_goes() {
    let bench = bench(100, 100).await;
    let watch = "/v1/shapes/s1:watch?count=1&tags=stall";
    let anna = bench.rest_of("anna");
    let stream = tokio::spawn({
        let anna = anna.clone();
        async move { anna.get(watch).await }
    });
    wait_until(|| bench.upstream.calls() == 1).await;
    let second = anna.get("/v1/shapes/s1:watch?count=1").await;
    assert_eq!(reason(&second), "TOO_MANY_CALLS");
    assert_eq!(
        anna.get("/v1/shapes/s1").await.status,
        StatusCode::OK,
        "streams are apart"
    );
    stream.abort();
    until_ok(&anna, "/v1/shapes/s1:watch?count=1").await;
}

/// So many calls of one caller, half as many at a time as it may have in flight. Each holds its place
/// for a while.
async fn offer(rest: RestClient, calls: u32) -> u32 {
    let hold = json!({"count": 20});
    let call = async || {
        let answer = rest.send_json(Method::PUT, "/v1/shapes/hold", &hold);
        u32::from(answer.await.status == StatusCode::OK)
    };
    let mut good = 0;
    for _ in 0..calls / 4 {
        let (one, two, three, four) = tokio::join!(call(), call(), call(), call());
        good += one + two + three + four;
    }
    good
}

#[tokio::test]
async fn callers_who_behave_keep_their_goodput_while_one_floods() {
    let bench = bench(40, 8).await;
    let (stop, refused) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicU32::new(0)),
    );
    // Sixty calls at once, without a pause after a refusal: seven times what one caller may.
    let mut flood = JoinSet::new();
    let rest = bench.rest_of("flood");
    for _ in 0..60 {
        let (rest, stop, refused) = (rest.clone(), Arc::clone(&stop), Arc::clone(&refused));
        flood.spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                let answer = rest.send_text(Method::PUT, "/v1/shapes/hold", "{\"count\":20}");
                if answer.await.status == StatusCode::TOO_MANY_REQUESTS {
                    refused.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
    }
    wait_until(|| refused.load(Ordering::Relaxed) > 100).await;
    let calls = 48;
    let offered =
        ["anna", "ben", "cleo"].map(|name| tokio::spawn(offer(bench.rest_of(name), calls)));
    for good in offered {
        let good = good.await.unwrap();
        assert!(
            good * 10 >= calls * 9,
            "{good} of {calls} calls were answered"
        );
    }
    stop.store(true, Ordering::Relaxed);
    flood.join_all().await;
}

/// Asks for an answer of 16 MB, and does not read it.
async fn ask_and_not_read(bench: &Bench) -> TcpStream {
    let before = bench.upstream.calls();
    let mut stream = TcpStream::connect(bench.address()).await.unwrap();
    let body = format!("{{\"name\":\"{}\"}}", "a".repeat(16 << 20));
    let head = format!(
        "POST /v1/shapes:echo HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        bench.token,
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body.as_bytes()).await.unwrap();
    wait_until(|| bench.upstream.calls() > before).await;
    stream
}

#[tokio::test]
async fn answers_that_a_caller_does_not_read_are_bounded_and_are_nobody_elses_trouble() {
    let bench = Bench::with(|config| {
        config.gateway.max_body_bytes = 32 << 20;
        config.server.max_concurrent_calls = 2;
        config.gateway.concurrency.calls_per_caller = 2;
        config.gateway.concurrency.background_percent = 100;
        config.gateway.concurrency.normal_percent = 100;
    })
    .await;
    let _unread = [
        ask_and_not_read(&bench).await,
        ask_and_not_read(&bench).await,
    ];
    let refused = bench.rest.get("/v1/shapes/s1").await;
    assert_eq!(reason(&refused), "TOO_MANY_CALLS");
    // As soon as the answers are made there is room for all others, read or not.
    until_ok(&bench.rest_of("ben"), "/v1/shapes/s1").await;
    for _ in 0..10 {
        let other = bench.rest_of("ben").get("/v1/shapes/s1").await;
        assert_eq!(other.status, StatusCode::OK);
    }
}

/// Reads its connection, but lets a stream have no more than this.
const WINDOW_BYTES: u32 = 1000;

#[tokio::test]
async fn an_answer_is_not_kept_for_a_client_that_never_opens_the_window_of_its_stream() {
    let bench = Bench::with(|config| {
        config.server.write_stall_timeout_ms = 200;
        config.gateway.concurrency.calls_per_caller = 1;
    })
    .await;
    let stream = TcpStream::connect(bench.address()).await.unwrap();
    let (mut client, connection) = http2::Builder::new(TokioExecutor::new())
        .initial_stream_window_size(WINDOW_BYTES)
        .handshake(TokioIo::new(stream))
        .await
        .unwrap();
    tokio::spawn(connection);
    let body = json!({"name": "a".repeat(1 << 20)}).to_string();
    let request = http::Request::post(format!("http://{}/v1/shapes:echo", bench.address()))
        .header("authorization", format!("Bearer {}", bench.token))
        .header("content-type", "application/json")
        .body(Full::new(Bytes::from(body)))
        .unwrap();
    let answer = client.send_request(request).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(
        reason(&bench.rest.get("/v1/shapes/s1").await),
        "TOO_MANY_CALLS"
    );
    // Its place comes back with the answer, and the connection is as good as before.
    until_ok(&bench.rest, "/v1/shapes/s1").await;
    assert!(answer.into_body().collect().await.is_err(), "it is gone");
    assert!(client.ready().await.is_ok());
}

#[tokio::test]
async fn a_connection_whose_client_takes_nothing_is_closed() {
    let bench = Bench::with(|config| {
        config.gateway.max_body_bytes = 32 << 20;
        config.server.write_stall_timeout_ms = 100;
        config.gateway.concurrency.calls_per_caller = 1;
    })
    .await;
    let _unread = ask_and_not_read(&bench).await;
    // Its place comes back when it is closed.
    until_ok(&bench.rest, "/v1/shapes/s1").await;
}
