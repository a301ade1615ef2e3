//! REST calls arrive as the request message that the contract says, and come back as JSON.

use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::json;

use crate::support::Bench;
use crate::support::contract::shape;

#[tokio::test]
async fn path_and_query_become_fields_of_every_type() {
    let bench = Bench::start().await;
    let query = "count=3&offset=-4&ratio=0.5&ready=true&data=_-8&color=COLOR_RED&colors=2\
        &colors=COLOR_RED&inner.text=a+b%26&inner.deeper.amount=9&tags=x&tags=y&byNumber=7\
        &note=&atTime=2026-01-02T03:04:05Z&delay=1.5s&mask=inner.text,createName\
        &wrapped_text=w&wrappedNumber=-1&wrappedFlag=true";
    let answer = bench
        .rest
        .get(&format!("/v1/shapes/r%2Fo%3Aund?{query}"))
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.json());
    let expected = shape(json!({
        "name": "r/o:und", "count": 3, "offset": "-4", "ratio": 0.5, "ready": true,
        "data": "/+8=", "color": "COLOR_RED", "colors": ["COLOR_BLUE", "COLOR_RED"],
        "inner": {"text": "a b&", "deeper": {"amount": "9"}}, "tags": ["x", "y"], "byNumber": 7,
        "note": "", "atTime": "2026-01-02T03:04:05Z", "delay": "1.5s",
        "mask": "inner.text,createName", "wrappedText": "w", "wrappedNumber": "-1",
        "wrappedFlag": true,
    }));
    assert_eq!(bench.upstream.last_message("Shape"), expected);
}

#[tokio::test]
async fn an_additional_binding_reaches_the_same_method() {
    let bench = Bench::start().await;
    let answer = bench.rest.get("/v1/projects/p1/shapes/s1").await;
    assert_eq!(answer.json()["inner"]["text"], "p1");
    assert_eq!(answer.json()["name"], "s1");
}

#[tokio::test]
async fn a_variable_of_many_segments_keeps_encoded_slashes() {
    let bench = Bench::start().await;
    let answer = bench.rest.get("/v1/folders/f%20g/files/a/b%2Fc").await;
    assert_eq!(answer.json()["name"], "folders/f g/files/a/b%2Fc");
}

#[tokio::test]
async fn answers_have_one_shape_with_defaults_and_without_what_is_unset() {
    let bench = Bench::start().await;
    let answer = bench.rest.get("/v1/shapes/s1").await;
    let expected = json!({
        "name": "s1", "count": 0, "offset": "0", "size": 0, "digest": "0", "ratio": 0.0,
        "weight": 0.0, "ready": false, "data": "", "color": "COLOR_UNSPECIFIED", "lines": [],
        "tags": [], "numbers": [], "colors": [], "labels": {}, "parts": {}, "etag": "",
        "createName": "",
    });
    assert_eq!(answer.json(), expected);
    assert_eq!(answer.header("content-type"), "application/json");
}

#[tokio::test]
async fn maps_are_written_in_the_order_of_their_keys() {
    let bench = Bench::start().await;
    let keys: Vec<String> = (0..50).map(|key| format!("k{key:02}")).collect();
    let members: Vec<_> = keys.iter().map(|key| format!("\"{key}\":\"\"")).collect();
    let labels = format!("\"labels\":{{{}}}", members.join(","));
    let answer = bench
        .rest
        .send_text(Method::POST, "/v1/shapes:echo", &format!("{{{labels}}}"))
        .await;
    assert!(String::from_utf8_lossy(&answer.body).contains(&labels));
}

#[tokio::test]
async fn a_body_may_repeat_the_path_but_not_contradict_it() {
    let bench = Bench::start().await;
    let put = async |name: &str| {
        let body = json!({"name": name, "count": 2});
        bench
            .rest
            .send_json(Method::PUT, "/v1/shapes/s1", &body)
            .await
    };
    assert_eq!(put("s1").await.status, StatusCode::OK);
    let refused = put("s2").await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        refused.violation(),
        ("name".into(), "differs from the value in the path".into())
    );
}

