//! What the gateway lets in: tokens, sizes, times, numbers of calls.

use std::time::Duration;

use bytes::Bytes;
use chassis::Drained;
use http::{Method, StatusCode};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::client::GrpcClient;
use crate::support::contract::shape;
use crate::support::{Bench, until_ok, wait_until};

async fn get_with(bench: &Bench, authorization: &str) -> crate::support::client::Answer {
    let headers = [("authorization", authorization)];
    bench
        .rest
        .send(Method::GET, "/v1/shapes/s1", &headers, Bytes::new())
        .await
}

#[tokio::test]
async fn a_call_without_a_good_token_is_401() {
    let bench = Bench::start().await;
    let mut forged = bench.token.clone();
    let signature = forged.rfind('.').unwrap() + 1;
    forged.replace_range(
        signature..=signature,
        if forged[signature..].starts_with('A') {
            "B"
        } else {
            "A"
        },
    );
    let expired = bench.expired_token();
    for token in [
        "",
        "Bearer",
        "Basic abc",
        "Bearer x.y.z",
        &format!("Bearer {forged}"),
        &format!("Bearer {expired}"),
    ] {
        let answer = get_with(&bench, token).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{token}");
        let challenge = answer.header("www-authenticate");
        if token.starts_with("Bearer ") {
            assert!(
                challenge.starts_with("Bearer error=\"invalid_token\""),
                "{challenge}"
            );
        } else {
            assert_eq!(challenge, "Bearer");
        }
        assert_eq!(answer.detail("ErrorInfo")["reason"], "UNAUTHENTICATED");
    }
    assert_eq!(bench.upstream.calls(), 0);
    let answer = get_with(&bench, &format!("bearer {}", bench.token)).await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn an_anonymous_method_needs_no_token() {
    let bench = Bench::start().await;
    let headers = [("authorization", "")];
    let answer = bench
        .rest
        .send(Method::GET, "/v1/greeting", &headers, Bytes::new())
        .await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn a_caller_beyond_its_rate_is_429_and_told_when_to_come_back() {
    let bench = Bench::with(|config| {
        config.gateway.rate_limits.per_second = 2;
        config.gateway.rate_limits.burst = 3;
    })
    .await;
    let authorization = format!("Bearer {}", bench.token);
    for left in ["2", "1", "0"] {
        let answer = get_with(&bench, &authorization).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(
            answer.header("ratelimit"),
            format!("\"calls\";r={left};t=1")
        );
        assert_eq!(answer.header("ratelimit-policy"), "\"calls\";q=3;w=1");
    }
    let refused = get_with(&bench, &authorization).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.detail("ErrorInfo")["reason"], "RATE_LIMITED");
    assert_eq!(refused.header("retry-after"), "1");
    // Another method has a limit of its own.
    let other = bench
        .rest
        .send_text(Method::POST, "/v1/shapes:echo", "{}")
        .await;
    assert_eq!(other.status, StatusCode::OK);
}

#[tokio::test]
async fn pages_of_allowed_origins_may_call_and_others_may_not() {
    let bench = Bench::with(|config| {
        let origins = &mut config.gateway.cors.allowed_origins;
        origins.push("https://shop.example".to_owned());
    })
    .await;
    let preflight = async |origin: &str| {
        let headers = [
            ("authorization", ""),
            ("origin", origin),
            ("access-control-request-method", "GET"),
            ("access-control-request-headers", "authorization"),
        ];
        let path = "/v1/shapes/s1";
        bench
            .rest
            .send(Method::OPTIONS, path, &headers, Bytes::new())
            .await
    };
    let allowed = preflight("https://shop.example").await;
    assert_eq!(allowed.status, StatusCode::OK);
    assert_eq!(
        allowed.header("access-control-allow-origin"),
        "https://shop.example"
    );
    assert_eq!(allowed.header("access-control-max-age"), "600");
    let other = preflight("https://evil.example").await;
    assert_eq!(other.header("access-control-allow-origin"), "");

    let headers = [("origin", "https://shop.example")];
    let answer = bench
        .rest
        .send(
            Method::GET,
            "/v1/shapes/absent/nowhere",
            &headers,
            Bytes::new(),
        )
        .await;
    assert_eq!(
        answer.header("access-control-allow-origin"),
        "https://shop.example",
        "pages can read errors too"
    );
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_413() {
    let bench = Bench::with(|config| config.gateway.max_body_bytes = 1000).await;
    let body = format!("{{\"name\":\"{}\"}}", "a".repeat(2000));
    let answer = bench
        .rest
        .send_text(Method::POST, "/v1/shapes:echo", &body)
        .await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(answer.json()["code"], 8);
    assert_eq!(answer.detail("ErrorInfo")["reason"], "TOO_LARGE");
    assert_eq!(
        answer.detail("ErrorInfo")["metadata"]["limit_bytes"],
        "1000"
    );
}

#[tokio::test]
async fn headers_beyond_the_limit_are_431() {
    let bench = Bench::with(|config| config.server.max_header_bytes = 2000).await;
    let long = "a".repeat(3000);
    let headers = [("patron-note", long.as_str())];
    let path = "/v1/shapes/s1";
    let answer = bench
        .rest
        .send(Method::GET, path, &headers, Bytes::new())
        .await;
    assert_eq!(answer.status, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    assert_eq!(answer.detail("ErrorInfo")["reason"], "TOO_LARGE");
    assert_eq!(bench.upstream.calls(), 0);
}

#[tokio::test]
async fn every_answer_for_browsers_has_the_headers_that_protect_them() {
    let bench = Bench::with(|config| config.server.max_header_bytes = 2000).await;
    let long = format!("/v1/{}", "a".repeat(3000));
    for path in [
        "/v1/shapes/s1",
        "/v1/nowhere",
        "/openapi.json",
        "/docs",
        &long,
    ] {
        let answer = bench.rest.get(path).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("strict-transport-security", "max-age=31536000"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), value, "{path}");
        }
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}");
        assert!(!answer.header("cache-control").is_empty(), "{path}");
    }
}

