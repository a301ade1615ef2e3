//! What is wrong with a call is told by name, and as `google.rpc.Status`.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::json;

use crate::support::Bench;
use crate::support::client::Answer;

async fn echo(bench: &Bench, body: &str) -> Answer {
    bench
        .rest
        .send_text(Method::POST, "/v1/shapes:echo", body)
        .await
}

#[tokio::test]
async fn every_wrong_field_of_a_body_is_named_by_its_path() {
    let bench = Bench::start().await;
    let body = json!({
        "cuont": 1,
        "count": "many",
        "lines": [{}, {"lines": [{"amount": true}]}, 3],
        "inner": {"text": 5, "nothing": 1},
        "parts": {"4": {"text": {}}},
        "color": "COLOR_GREEN",
        "atTime": "yesterday",
        "byText": "a", "byNumber": 1,
        "tags": "not a list",
        "data": "***",
    });
    let answer = echo(&bench, &body.to_string()).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let mut fields: Vec<_> = answer
        .violations()
        .into_iter()
        .map(|(field, _)| field)
        .collect();
    fields.sort();
    let expected = [
        "at_time",
        "by_text",
        "color",
        "count",
        "cuont",
        "data",
        "inner.nothing",
        "inner.text",
        "lines[1].lines[0].amount",
        "lines[2]",
        "parts[\"4\"].text",
        "tags",
    ];
    assert_eq!(fields, expected, "{:?}", answer.violations());
    assert_eq!(answer.detail("ErrorInfo")["reason"], "INVALID_ARGUMENT");
    assert_eq!(answer.detail("ErrorInfo")["domain"], "patron");
    assert_eq!(bench.upstream.calls(), 0);
}

#[tokio::test]
async fn a_wrong_field_of_a_named_body_is_named_from_the_request() {
    let bench = Bench::start().await;
    let body = json!({"inner": {"amount": "x"}});
    let answer = bench
        .rest
        .send_json(Method::PATCH, "/v1/shapes/s1", &body)
        .await;
    assert_eq!(answer.violation().0, "shape.inner.amount");
}

#[tokio::test]
async fn malformed_json_is_told_by_line_and_column() {
    let bench = Bench::start().await;
    let answer = echo(&bench, "{\n  \"name\": \"a\",\n  oops\n}").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let info = answer.detail("ErrorInfo");
    assert_eq!(
        (&info["metadata"]["line"], &info["metadata"]["column"]),
        (&json!("3"), &json!("3"))
    );
    let deep = format!("{}{}", "{\"deeper\":".repeat(200), "}".repeat(200));
    let answer = echo(&bench, &format!("{{\"inner\":{deep}}}")).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn every_wrong_query_parameter_is_named() {
    let bench = Bench::start().await;
    let query = "pages=1&count=x&inner.nothing=1&color=COLOR_GREEN&byText=a&byNumber=1&ready=1\
        &count=2&name=n&labels.a=b&inner=i&note=%ff";
    let answer = bench.rest.get(&format!("/v1/shapes/s1?{query}")).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let fields: Vec<_> = answer
        .violations()
        .into_iter()
        .map(|(field, _)| field)
        .collect();
    let expected = [
        "pages",
        "count",
        "inner.nothing",
        "color",
        "by_number",
        "ready",
        "name",
        "labels.a",
        "inner",
        "note",
    ];
    assert_eq!(fields, expected, "{:?}", answer.violations());
    let twice = bench.rest.get("/v1/shapes/s1?count=1&count=2").await;
    assert_eq!(
        twice.violation(),
        ("count".into(), "is given more than once".into())
    );
    let with_body = bench
        .rest
        .send_text(Method::POST, "/v1/shapes:echo?count=1", "{}")
        .await;
    assert_eq!(with_body.violation().0, "count");
    let wrong = |query: &str, field: &str| (query.to_owned(), field.to_owned());
    for (query, field) in [
        wrong("byText=a&byInner.text=b", "by_inner.text"),
        wrong("byInner.text=b&byText=a", "by_text"),
        wrong("atTime.seconds=1", "atTime.seconds"),
        wrong("weight=1e39", "weight"),
        wrong("ratio=inf", "ratio"),
        wrong("count=%2B1", "count"),
        wrong("note=%4", "note"),
        wrong("note=%zz", "note"),
    ] {
        let answer = bench.rest.get(&format!("/v1/shapes/s1?{query}")).await;
        assert_eq!(answer.violation().0, field, "{query}");
    }
    let deep = format!("/v1/shapes/s1?inner.{}text=x", "deeper.".repeat(40));
    assert_eq!(bench.rest.get(&deep).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_refusal_of_a_service_comes_with_all_its_details() {
    let bench = Bench::start().await;
    let answer = bench
        .rest
        .send_text(Method::POST, "/v1/shapes:refuse", "")
        .await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    let expected = json!({
        "code": 5,
        "message": "no such shape",
        "details": [
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "DEAD_LETTER_NOT_FOUND",
                "domain": "patron",
                "metadata": {"shape": "round"},
            },
            {
                "@type": "type.googleapis.com/google.rpc.BadRequest",
                "fieldViolations": [{
                    "field": "inner.text", "description": "is wrong", "reason": "",
                }],
            },
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "1.500s"},
        ],
    });
    assert_eq!(answer.json(), expected);
    assert_eq!(answer.header("retry-after"), "2");
}

#[tokio::test]
async fn no_route_is_404_and_the_wrong_method_405_with_the_right_ones() {
    let bench = Bench::start().await;
    for path in [
        "/v1/nowhere",
        "/",
        "/v1/shapes/",
        "/v1//shapes/a",
        "/v1/hidden",
        "/v1/nothing",
    ] {
        let answer = bench.rest.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.detail("ErrorInfo")["reason"], "METHOD_NOT_FOUND");
    }
    let answer = bench
        .rest
        .send_text(Method::DELETE, "/v1/shapes/s1", "")
        .await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(answer.header("allow"), "GET, PUT, PATCH");
    assert_eq!(answer.json()["code"], 12);
}

#[tokio::test]
async fn a_body_of_another_type_or_where_none_belongs_is_refused() {
    let bench = Bench::start().await;
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let body = Bytes::from_static(b"name=a");
    let answer = bench
        .rest
        .send(Method::POST, "/v1/shapes:echo", &form, body)
        .await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let answer = bench
        .rest
        .send_text(Method::GET, "/v1/shapes/s1", "{\"name\":\"a\"}")
        .await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_service_that_is_down_is_503_at_once() {
    let bench = Bench::start().await;
    let started = Instant::now();
    let answer = bench.rest.get("/v1/absent").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(started.elapsed() < Duration::from_secs(3));
    assert_eq!(answer.detail("ErrorInfo")["reason"], "UNAVAILABLE");
    assert_eq!(answer.detail("ErrorInfo")["metadata"]["service"], "absent");
    assert_eq!(answer.detail("RetryInfo")["retryDelay"], "1s");
    assert_eq!(answer.header("retry-after"), "1");
}

#[tokio::test]
async fn an_idempotent_call_is_repeated_and_no_other() {
    let bench = Bench::start().await;
    assert_eq!(
        bench.rest.get("/v1/shapes:flicker").await.status,
        StatusCode::OK
    );
    assert_eq!(bench.upstream.calls(), 3);
    let other = Bench::start().await;
    let answer = other
        .rest
        .send_text(Method::POST, "/v1/shapes:flicker", "")
        .await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(other.upstream.calls(), 1);
}