#[tokio::test]
async fn a_patch_without_a_mask_changes_what_its_body_names_but_nothing_of_the_servers() {
    let bench = Bench::start().await;
    let body = json!({"count": 2, "inner": {"text": "t"}, "note": null, "etag": "e",
        "createName": "c", "name": "s1"});
    let answer = bench
        .rest
        .send_json(Method::PATCH, "/v1/shapes/s1?requestId=r1", &body)
        .await
        .json();
    assert_eq!(answer["updateMask"], "count,inner,note");
    assert_eq!(answer["shape"]["etag"], "e");
    assert_eq!(answer["requestId"], "r1");
    // What names no field changes none, whether it is an empty object or nothing.
    for body in ["{}", ""] {
        let answer = bench.rest.send_text(Method::PATCH, "/v1/shapes/s1", body);
        assert_eq!(answer.await.json()["updateMask"], "", "{body:?}");
    }
}

#[tokio::test]
async fn a_patch_with_a_mask_keeps_it_in_either_notation() {
    let bench = Bench::start().await;
    let body = json!({"count": 2});
    for mask in ["updateMask=byText", "update_mask=by_text"] {
        let path = format!("/v1/shapes/s1?{mask}");
        let answer = bench
            .rest
            .send_json(Method::PATCH, &path, &body)
            .await
            .json();
        assert_eq!(answer["updateMask"], "byText");
    }
}

#[tokio::test]
async fn a_list_can_be_the_body_and_the_answer() {
    let bench = Bench::start().await;
    let tags = json!(["a", "b"]);
    let answer = bench
        .rest
        .send_json(Method::POST, "/v1/shapes/s1:tag?count=1", &tags)
        .await;
    assert_eq!(answer.json(), tags);
    let smuggled = "[\"a\"],\"name\":\"other\"";
    let answer = bench
        .rest
        .send_text(Method::POST, "/v1/shapes/s1:tag", smuggled)
        .await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn raw_bodies_go_both_ways_as_they_are() {
    let bench = Bench::start().await;
    let bytes = Bytes::from_static(b"\x00\xff{not json");
    let headers = [("content-type", "image/png")];
    let answer = bench
        .rest
        .send(Method::POST, "/v1/bytes", &headers, bytes.clone())
        .await;
    assert_eq!(answer.header("content-type"), "image/png");
    assert_eq!(answer.body, bytes);
}

#[tokio::test]
async fn a_service_that_every_role_has_is_chosen_by_the_path() {
    let bench = Bench::start().await;
    let answer = bench
        .rest
        .get("/v1/services/shapes/question?text=who")
        .await;
    assert_eq!(answer.json(), json!({"service": "shapes", "text": "who"}));
    let refused = bench.rest.get("/v1/services/nobody/question").await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(refused.detail("ErrorInfo")["reason"], "SERVICE_UNKNOWN");
}

#[tokio::test]
async fn only_headers_for_services_go_in_and_only_headers_for_clients_come_out() {
    let bench = Bench::start().await;
    let headers = [
        ("patron-note", "n"),
        ("patron-origin", "user:somebody-else"),
        ("cookie", "c"),
        ("x-request-id", "r1"),
        ("grpc-timeout", "2S"),
        (
            "traceparent",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ),
    ];
    let answer = bench
        .rest
        .send(Method::GET, "/v1/shapes/s1", &headers, Bytes::new())
        .await;
    let seen = bench.upstream.last_headers();
    let sent = |name: &str| seen.get(name).map(|value| value.to_str().unwrap());
    assert_eq!(sent("patron-note"), Some("n"));
    assert_eq!(sent("patron-origin"), None);
    assert_eq!(sent("cookie"), None);
    assert_eq!(sent("x-request-id"), Some("r1"));
    let trace = sent("traceparent").unwrap();
    assert!(trace.starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-"));
    assert_ne!(trace, headers[5].1, "the gateway stands between");
    assert!(sent("authorization").unwrap().starts_with("Bearer "));
    assert!(sent("grpc-timeout").is_some(), "{seen:?}");
    assert_eq!(answer.header("patron-replayed"), "true");
    assert_eq!(answer.header("secret-header"), "");
    assert_eq!(answer.header("x-request-id"), "r1");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test]
async fn a_call_without_id_and_trace_is_given_both() {
    let bench = Bench::start().await;
    let answer = bench.rest.get("/v1/shapes/s1").await;
    let seen = bench.upstream.last_headers();
    assert_eq!(
        answer.header("x-request-id"),
        seen["x-request-id"].to_str().unwrap()
    );
    assert_eq!(answer.header("x-request-id").len(), 36);
    assert_eq!(seen["traceparent"].len(), 55);
}
