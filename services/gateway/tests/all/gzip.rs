//! Answers are compressed for callers who take it, and bodies unpacked within a bound.

use std::io::{Read as _, Write as _};
use std::time::Duration;

use bytes::Bytes;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::{GzDecoder as Unpacker, GzEncoder};
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::json;

use crate::support::Bench;
use crate::support::client::Answer;

fn packed(plain: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap().into()
}

fn unpacked(answer: &Answer) -> String {
    assert_eq!(answer.header("content-encoding"), "gzip");
    assert_eq!(answer.header("vary"), "accept-encoding");
    let mut plain = String::new();
    let mut decoder = GzDecoder::new(&*answer.body);
    decoder.read_to_string(&mut plain).unwrap();
    plain
}

async fn get(bench: &Bench, path: &str, takes: &str) -> Answer {
    let headers = [("accept-encoding", takes)];
    let send = bench.rest.send(Method::GET, path, &headers, Bytes::new());
    send.await
}

#[tokio::test]
async fn long_answers_are_compressed_for_callers_who_take_it() {
    let bench = Bench::start().await;
    let path = format!("/v1/shapes/s1?{}", "tags=abc&".repeat(500));
    let plain = get(&bench, &path, "").await;
    assert_eq!(plain.header("content-encoding"), "");
    assert_eq!(plain.header("vary"), "accept-encoding", "for caches");
    let packed = get(&bench, &path, "br, gzip;q=0.8").await;
    assert_eq!(unpacked(&packed).as_bytes(), plain.body);
    assert_eq!(packed.header("content-type"), "application/json");
    assert!(packed.body.len() * 4 < plain.body.len());
    let refused = get(&bench, &path, "gzip;q=0, *").await;
    assert_eq!(refused.body, plain.body);
}

#[tokio::test]
async fn an_answer_of_many_pieces_is_whole() {
    let bench = Bench::start().await;
    // What does not repeat itself, so that it stays long.
    let numbers = (0..60_000_u64).map(|number| number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let text = numbers.map(|number| format!("{number:016x}"));
    let text = text.collect::<Vec<_>>().concat();
    let body = json!({"name": "s1", "note": text}).to_string();
    let headers = [
        ("content-type", "application/json"),
        ("accept-encoding", "gzip"),
    ];
    let sent = bench
        .rest
        .send(Method::POST, "/v1/shapes:echo", &headers, body.into())
        .await;
    let answer: serde_json::Value = serde_json::from_str(&unpacked(&sent)).unwrap();
    assert!(sent.body.len() > 200_000);
    assert_eq!(answer["note"], text);
}

#[tokio::test]
async fn short_answers_errors_and_events_go_as_they_are() {
    let bench = Bench::start().await;
    let short = get(&bench, "/v1/shapes/s1", "gzip").await;
    assert_eq!(short.header("content-encoding"), "");
    let path = format!("/v1/nothing/{}", "a".repeat(3000));
    let failed = get(&bench, &path, "gzip").await;
    assert_eq!(failed.status, StatusCode::NOT_FOUND);
    assert_eq!(failed.header("content-encoding"), "");
    let headers = [("accept-encoding", "gzip"), ("accept", "text/event-stream")];
    let path = "/v1/shapes/s1:watch?count=3";
    let events = bench
        .rest
        .send(Method::GET, path, &headers, Bytes::new())
        .await;
    assert!(events.body.starts_with(b"data: "));
    let never = Bench::with(|config| config.gateway.gzip_from_bytes = 0).await;
    let path = format!("/v1/shapes/s1?{}", "tags=abc&".repeat(500));
    let plain = get(&never, &path, "gzip").await;
    assert_eq!(plain.header("content-encoding"), "");
}

#[tokio::test]
async fn each_line_of_a_compressed_stream_can_be_read_when_it_comes() {
    let bench = Bench::start().await;
    let uri = format!(
        "http://{}/v1/shapes/s1:watch?count=1&tags=stall",
        bench.address()
    );
    let request = Request::get(uri)
        .header("authorization", format!("Bearer {}", bench.token))
        .header("accept-encoding", "gzip")
        .body(Empty::<Bytes>::new())
        .unwrap();
    let client = Client::builder(TokioExecutor::new()).build_http();
    let answer = client.request(request).await.unwrap();
    assert_eq!(answer.headers()["content-encoding"], "gzip");
    let mut body = answer.into_body();
    let mut unpacker = Unpacker::new(Vec::new());
    let line = async {
        while !unpacker.get_ref().ends_with(b"\n") {
            let frame = body.frame().await.unwrap().unwrap();
            unpacker.write_all(frame.data_ref().unwrap()).unwrap();
            unpacker.flush().unwrap();
        }
    };
    // The service sends nothing more, and does not end either.
    tokio::time::timeout(Duration::from_secs(10), line)
        .await
        .unwrap();
    assert!(
        unpacker
            .get_ref()
            .starts_with(b"{\"result\":{\"name\":\"s1\"")
    );
}

#[tokio::test]
async fn the_contract_and_its_page_come_compressed_too() {
    let bench = Bench::start().await;
    for path in ["/openapi.json", "/docs", "/docs/docs.js"] {
        let plain = get(&bench, path, "identity").await;
        let packed = get(&bench, path, "gzip").await;
        assert_eq!(unpacked(&packed).as_bytes(), plain.body, "{path}");
        assert_eq!(plain.header("vary"), "accept-encoding");
        assert_eq!(packed.header("content-type"), plain.header("content-type"));
    }
}

#[tokio::test]
async fn a_compressed_body_is_read_and_a_bomb_is_refused() {
    let bench = Bench::with(|config| config.gateway.max_body_bytes = 10_000).await;
    let send = async |encoding: &str, body: Bytes| {
        let headers = [
            ("content-type", "application/json"),
            ("content-encoding", encoding),
        ];
        bench
            .rest
            .send(Method::POST, "/v1/shapes:echo", &headers, body)
            .await
    };
    let answer = send("gzip", packed(b"{\"name\":\"s1\",\"count\":7}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.json());
    assert_eq!(answer.json()["count"], 7);

    let bomb = packed(" ".repeat(5_000_000).as_bytes());
    assert!(bomb.len() < 10_000);
    let refused = send("gzip", bomb).await;
    assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
    let detail = refused.detail("ErrorInfo");
    assert_eq!(detail["reason"], "TOO_LARGE");
    assert_eq!(detail["metadata"]["limit_bytes"], "10000");

    let broken = send("gzip", Bytes::from_static(b"{}")).await;
    assert_eq!(broken.status, StatusCode::BAD_REQUEST);
    for other in ["br", "gzip, gzip", "deflate"] {
        let refused = send(other, packed(b"{}")).await;
        assert_eq!(refused.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        assert_eq!(refused.header("accept-encoding"), "gzip", "{other}");
    }
}

#[tokio::test]
async fn a_compressed_stream_of_requests_is_refused() {
    let bench = Bench::start().await;
    let headers = [
        ("content-type", "application/x-ndjson"),
        ("content-encoding", "gzip"),
    ];
    let path = "/v1/projects/p1/shapes:collect";
    let body = packed(b"{\"name\":\"s1\"}\n");
    let refused = bench.rest.send(Method::POST, path, &headers, body).await;
    assert_eq!(refused.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}
