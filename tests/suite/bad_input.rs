//! Whatever a caller sends: a named error with the field, and nothing changed.

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{
    Answer, Api, new_customer, new_id, order, order_id, ordered_at, request_id, shared,
};

/// Sends an order with one thing changed, and checks that nothing was recorded.
async fn refused_order(change: impl FnOnce(&mut Value)) -> Answer {
    let api = shared().api();
    let customer = new_customer(&api).await;
    let mut order = order(&order_id(), 1000);
    change(&mut order);
    let answer = api
        .post(&format!("/v1/customers/{customer}/orders"), &order)
        .await;
    let orders = api.get(&format!("/v1/customers/{customer}/orders")).await;
    assert_eq!(orders.body["orders"], json!([]), "nothing is recorded");
    answer
}

fn is_refused(answer: &Answer, status: u16, reason: &str, field: &str) {
    assert_eq!(
        (answer.status, answer.reason().as_str()),
        (status, reason),
        "{answer:?}"
    );
    assert!(
        answer.fields().iter().any(|name| name == field),
        "{field} in {answer:?}"
    );
}

#[tokio::test]
async fn malformed_json_is_refused_with_its_place() {
    let api = shared().api();
    let answer = api
        .send(
            "POST",
            "/v1/activities:batchRecord",
            Bytes::from("{\"items\": [,]}"),
        )
        .await;
    assert_eq!(
        (answer.status, answer.reason().as_str()),
        (400, "INVALID_ARGUMENT")
    );
    assert!(answer.text("message").contains("line 1"), "{answer:?}");
}

#[tokio::test]
async fn an_unknown_field_is_refused_by_name() {
    let answer = refused_order(|order| order["colour"] = json!("red")).await;
    is_refused(&answer, 400, "INVALID_ARGUMENT", "order.colour");
}

#[tokio::test]
async fn a_wrong_type_is_refused_with_its_path() {
    let answer = refused_order(|order| order["lines"][0]["quantity"] = json!("many")).await;
    is_refused(&answer, 400, "INVALID_ARGUMENT", "order.lines[0].quantity");
}

#[tokio::test]
async fn an_unknown_query_parameter_is_refused_by_name() {
    let api = shared().api();
    let answer = api.get("/v1/customers?size=3").await;
    is_refused(&answer, 400, "INVALID_ARGUMENT", "size");
}

#[tokio::test]
async fn a_negative_amount_is_refused() {
    let answer =
        refused_order(|order| order["lines"][0]["amount"]["amountMinor"] = json!("-1")).await;
    is_refused(
        &answer,
        400,
        "INVALID_ARGUMENT",
        "order.lines[0].amount.amount_minor",
    );
}

#[tokio::test]
async fn an_unknown_currency_is_refused() {
    let answer =
        refused_order(|order| order["lines"][0]["amount"]["currencyCode"] = json!("XQQ")).await;
    is_refused(
        &answer,
        400,
        "INVALID_ARGUMENT",
        "order.lines[0].amount.currency_code",
    );
}

#[tokio::test]
async fn a_date_in_the_future_is_refused() {
    let answer = refused_order(|order| order["orderTime"] = json!("2099-01-01T00:00:00Z")).await;
    is_refused(&answer, 400, "INVALID_ARGUMENT", "order.order_time");
}

#[tokio::test]
async fn a_return_of_more_than_was_bought_is_refused_and_changes_nothing() {
    let api = shared().api();
    let customer = new_customer(&api).await;
    let order_id = order_id();
    api.post(
        &format!("/v1/customers/{customer}/orders"),
        &order(&order_id, 1000),
    )
    .await;
    let seven = json!({
        "returnId": format!("r-{order_id}"),
        "orderId": order_id,
        "returnTime": ordered_at(1),
        "lines": [{"lineId": "1", "quantity": "7"}],
    });
    let answer = api
        .post(&format!("/v1/customers/{customer}/returns"), &seven)
        .await;
    assert_eq!(
        (answer.status, answer.reason().as_str()),
        (400, "RETURN_EXCEEDS_ORDER")
    );
    let order = api
        .get(&format!("/v1/customers/{customer}/orders/{order_id}"))
        .await;
    assert_eq!(order.body["lines"][0]["returnedQuantity"], "0");
}