#[tokio::test]
async fn headers_beyond_the_limit_are_told_to_grpc_as_a_status() {
    let bench = Bench::with(|config| config.server.max_header_bytes = 8000).await;
    let message = [0, 0, 0, 0, 0];
    let long = "a".repeat(9000);
    let headers = [
        ("content-type", "application/grpc-web+proto"),
        ("patron-note", &long),
    ];
    let path = "/test.v1.ShapeService/EchoShape";
    let body = Bytes::copy_from_slice(&message);
    let answer = bench.rest.send(Method::POST, path, &headers, body).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("grpc-status"), "8");
}

#[tokio::test]
async fn a_path_counts_as_a_header() {
    let bench = Bench::with(|config| config.server.max_header_bytes = 2000).await;
    let path = format!("/v1/shapes/{}", "a".repeat(3000));
    let answer = bench.rest.get(&path).await;
    assert_eq!(answer.status, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
}

#[tokio::test]
async fn headers_far_beyond_the_limit_are_not_even_read() {
    let bench = Bench::with(|config| config.server.max_header_bytes = 8192).await;
    let mut stream = TcpStream::connect(bench.address()).await.unwrap();
    let head = format!("GET / HTTP/1.1\r\nhost: x\r\nlong: {}", "a".repeat(20_000));
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 12];
    let answered = stream.read_exact(&mut answer);
    tokio::time::timeout(Duration::from_secs(5), answered)
        .await
        .expect("long before the time for headers is over")
        .unwrap();
    assert_eq!(answer, b"HTTP/1.1 431");
}

