//! Two customers turn out to be one person, and then not: everything follows, and comes back.

use serde_json::{Value, json};

use crate::support::{Api, WELCOME, eventually, new_customer, order, order_id, request_id, shared};

async fn member_with(api: &Api, customer: &str, points: i64) {
    let path = format!("/v1/members/{customer}");
    let points = points.to_string();
    eventually(api, &path, |member| {
        member["balance"]["available"] == points
    })
    .await;
}

async fn ask(api: &Api, customer: &str, verb: &str, mut body: Value) -> Value {
    body["requestId"] = request_id().into();
    body["reason"] = "the same phone".into();
    let path = format!("/v1/customers/{customer}:{verb}");
    let answer = api.post(&path, &body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body
}

#[tokio::test]
async fn points_follow_customers_who_are_merged_and_come_back_when_they_are_parted() {
    let api = shared().api();
    let (anna, ann) = (new_customer(&api).await, new_customer(&api).await);
    for (customer, pence) in [(&anna, 1530), (&ann, 900)] {
        let path = format!("/v1/customers/{customer}/orders");
        let answer = api.post(&path, &order(&order_id(), pence)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    member_with(&api, &anna, WELCOME + 15).await;
    member_with(&api, &ann, WELCOME + 9).await;

    let merged = ask(&api, &ann, "merge", json!({"mergedCustomerId": anna})).await;
    assert_eq!(merged["customer"]["customerId"], anna, "the older survives");
    let read = api.get(&format!("/v1/customers/{ann}")).await;
    assert_eq!(read.body["customerId"], anna);
    assert_eq!(read.body["mergedCustomerIds"], json!([ann]));
    let traits = api.get(&format!("/v1/customers/{ann}/traits")).await;
    assert_eq!(traits.body["spend"][0]["net"]["amountMinor"], "2430");
    member_with(&api, &anna, 2 * WELCOME + 24).await;

    let link = json!({"linkId": merged["link"]["linkId"]});
    let left = ask(&api, &anna, "unmerge", link).await;
    assert_eq!(left["partedCustomer"]["customerId"], ann);
    member_with(&api, &anna, WELCOME + 15).await;
    member_with(&api, &ann, WELCOME + 9).await;
    let traits = api.get(&format!("/v1/customers/{ann}/traits")).await;
    assert_eq!(traits.body["spend"][0]["net"]["amountMinor"], "900");
    let links = api.get(&format!("/v1/customers/{ann}/links")).await;
    assert_eq!(links.body["links"][0]["undoReason"], "the same phone");
}