#[tokio::test]
async fn an_oversize_body_is_refused_before_it_is_read() {
    let patron = shared();
    let mut connection = TcpStream::connect(patron.setting("PATRON_GRPC"))
        .await
        .unwrap();
    let head = format!(
        "POST /v1/activities:batchRecord HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        patron.setting("PATRON_TOKEN"),
        20 * 1024 * 1024,
    );
    connection.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert!(answer.contains("\"TOO_LARGE\""), "{answer}");
}

#[tokio::test]
async fn a_missing_or_forged_token_is_refused() {
    let api = shared().api();
    let path = format!("/v1/customers/{}", new_id());
    let mut forged = api.token.clone();
    let last = if forged.ends_with('A') { 'B' } else { 'A' };
    forged.replace_range(forged.len() - 10..forged.len() - 9, &last.to_string());
    let unsigned =
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1c2VyOm1hbGxvcnkiLCJyb2xlcyI6WyJvcGVyYXRvciJdfQ.";
    for token in ["", "nonsense", unsigned, &forged] {
        let answer = api.with_token(token).get(&path).await;
        assert_eq!(
            (answer.status, answer.reason().as_str()),
            (401, "UNAUTHENTICATED"),
            "{token}"
        );
        assert!(answer.headers["www-authenticate"].starts_with("Bearer"));
    }
}

#[tokio::test]
async fn an_unknown_id_is_not_found_and_a_broken_one_is_invalid() {
    let api = shared().api();
    for (path, reason) in [
        ("/v1/customers/{}", "CUSTOMER_NOT_FOUND"),
        ("/v1/members/{}", "MEMBER_NOT_FOUND"),
        ("/v1/cases/{}", "CASE_NOT_FOUND"),
        ("/v1/invitations/{}", "INVITATION_NOT_FOUND"),
    ] {
        let unknown = api.get(&path.replace("{}", &new_id().to_string())).await;
        assert_eq!((unknown.status, unknown.reason().as_str()), (404, reason));
        let broken = api.get(&path.replace("{}", "seven")).await;
        assert_eq!(
            (broken.status, broken.reason().as_str()),
            (400, "INVALID_ARGUMENT")
        );
    }
    let nowhere = api.get("/v1/nowhere").await;
    assert_eq!(
        (nowhere.status, nowhere.reason().as_str()),
        (404, "METHOD_NOT_FOUND")
    );
}

#[tokio::test]
async fn a_repeated_request_id_with_another_body_names_the_field() {
    let api = shared().api();
    let customer = new_customer(&api).await;
    let path = format!("/v1/cases?request_id={}", request_id());
    let case = |subject: &str| {
        json!({
            "customerId": customer,
            "type": "TYPE_COMPLAINT",
            "channel": "phone",
            "subject": subject,
        })
    };
    let first = api.post(&path, &case("late")).await;
    assert_eq!(first.status, 200, "{first:?}");
    let again = api.post(&path, &case("late")).await;
    assert_eq!(again.bytes, first.bytes);
    assert_eq!(again.headers["patron-replayed"], "true");

    let other = api.post(&path, &case("broken")).await;
    assert_eq!(
        (other.status, other.reason().as_str()),
        (409, "REQUEST_ID_CONFLICT")
    );
    assert!(other.body.to_string().contains("case.subject"), "{other:?}");
    let cases = api.get(&format!("/v1/cases?customer_id={customer}")).await;
    assert_eq!(cases.body["cases"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn one_bad_item_of_a_batch_does_not_hold_up_the_others() {
    let api = shared().api();
    let customer = new_customer(&api).await;
    let mut good = order(&order_id(), 500);
    good["customerId"] = json!(customer);
    let mut bad = order(&order_id(), 500);
    bad["customerId"] = json!(new_id().to_string());
    let answer = post_batch(&api, &[good.clone(), bad, good]).await;
    let outcomes: Vec<&str> = answer.body["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| result["outcome"].as_str().unwrap())
        .collect();
    assert_eq!(
        outcomes,
        [
            "OUTCOME_RECORDED",
            "OUTCOME_REFUSED",
            "OUTCOME_ALREADY_RECORDED"
        ]
    );
    let error = &answer.body["results"][1]["error"];
    assert!(error.to_string().contains("CUSTOMER_NOT_FOUND"), "{error}");
}

async fn post_batch(api: &Api, orders: &[Value]) -> Answer {
    let items: Vec<Value> = orders.iter().map(|order| json!({"order": order})).collect();
    let answer = api
        .post("/v1/activities:batchRecord", &json!({"items": items}))
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer
}