#[tokio::test]
async fn a_chunked_body_beyond_the_limit_is_413_without_being_read_to_its_end() {
    let bench = Bench::with(|config| config.gateway.max_body_bytes = 1000).await;
    let mut stream = TcpStream::connect(bench.address()).await.unwrap();
    let head = format!(
        "POST /v1/shapes:echo HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n",
        bench.token
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let chunk = format!("7d0\r\n{}\r\n", " ".repeat(2000));
    stream.write_all(chunk.as_bytes()).await.unwrap();
    let mut answer = vec![0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, b"HTTP/1.1 413");
}

#[tokio::test]
async fn a_call_that_takes_too_long_is_504() {
    let bench = Bench::with(|config| config.server.default_deadline_ms = 50).await;
    let answer = bench.rest.get("/v1/shapes:sleep").await;
    assert_eq!(answer.status, StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(answer.detail("ErrorInfo")["reason"], "DEADLINE_EXCEEDED");
}

#[tokio::test]
async fn a_caller_may_ask_for_less_time_but_only_properly() {
    let bench = Bench::start().await;
    let ask = async |timeout: &str| {
        let headers = [("grpc-timeout", timeout)];
        bench
            .rest
            .send(Method::GET, "/v1/shapes:sleep", &headers, Bytes::new())
            .await
            .status
    };
    assert_eq!(ask("30m").await, StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(ask("30 minutes").await, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_client_that_sends_its_headers_too_slowly_is_cut_off() {
    let bench = Bench::with(|config| config.server.header_read_timeout_ms = 50).await;
    for start in ["", "GET /v1/shapes/s1 HTTP/1.1\r\nhost: x\r\n"] {
        let mut stream = TcpStream::connect(bench.address()).await.unwrap();
        stream.write_all(start.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let closed = stream.read_to_end(&mut answer);
        tokio::time::timeout(Duration::from_secs(5), closed)
            .await
            .unwrap()
            .unwrap();
        assert!(!answer.starts_with(b"HTTP/1.1 2"));
    }
}

#[tokio::test]
async fn calls_beyond_the_number_at_once_are_refused_with_a_time_to_retry() {
    let bench = Bench::with(|config| {
        config.server.max_concurrent_calls = 1;
        config.server.default_deadline_ms = 60_000;
    })
    .await;
    let rest = bench.rest.clone();
    let sleeping = tokio::spawn(async move { rest.get("/v1/shapes:sleep").await });
    wait_until(|| bench.upstream.calls() == 1).await;
    let answer = bench.rest.get("/v1/shapes/s1").await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.detail("ErrorInfo")["reason"], "OVERLOADED");
    assert_eq!(answer.header("retry-after"), "1");
    // The client of the first call goes away, which ends it everywhere and makes room.
    sleeping.abort();
    wait_until(|| bench.upstream.given_up() == 1).await;
    until_ok(&bench.rest, "/v1/shapes/s1").await;
}

#[tokio::test]
async fn calls_are_counted_by_method_and_code_and_never_by_path() {
    let bench = Bench::start().await;
    bench.rest.get("/v1/shapes/secret-name").await;
    bench.rest.get("/v1/nowhere/secret-name").await;
    let admin = bench.running.admin_address();
    let metrics = crate::support::client::RestClient::new(admin, String::new())
        .get("/metrics")
        .await;
    let metrics = String::from_utf8_lossy(&metrics.body).into_owned();
    for line in [
        "gateway_requests_total{service=\"gateway\",rpc_method=\"test.v1.ShapeService/GetShape\",protocol=\"rest\",rpc_grpc_status_code=\"0\"} 1",
        "gateway_requests_total{service=\"gateway\",rpc_method=\"none\",protocol=\"rest\",rpc_grpc_status_code=\"5\"} 1",
        "gateway_requests_in_flight{service=\"gateway\"} 0",
    ] {
        assert!(metrics.contains(line), "{line}\n{metrics}");
    }
    assert!(!metrics.contains("secret-name"));
}

#[tokio::test]
async fn a_stopping_gateway_finishes_what_it_has_begun_and_takes_no_more() {
    let bench = Bench::with(|config| config.server.default_deadline_ms = 300).await;
    let rest = bench.rest.clone();
    let begun = tokio::spawn(async move { rest.get("/v1/shapes:sleep").await.status });
    wait_until(|| bench.upstream.calls() == 1).await;
    let address = bench.address();
    let (running, _rest) = bench.stop();
    assert_eq!(running.stopped().await, Drained::default());
    assert_eq!(begun.await.unwrap(), StatusCode::GATEWAY_TIMEOUT);
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_stopping_gateway_cuts_off_what_outlives_the_bound_and_says_so() {
    let bench = Bench::with(|config| config.server.drain_bound_ms = 50).await;
    let rest = bench.rest.clone();
    let (upstream, address) = (bench.upstream.clone(), bench.address());
    let token = bench.token.clone();
    let by_rest = tokio::spawn(async move { rest.get("/v1/shapes:sleep").await.status });
    let by_grpc = tokio::spawn(async move {
        let mut client = GrpcClient::connect(address, &token).await;
        let request = client.request(shape(json!({})));
        client.unary("/test.v1.ShapeService/Sleep", request).await
    });
    wait_until(|| upstream.calls() == 2).await;
    let (running, _rest) = bench.stop();
    let cut = Drained {
        connections_cut: 2,
        tasks_cut: 0,
    };
    assert_eq!(running.stopped().await, cut);
    assert!(by_rest.await.is_err(), "broken off without an answer");
    assert!(by_grpc.await.unwrap().is_err());
    wait_until(|| upstream.given_up() == 2).await;
}
