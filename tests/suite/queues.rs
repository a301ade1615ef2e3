//! Whoever is confined to a region has its queues: all things of its customers, wherever these came from, and no other.

use access::{Caller, MethodRules, Records, Roles};
use bytes::Bytes;
use serde_json::{Value, json};
use tonic::Code;

use crate::confined::{Confined, case_of, of_region, things_of};
use crate::support::{Api, eventually, request_id, shared};

/// The gateway for customer service of a region.
fn agent_of(region: &'static str) -> Api {
    let token = Confined::to(region, shared()).authorization("agent");
    let api = shared().api();
    api.with_token(token.trim_start_matches("Bearer "))
}

async fn done(api: &Api, verb: &str, path: &str, body: Value) -> Value {
    let answer = api.send(verb, path, Bytes::from(body.to_string())).await;
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    answer.body
}

#[tokio::test]
async fn every_list_of_things_holds_those_of_the_region_and_none_of_another() {
    let api = shared().api();
    let (own, other) = (of_region(&api, "NZ").await, of_region(&api, "DE").await);
    for customer in [&own, &other] {
        case_of(&api, customer).await;
        things_of(&api, customer).await;
        let invited = format!("/v1/invitations?customer_id={customer}");
        eventually(&api, &invited, |it| it.to_string().contains(customer)).await;
    }
    let agent = agent_of("NZ");
    for path in ["/v1/cases", "/v1/adjustments", "/v1/invitations"] {
        eventually(&agent, path, |it| it.to_string().contains(&own)).await;
    }
    let (confined, roles) = (Confined::to("NZ", shared()), Roles::default());
    let rules = MethodRules::from_pool(contract::pool()).unwrap();
    let mut walked = 0;
    for method in rules.methods().filter(|it| it.records == Records::Listed) {
        let service = method.service.split('.').nth(1).unwrap();
        for role in roles.names().filter(|role| roles.can_be_given(role)) {
            let caller = Caller {
                roles: vec![role.to_owned()],
                regions: vec!["NZ".to_owned()],
                ..Caller::service("any")
            };
            if !roles.allows(&caller, &method.permission) {
                continue;
            }
            let (status, body) = confined.ask(role, (service, method), b"").await;
            // Who sees own customers alone has to name one.
            let expected = match role {
                "account-manager" => Code::PermissionDenied,
                _ => Code::Ok,
            };
            assert_eq!(status.code(), expected, "{} {role}: {status}", method.path);
            let mut told = body.windows(other.len());
            let is_told = told.any(|part| part == other.as_bytes());
            assert!(!is_told, "{} {role}", method.path);
            walked += 1;
        }
    }
    assert!(walked >= 15, "{walked}");
}

/// Both queues, once the case stands in the one and not in the other.
async fn stands_in(case: &str, here: &Api, there: &Api) {
    eventually(here, "/v1/cases", |it| it.to_string().contains(case)).await;
    eventually(there, "/v1/cases", |it| !it.to_string().contains(case)).await;
}

#[tokio::test]
async fn a_case_stands_where_its_customer_is_now_who_moved_was_joined_and_parted() {
    let api = shared().api();
    let (zealand, iceland) = (agent_of("NZ"), agent_of("IS"));
    let (anna, ann) = (of_region(&api, "NZ").await, of_region(&api, "IS").await);
    let (annas, anns) = (case_of(&api, &anna).await, case_of(&api, &ann).await);
    stands_in(&annas, &zealand, &iceland).await;
    stands_in(&anns, &iceland, &zealand).await;
    for (region, here, there) in [("IS", &iceland, &zealand), ("NZ", &zealand, &iceland)] {
        let request_id = request_id();
        let path = format!("/v1/customers/{anna}?update_mask=region_code&request_id={request_id}");
        done(&api, "PATCH", &path, json!({"regionCode": region})).await;
        stands_in(&annas, here, there).await;
    }
    let merge = json!({"mergedCustomerId": anna, "reason": "one", "requestId": request_id()});
    let merged = done(&api, "POST", &format!("/v1/customers/{ann}:merge"), merge).await;
    let (here, there) = match merged["customer"]["regionCode"].as_str() {
        Some("NZ") => (&zealand, &iceland),
        _ => (&iceland, &zealand),
    };
    for case in [&annas, &anns] {
        stands_in(case, here, there).await;
    }
    let part = json!({"linkId": merged["link"]["linkId"], "reason": "two",
                      "requestId": request_id()});
    done(&api, "POST", &format!("/v1/customers/{anna}:unmerge"), part).await;
    stands_in(&annas, &zealand, &iceland).await;
    stands_in(&anns, &iceland, &zealand).await;
}
