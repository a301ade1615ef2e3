//! Account managers see the customers whom they look after, in every service, and nobody else.

use access::{Claims, DevelopmentIssuer};
use bytes::Bytes;
use chassis::Clock;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::support::{Answer, Api, Patron, eventually, new_customer, new_id, request_id, shared};

/// The gateway with a token of an account manager.
fn as_manager(patron: &Patron, manager: &str) -> Api {
    let key = patron.data().join("dev-key.pem");
    let issuer = DevelopmentIssuer::open(&key, "patron").unwrap();
    let claims = Claims {
        subject: manager.to_owned(),
        roles: vec!["account-manager".to_owned()],
        ..Claims::default()
    };
    let hour = SignedDuration::from_hours(1);
    let token = issuer.sign(&claims, Clock::system().now(), hour).unwrap();
    patron.api().with_token(token.expose())
}

fn done(answer: Answer) -> Value {
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body
}

async fn new_manager(api: &Api) -> String {
    let manager = new_id().to_string();
    let path = format!("/v1/accountManagers/{manager}?request_id={}", request_id());
    let body = json!({"capacity": 5, "state": "STATE_ACTIVE"}).to_string();
    done(api.send("PUT", &path, Bytes::from(body)).await);
    manager
}

async fn assign(api: &Api, customer: &str, manager: &str) {
    let path = format!("/v1/customers/{customer}/accountManager:assign");
    let body = json!({"managerId": manager, "reason": "new", "requestId": request_id()});
    done(api.post(&path, &body).await);
}

/// What stands for a customer in each service, by its path.
async fn places(api: &Api, customer: &str) -> Vec<String> {
    let case = json!({"customerId": customer, "type": "TYPE_COMPLAINT", "channel": "phone",
                      "subject": "late"});
    let path = format!("/v1/cases?request_id={}", request_id());
    let case = done(api.post(&path, &case).await);
    let member = format!("/v1/members/{customer}");
    eventually(api, &member, |it| it["customerId"] == customer).await;
    vec![
        format!("/v1/customers/{customer}"),
        format!("/v1/customers/{customer}/tags"),
        member,
        format!("/v1/cases?customer_id={customer}"),
        format!("/v1/cases/{}", case["caseId"].as_str().unwrap()),
    ]
}

#[tokio::test]
async fn whoever_looks_after_a_customer_sees_it_in_every_service_and_nobody_else() {
    let patron = shared();
    let api = patron.api();
    let (ann, bob) = (new_manager(&api).await, new_manager(&api).await);
    let (anns, bobs) = (new_customer(&api).await, new_customer(&api).await);
    assign(&api, &anns, &ann).await;
    assign(&api, &bobs, &bob).await;
    let (of_ann, of_bob) = (places(&api, &anns).await, places(&api, &bobs).await);
    let manager = as_manager(patron, &ann);
    for path in &of_ann {
        done(manager.get(path).await);
    }
    for path in &of_bob {
        let answer = manager.get(path).await;
        assert_eq!(answer.status, 404, "{path}: {answer:?}");
    }
    let listed = done(manager.get("/v1/customers").await);
    assert_eq!(listed["customers"].as_array().unwrap().len(), 1);
    assert_eq!(listed["customers"][0]["customerId"], anns);
    // Who looks after whom, that service does not know: it is asked for by customer.
    assert_eq!(manager.get("/v1/cases").await.status, 403);
    // It takes effect with the next call.
    assign(&api, &anns, &bob).await;
    assign(&api, &bobs, &ann).await;
    for path in &of_ann {
        assert_eq!(manager.get(path).await.status, 404, "{path}");
    }
    for path in &of_bob {
        done(manager.get(path).await);
    }
}
