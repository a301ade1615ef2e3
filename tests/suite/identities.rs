//! Two customers turn out to be one person, and then not: everything follows, and comes back.

use serde_json::{Value, json};

use crate::support::{
    Api, WELCOME, eventually, new_customer, new_id, order, order_id, ordered_at, request_id, shared,
};

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

async fn told_by(api: &Api, channel: &str, phone: &str) -> Value {
    let said = json!({
        "source": {
            "channel": channel,
            "sourceKey": order_id(),
            "details": {"identifiers": [{"kind": "phone", "value": phone}]},
        },
        "observeTime": ordered_at(0),
        "requestId": request_id(),
    });
    let answer = api.post("/v1/sources:ingest", &said).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body
}

#[tokio::test]
async fn whoever_a_channel_recognises_has_the_persons_points_until_the_two_are_parted() {
    let api = shared().api();
    let phone = format!("+447{:09}", new_id().as_u128() % 1_000_000_000);
    let known = told_by(&api, "app", &phone).await;
    let customer = known["customer"]["customerId"].as_str().unwrap().to_owned();
    member_with(&api, &customer, WELCOME).await;
    let recognised = told_by(&api, "shop", &phone).await;
    assert_eq!(recognised["customer"]["customerId"], *customer);
    let home = recognised["source"]["customerId"].as_str().unwrap();
    assert_ne!(home, customer, "it keeps an id of its own");
    // Nobody is welcomed twice.
    let path = format!("/v1/members/{home}");
    eventually(&api, &path, |member| member["state"] == "STATE_CLOSED").await;
    member_with(&api, &customer, WELCOME).await;
    let listed = api.get(&format!("/v1/customers/{home}/links")).await;
    let link = &listed.body["links"][0];
    assert_eq!(link["reason"], "the same phone");
    let undo = json!({"linkId": link["linkId"]});
    let left = ask(&api, &customer, "unmerge", undo).await;
    assert_eq!(left["partedCustomer"]["customerId"], home);
    eventually(&api, &path, |member| member["state"] == "STATE_ACTIVE").await;
    // The welcome was the person's, who keeps it.
    member_with(&api, home, 0).await;
    member_with(&api, &customer, WELCOME).await;
}

#[tokio::test]
async fn a_preview_of_merging_tells_what_both_have_in_points() {
    let api = shared().api();
    let name = order_id();
    let mut ids = Vec::new();
    for email in [
        format!("{name}@example.com"),
        format!("{name}+shop@example.com"),
    ] {
        let body = json!({"identifiers": [{"kind": "email", "value": email}]});
        let path = format!("/v1/customers?request_id={}", request_id());
        let made = api.post(&path, &body).await;
        assert_eq!(made.status, 200, "{made:?}");
        ids.push(made.text("customerId"));
    }
    for id in &ids {
        member_with(&api, id, WELCOME).await;
    }
    let is_found = |listed: &Value| listed.to_string().contains(&ids[1]);
    eventually(&api, "/v1/matchReviews?page_size=500", is_found).await;
    let policy =
        json!({"policy": {"reviewFromPermille": 600, "mostMerges": "1000"}, "pageSize": 100});
    let shown = api.post("/v1/matchPolicy:preview", &policy).await;
    assert_eq!(shown.status, 200, "{shown:?}");
    let pairs = shown.body["pairs"].as_array().unwrap();
    let pair = pairs.iter().find(|it| it["pair"]["customerId"] == *ids[0]);
    let balances = pair.unwrap()["balances"].as_array().unwrap();
    let whose = balances
        .iter()
        .map(|it| (&it["customerId"], &it["available"]));
    let welcome = Value::from(WELCOME.to_string());
    let both = [Value::from(ids[0].clone()), Value::from(ids[1].clone())];
    assert!(
        whose.eq(both.iter().map(|id| (id, &welcome))),
        "{balances:?}"
    );
}
