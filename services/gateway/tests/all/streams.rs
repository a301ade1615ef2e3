//! Streams of answers over REST.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

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
async fn a_stream_of_answers_is_not_begun_by_a_request_that_does_not_come_to_its_end() {
    let bench = Bench::with(|config| config.server.default_deadline_ms = 200).await;
    let mut connection = TcpStream::connect(bench.address()).await.unwrap();
    let head = format!(
        "GET /v1/shapes/s1:watch?count=1 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
         content-length: 10\r\n\r\n",
        bench.token
    );
    connection.write_all(head.as_bytes()).await.unwrap();
    let mut status = [0; 12];
    let answered = connection.read_exact(&mut status);
    let answered = tokio::time::timeout(Duration::from_secs(20), answered).await;
    answered.expect("it is answered").unwrap();
    assert_eq!(String::from_utf8_lossy(&status), "HTTP/1.1 504");
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

const COLLECT: &str = "/v1/projects/p1/shapes:collect";

async fn collect(bench: &Bench, body: &'static str) -> crate::support::client::Answer {
    let headers = [("content-type", "application/x-ndjson")];
    let body = Bytes::from_static(body.as_bytes());
    bench.rest.send(Method::POST, COLLECT, &headers, body).await
}

#[tokio::test]
async fn each_line_of_a_body_is_a_request_of_a_stream() {
    let bench = Bench::start().await;
    let answer = collect(
        &bench,
        "{\"name\":\"s1\"}\n\n{\"name\":\"s2\"}\n{\"name\":\"s3\",\"count\":7}",
    )
    .await;
    assert_eq!(answer.status, StatusCode::OK);
    let last = answer.json();
    assert_eq!(last["name"], "s3");
    assert_eq!(last["count"], 7);
    assert_eq!(
        last["inner"]["text"], "p1",
        "what the path gives stands in each"
    );
}

#[tokio::test]
async fn a_raw_body_is_a_stream_of_its_pieces() {
    let bench = Bench::with(|config| config.gateway.max_body_bytes = 1000).await;
    let sent = "{no json\n".repeat(300);
    let headers = [("content-type", "text/strange")];
    let body = Bytes::from(sent.clone());
    let answer = bench
        .rest
        .send(Method::PUT, "/v1/files/f%2F1", &headers, body)
        .await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-type"), "text/strange");
    let mut arrived = Vec::new();
    for part in bench.upstream.last_messages("FilePart") {
        assert_eq!(
            part.get_field_by_name("name").unwrap().as_str(),
            Some("f/1")
        );
        let file = part.get_field_by_name("file").unwrap().into_owned();
        let data = file
            .as_message()
            .unwrap()
            .get_field_by_name("data")
            .unwrap()
            .into_owned();
        let data = data.as_bytes().unwrap();
        assert!(data.len() <= 1000);
        arrived.extend_from_slice(data);
    }
    assert_eq!(arrived, sent.as_bytes());
    assert!(answer.body.len() <= 1000 && sent.as_bytes().ends_with(&answer.body));
}

#[tokio::test]
async fn a_line_that_is_no_request_is_named_and_the_service_never_sees_the_end() {
    let bench = Bench::start().await;
    for (body, line) in [
        ("{\"name\":\"s1\"}\n{\"nome\":\"s2\"}\n", "2"),
        ("not json\n", "1"),
        ("{\"name\":\"s1\"}\n{\"inner\":{\"text\":\"p2\"}}\n", "2"),
    ] {
        let answer = collect(&bench, body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(answer.detail("ErrorInfo")["reason"], "INVALID_ARGUMENT");
        assert_eq!(answer.detail("ErrorInfo")["metadata"]["line"], line);
    }
    assert_eq!(bench.upstream.last_frame(), Bytes::new());
}

#[tokio::test]
async fn a_stream_of_requests_may_be_longer_than_one_body_but_no_line_may() {
    let bench = Bench::with(|config| config.gateway.max_body_bytes = 1000).await;
    let line = format!("{{\"name\":\"{}\"}}\n", "a".repeat(700));
    let headers = [("content-type", "application/x-ndjson")];
    let send = async |body: String| {
        let body = Bytes::from(body);
        bench.rest.send(Method::POST, COLLECT, &headers, body).await
    };
    assert_eq!(send(line.repeat(50)).await.status, StatusCode::OK);
    let long = format!("{line}{{\"name\":\"{}\"}}", "a".repeat(300_000));
    let refused = send(long).await;
    assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(refused.detail("ErrorInfo")["metadata"]["line"], "2");
}
