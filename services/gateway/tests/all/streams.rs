//! Streams of answers over REST.

use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::Bench;

fn lines(body: &Bytes) -> Vec<Value> {
    let text = String::from_utf8(body.to_vec()).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[tokio::test]
async fn a_stream_is_one_line_of_json_for_each_answer() {
    let bench = Bench::start().await;
    let answer = bench.rest.get("/v1/shapes/s1:watch?count=3").await;
    assert_eq!(answer.header("content-type"), "application/x-ndjson");
    assert_eq!(answer.header("patron-replayed"), "true");
    let lines = lines(&answer.body);
    assert_eq!(lines.len(), 3);
    assert!(lines.iter().all(|line| line["result"]["name"] == "s1"));
}

#[tokio::test]
async fn a_stream_that_fails_ends_with_the_error() {
    let bench = Bench::start().await;
    let answer = bench
        .rest
        .get("/v1/shapes/s1:watch?count=2&tags=fail")
        .await;
    assert_eq!(answer.status, StatusCode::OK);
    let lines = lines(&answer.body);
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[2]["error"]["code"], 5);
    assert_eq!(
        lines[2]["error"]["details"][0]["reason"],
        "DEAD_LETTER_NOT_FOUND"
    );
}

#[tokio::test]
async fn a_stream_ends_with_an_error_when_the_callers_time_is_over() {
    let bench = Bench::start().await;
    let headers = [("grpc-timeout", "200m")];
    let path = "/v1/shapes/s1:watch?count=1&tags=stall";
    let answer = bench
        .rest
        .send(Method::GET, path, &headers, Bytes::new())
        .await;
    let lines = lines(&answer.body);
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[1]["error"]["code"], 4);
}

#[tokio::test]
async fn a_stream_is_server_sent_events_for_who_asks_for_them() {
    let bench = Bench::start().await;
    let headers = [("accept", "text/event-stream")];
    let path = "/v1/shapes/s1:watch?count=1&tags=fail";
    let answer = bench
        .rest
        .send(Method::GET, path, &headers, Bytes::new())
        .await;
    assert_eq!(answer.header("content-type"), "text/event-stream");
    let text = String::from_utf8(answer.body.to_vec()).unwrap();
    let events: Vec<_> = text.split_terminator("\n\n").collect();
    assert_eq!(events.len(), 2);
    let shape: Value = serde_json::from_str(events[0].strip_prefix("data: ").unwrap()).unwrap();
    assert_eq!(shape["tags"], json!(["fail"]));
    assert!(events[1].starts_with("event: error\ndata: {\"code\":5,"));
}
