//! For any message: what a client sends as JSON is what the service gets, and what the service
//! sends is what the client reads.

use http::Method;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use prost_reflect::DynamicMessage;
use serde_json::{Map, Value, json};

use crate::support::Bench;
use crate::support::contract::{message, shape};

fn inner() -> impl Strategy<Value = Value> {
    let leaf = (any::<String>(), any::<i64>())
        .prop_map(|(text, amount)| json!({"text": text, "amount": amount.to_string()}));
    leaf.prop_recursive(3, 12, 3, |inner| {
        (
            any::<String>(),
            proptest::option::of(inner.clone()),
            prop::collection::vec(inner, 0..3),
        )
            .prop_map(
                |(text, deeper, lines)| json!({"text": text, "deeper": deeper, "lines": lines}),
            )
    })
}

/// One field of a shape, by its JSON name.
fn field() -> impl Strategy<Value = (&'static str, Value)> {
    let double = prop_oneof![
        any::<f64>()
            .prop_filter("finite", |value| value.is_finite())
            .prop_map(|value| json!(value)),
        Just(json!("NaN")),
        Just(json!("-Infinity")),
    ];
    prop_oneof![
        any::<String>().prop_map(|value| ("name", json!(value))),
        any::<i32>().prop_map(|value| ("count", json!(value))),
        any::<i64>().prop_map(|value| ("offset", json!(value.to_string()))),
        any::<u32>().prop_map(|value| ("size", json!(value))),
        any::<u64>().prop_map(|value| ("digest", json!(value))),
        double.prop_map(|value| ("ratio", value)),
        any::<bool>().prop_map(|value| ("ready", json!(value))),
        Just(("data", json!("-_8="))),
        (-5..5).prop_map(|value| ("color", json!(value))),
        inner().prop_map(|value| ("inner", value)),
        prop::collection::vec(inner(), 0..3).prop_map(|value| ("lines", json!(value))),
        prop::collection::vec(any::<String>(), 0..3).prop_map(|value| ("tags", json!(value))),
        prop::collection::hash_map(any::<String>(), any::<String>(), 0..4)
            .prop_map(|value| ("labels", json!(value))),
        prop::collection::hash_map(any::<i64>(), inner(), 0..3)
            .prop_map(|value| ("parts", json!(value))),
        any::<String>().prop_map(|value| ("byText", json!(value))),
        inner().prop_map(|value| ("byInner", value)),
        any::<String>().prop_map(|value| ("note", json!(value))),
        (0..4_000_000_000_u32).prop_map(|value| (
            "atTime",
            json!(jiff::Timestamp::from_second(value.into()).unwrap())
        )),
        any::<i32>().prop_map(|value| ("delay", json!(format!("{value}.000000001s")))),
        any::<String>().prop_map(|value| ("wrappedText", json!(value))),
        any::<i64>().prop_map(|value| ("wrappedNumber", json!(value.to_string()))),
        inner().prop_map(|value| ("free", value)),
        Just((
            "any",
            json!({"@type": "type.googleapis.com/test.v1.Inner", "text": "a"})
        )),
    ]
}

fn any_shape() -> impl Strategy<Value = Value> {
    prop::collection::vec(field(), 0..12).prop_map(|fields| {
        let mut object = Map::new();
        for (name, value) in fields {
            // Only one field of a oneof can be set.
            if name == "byInner" {
                object.remove("byText");
            } else if name == "byText" {
                object.remove("byInner");
            }
            object.insert(name.to_owned(), value);
        }
        Value::Object(object)
    })
}

#[test]
fn any_message_goes_through_the_gateway_unchanged_in_both_directions() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let bench = runtime.block_on(Bench::start());
    let config = Config {
        cases: 128,
        failure_persistence: None,
        ..Config::default()
    };
    let round_trip = |json: Value| {
        let direct = shape(json.clone());
        let sent = bench.rest.send_json(Method::POST, "/v1/shapes:echo", &json);
        let answer = runtime.block_on(sent);
        prop_assert!(answer.status.is_success(), "{}", answer.json());
        let arrived = bench.upstream.last_message("Shape");
        prop_assert_eq!(comparable(&arrived), comparable(&direct));
        let read = DynamicMessage::deserialize(message("Shape"), answer.json()).unwrap();
        prop_assert_eq!(comparable(&read), comparable(&direct));
        Ok(())
    };
    TestRunner::new(config)
        .run(&any_shape(), round_trip)
        .unwrap();
}

/// NaN is not equal to itself, its text is.
fn comparable(message: &DynamicMessage) -> Value {
    serde_json::to_value(message).unwrap()
}

#[tokio::test]
async fn the_largest_float_may_be_sent_back_as_it_was_answered() {
    let bench = Bench::start().await;
    for largest in [f32::MAX, f32::MIN] {
        let sent = json!({"weight": f64::from(largest)});
        let first = bench
            .rest
            .send_json(Method::POST, "/v1/shapes:echo", &sent)
            .await;
        let text = String::from_utf8(first.body.to_vec()).unwrap();
        let again = bench
            .rest
            .send_text(Method::POST, "/v1/shapes:echo", &text)
            .await;
        assert_eq!(again.status, http::StatusCode::OK, "{}", again.json());
        assert_eq!(again.body, first.body);
    }
}

#[tokio::test]
async fn a_field_that_is_given_twice_is_refused_by_whichever_of_its_names() {
    let bench = Bench::start().await;
    let send = |body: &'static str| bench.rest.send_text(Method::POST, "/v1/shapes:echo", body);
    for (body, field) in [
        (r#"{"name":"a","name":"b"}"#, "name"),
        (r#"{"atTime":null,"at_time":null}"#, "at_time"),
        (r#"{"inner":{"text":"a","text":"a"}}"#, "inner.text"),
        (
            r#"{"lines":[{},{"amount":"1","amount":"2"}]}"#,
            "lines[1].amount",
        ),
        (r#"{"labels":{"a":"1","\u0061":"2"}}"#, r#"labels["a"]"#),
        (
            r#"{"parts":{"1":{"text":"a","text":"b"}}}"#,
            r#"parts["1"].text"#,
        ),
        (r#"{"free":{"a":{"b":1,"b":2}}}"#, r#"free["a"]["b"]"#),
    ] {
        let answer = send(body).await;
        assert_eq!(answer.status, http::StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(
            answer.violation(),
            (field.to_owned(), "is given twice".to_owned())
        );
    }
    let alike = r#"{"labels":{"a_b":"1","aB":"2"},"lines":[{"text":"a"},{"text":"a"}]}"#;
    assert_eq!(
        send(alike).await.status,
        http::StatusCode::OK,
        "keys of maps are just text"
    );
    let part = r#"{"name":"s1","name":"s1"}"#;
    let answer = bench
        .rest
        .send_text(Method::PATCH, "/v1/shapes/s1", part)
        .await;
    assert_eq!(
        answer.violation().1,
        "is given twice",
        "bodies that are one field"
    );
}
