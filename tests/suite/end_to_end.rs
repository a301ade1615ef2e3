//! What a customer's orders set in motion, as an application sees it.

use contract::patron::loyalty::v1::member_service_client::MemberServiceClient;
use contract::patron::loyalty::v1::{CreateRedemptionRequest, GetMemberRequest, Redemption};
use serde_json::{Value, json};

use crate::support::{
    Api, WELCOME, eventually, new_customer, order, order_id, ordered_at, request_id, shared,
};

fn available(member: &Value) -> i64 {
    member["balance"]["available"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap()
}

async fn member_with(api: &Api, customer: &str, points: i64) -> Value {
    let path = format!("/v1/members/{customer}");
    eventually(api, &path, |member| available(member) == points).await
}

#[tokio::test]
async fn an_order_becomes_points_traits_and_an_entry_on_the_timeline() {
    let api = shared().api();
    let customer = new_customer(&api).await;
    let order_id = order_id();
    let answer = api
        .post(
            &format!("/v1/customers/{customer}/orders"),
            &order(&order_id, 1530),
        )
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(
        answer.body["total"],
        json!({"currencyCode": "GBP", "amountMinor": "1530"})
    );

    let timeline = api.get(&format!("/v1/customers/{customer}/timeline")).await;
    assert_eq!(timeline.body["entries"][0]["order"]["orderId"], order_id);
    let traits = api.get(&format!("/v1/customers/{customer}/traits")).await;
    assert_eq!(traits.body["orderCount"], "1");
    assert_eq!(traits.body["spend"][0]["net"]["amountMinor"], "1530");
    assert_eq!(traits.body["lastOrderTime"], ordered_at(0));

    member_with(&api, &customer, WELCOME + 15).await;
    let statement = api.get(&format!("/v1/members/{customer}/entries")).await;
    assert_eq!(statement.body["entries"][0]["amount"], "15");
    assert_eq!(statement.body["entries"][0]["reference"], order_id);
}

#[tokio::test]
async fn a_return_takes_its_points_back_to_the_point() {
    let api = shared().api();
    let customer = new_customer(&api).await;
    let order_id = order_id();
    api.post(
        &format!("/v1/customers/{customer}/orders"),
        &order(&order_id, 1530),
    )
    .await;
    member_with(&api, &customer, WELCOME + 15).await;

    let third = json!({
        "returnId": format!("r-{order_id}"),
        "orderId": order_id,
        "returnTime": ordered_at(1),
        "lines": [{"lineId": "1", "quantity": "2"}],
    });
    let answer = api
        .post(&format!("/v1/customers/{customer}/returns"), &third)
        .await;
    assert_eq!(answer.body["state"], "STATE_APPLIED", "{answer:?}");
    assert_eq!(answer.body["total"]["amountMinor"], "510");
    member_with(&api, &customer, WELCOME + 10).await;

    let traits = api.get(&format!("/v1/customers/{customer}/traits")).await;
    assert_eq!(traits.body["spend"][0]["net"]["amountMinor"], "1020");
}

#[tokio::test]
async fn a_return_that_comes_before_its_order_waits_for_it() {
    let api = shared().api();
    let customer = new_customer(&api).await;
    let order_id = order_id();
    let early = json!({
        "returnId": format!("r-{order_id}"),
        "orderId": order_id,
        "returnTime": ordered_at(1),
        "lines": [{"lineId": "1", "quantity": "6"}],
    });
    let answer = api
        .post(&format!("/v1/customers/{customer}/returns"), &early)
        .await;
    assert_eq!(answer.body["state"], "STATE_AWAITING_ORDER", "{answer:?}");

    api.post(
        &format!("/v1/customers/{customer}/orders"),
        &order(&order_id, 1530),
    )
    .await;
    let returns = api.get(&format!("/v1/customers/{customer}/returns")).await;
    assert_eq!(returns.body["returns"][0]["state"], "STATE_APPLIED");
    // Once another order has earned, so has the first.
    api.post(
        &format!("/v1/customers/{customer}/orders"),
        &order(&self::order_id(), 400),
    )
    .await;
    member_with(&api, &customer, WELCOME + 4).await;
}

#[tokio::test]
async fn an_order_that_is_delivered_twice_counts_once() {
    let api = shared().api();
    let customer = new_customer(&api).await;
    let order_id = order_id();
    let path = format!("/v1/customers/{customer}/orders");
    let first = api.post(&path, &order(&order_id, 900)).await;
    let second = api.post(&path, &order(&order_id, 900)).await;
    assert_eq!((second.status, &second.bytes), (200, &first.bytes));

    let other = api.post(&path, &order(&order_id, 901)).await;
    assert_eq!(
        (other.status, other.reason().as_str()),
        (409, "ORDER_CONFLICT")
    );
    member_with(&api, &customer, WELCOME + 9).await;
    let traits = api.get(&format!("/v1/customers/{customer}/traits")).await;
    assert_eq!(traits.body["orderCount"], "1");
}

#[tokio::test]
async fn points_are_spent_once_over_rest_and_grpc() {
    let patron = shared();
    let api = patron.api();
    let customer = new_customer(&api).await;
    api.post(
        &format!("/v1/customers/{customer}/orders"),
        &order(&order_id(), 100_000),
    )
    .await;
    member_with(&api, &customer, WELCOME + 1_000).await;

    let mut members = MemberServiceClient::new(patron.channel());
    let spend = CreateRedemptionRequest {
        request_id: request_id(),
        redemption: Some(Redemption {
            customer_id: customer.clone(),
            points: 1_000,
            reference: "mug".to_owned(),
            ..Redemption::default()
        }),
        validate_only: false,
    };
    let first = members
        .create_redemption(authorised(&api, spend.clone()))
        .await
        .unwrap();
    assert!(first.metadata().get("patron-replayed").is_none());
    let again = members
        .create_redemption(authorised(&api, spend))
        .await
        .unwrap();
    assert_eq!(again.metadata().get("patron-replayed").unwrap(), "true");
    assert_eq!(again.into_inner(), first.into_inner());

    let too_much = json!({"points": "1000", "reference": "mug"});
    let path = format!(
        "/v1/members/{customer}/redemptions?request_id={}",
        request_id()
    );
    let refused = api.post(&path, &too_much).await;
    assert_eq!(
        (refused.status, refused.reason().as_str()),
        (400, "INSUFFICIENT_POINTS")
    );

    let request = GetMemberRequest {
        customer_id: customer,
    };
    let member = members
        .get_member(authorised(&api, request))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(member.balance.unwrap().available, WELCOME);
}

#[tokio::test]
async fn a_detractor_gets_a_follow_up_and_its_closing_is_rated() {
    let api = shared().api();
    let customer = new_customer(&api).await;
    api.post(
        &format!("/v1/customers/{customer}/orders"),
        &order(&order_id(), 1000),
    )
    .await;

    let invitation = invitation(&api, &customer, "nps-order").await;
    let before = score(&api, "nps-order").await;
    let path = format!(
        "/v1/invitations/{invitation}/response?request_id={}",
        request_id()
    );
    let unhappy = json!({"answers": [
        {"questionId": "recommend", "rating": 3},
        {"questionId": "why", "text": "It broke on the second day."},
    ]});
    let answer = api.post(&path, &unhappy).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let response_id = answer.text("responseId");
    let after = score(&api, "nps-order").await;
    assert!(
        after > before,
        "{after} answers of detractors after {before}"
    );

    let cases = format!("/v1/cases?customer_id={customer}&type=TYPE_FOLLOW_UP");
    let list = eventually(&api, &cases, |page| {
        !page["cases"].as_array().unwrap().is_empty()
    })
    .await;
    assert_eq!(list["cases"].as_array().unwrap().len(), 1);
    assert_eq!(list["cases"][0]["origin"], response_id);
    let case = list["cases"][0]["caseId"].as_str().unwrap();

    let reply = json!({"kind": "KIND_REPLY", "body": "We are sorry; a new one is on its way."});
    let path = format!("/v1/cases/{case}/messages?request_id={}", request_id());
    assert_eq!(api.post(&path, &reply).await.status, 200);
    let resolve = json!({"resolution": "Replaced.", "requestId": request_id()});
    let resolved = api
        .post(&format!("/v1/cases/{case}:resolve"), &resolve)
        .await;
    assert_eq!(resolved.body["state"], "STATE_RESOLVED", "{resolved:?}");
    let close = json!({"requestId": request_id()});
    let closed = api.post(&format!("/v1/cases/{case}:close"), &close).await;
    assert_eq!(closed.body["state"], "STATE_CLOSED", "{closed:?}");

    let rating = self::invitation(&api, &customer, "csat-case").await;
    let asked = api.get(&format!("/v1/invitations/{rating}")).await;
    assert_eq!(asked.body["trigger"]["reference"], case);
}

#[tokio::test]
async fn products_of_one_basket_are_bought_together() {
    let api = shared().api();
    let (tea, cup) = (format!("tea-{}", order_id()), format!("cup-{}", order_id()));
    let other = format!("hat-{}", order_id());
    let basket = |products: &[&String]| {
        let items = products
            .iter()
            .map(|id| json!({"productId": id, "productName": "x"}));
        json!({
            "basketId": order_id(),
            "purchaseTime": "2025-03-07T09:30:00Z",
            "items": items.collect::<Vec<_>>(),
        })
    };
    let mut baskets = vec![basket(&[&other]), basket(&[&other, &tea])];
    baskets.extend((0..6).map(|_| basket(&[&tea, &cup])));
    let answer = api
        .post("/v1/baskets:batchRecord", &json!({"baskets": baskets}))
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");

    let path = format!("/v1/products/{tea}:boughtTogether");
    let found = eventually(&api, &path, |page| {
        !page["associations"].as_array().unwrap().is_empty()
    })
    .await;
    assert_eq!(found["basketCount"], "7");
    assert_eq!(found["associations"].as_array().unwrap().len(), 1);
    assert_eq!(found["associations"][0]["product"]["productId"], cup);
    assert_eq!(found["associations"][0]["basketCount"], "6");
}

async fn invitation(api: &Api, customer: &str, questionnaire: &str) -> String {
    let path = format!("/v1/invitations?customer_id={customer}&questionnaire_id={questionnaire}");
    let page = eventually(api, &path, |page| {
        !page["invitations"].as_array().unwrap().is_empty()
    });
    let page = page.await;
    assert_eq!(page["invitations"].as_array().unwrap().len(), 1);
    page["invitations"][0]["invitationId"]
        .as_str()
        .unwrap()
        .to_owned()
}

async fn score(api: &Api, questionnaire: &str) -> i64 {
    let answer = api
        .get(&format!("/v1/questionnaires/{questionnaire}/score"))
        .await;
    answer.text("detractorCount").parse().unwrap()
}

fn authorised<T>(api: &Api, message: T) -> tonic::Request<T> {
    let mut request = tonic::Request::new(message);
    let token = format!("Bearer {}", api.token).parse().unwrap();
    request.metadata_mut().insert("authorization", token);
    request
}
