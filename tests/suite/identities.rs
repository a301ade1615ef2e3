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

/// How many cases are listed for a customer.
async fn cases_are(api: &Api, customer: &str, count: usize) {
    let path = format!("/v1/cases?customer_id={customer}");
    eventually(api, &path, |listed| {
        listed["cases"].as_array().map_or(0, Vec::len) == count
    })
    .await;
}

#[tokio::test]
async fn cases_are_listed_for_the_person_whose_ids_they_came_in_under() {
    let api = shared().api();
    let (anna, ann) = (new_customer(&api).await, new_customer(&api).await);
    for customer in [&anna, &ann, &ann] {
        let case = json!({
            "customerId": customer,
            "type": "TYPE_COMPLAINT",
            "channel": "phone",
            "subject": "the mug is broken",
        });
        let path = format!("/v1/cases?request_id={}", request_id());
        let answer = api.post(&path, &case).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    let merged = ask(&api, &ann, "merge", json!({"mergedCustomerId": anna})).await;
    for id in [&anna, &ann] {
        cases_are(&api, id, 3).await;
    }
    let link = json!({"linkId": merged["link"]["linkId"]});
    ask(&api, &anna, "unmerge", link).await;
    cases_are(&api, &anna, 1).await;
    cases_are(&api, &ann, 2).await;
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
