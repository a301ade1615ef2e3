//! A rule is set at the front door, and what is old goes in the service that has it, but for those on hold.

use serde_json::{Value, json};
use sqlx::AssertSqlSafe;

use crate::erasure::connect;
use crate::support::{Api, eventually, new_customer, request_id, shared};

async fn done(api: &Api, path: &str, mut body: Value) -> Value {
    let mut path = path.to_owned();
    if path.ends_with('?') {
        path = format!("{path}request_id={}", request_id());
    } else {
        body["requestId"] = request_id().into();
    }
    let answer = api.post(&path, &body).await;
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    answer.body
}

/// A case that was closed.
async fn closed(api: &Api, customer: &str) -> String {
    let case = json!({"customerId": customer, "type": "TYPE_COMPLAINT", "channel": "phone", "subject": "late"});
    let case = done(api, "/v1/cases?", case).await;
    let case = format!("/v1/cases/{}", case["caseId"].as_str().unwrap());
    let resolution = json!({"resolution": "refunded"});
    done(api, &format!("{case}:resolve"), resolution).await;
    done(api, &format!("{case}:close"), json!({})).await;
    case
}

#[tokio::test]
async fn old_cases_go_by_a_rule_and_stay_where_somebody_is_held() {
    let patron = shared();
    let api = patron.api();
    let (ann, ben) = (new_customer(&api).await, new_customer(&api).await);
    let (anns, bens) = (closed(&api, &ann).await, closed(&api, &ben).await);
    let hold = json!({"reason": "a lawsuit"});
    done(&api, &format!("/v1/customers/{ben}/legalHolds"), hold).await;
    let mut db = connect(patron.data(), "complaints").await;
    for (table, column) in [("cases", "closed_at"), ("case_log", "occurred_at")] {
        let aged = format!(
            "UPDATE {table} SET {column} = {column} - interval '9 days' WHERE customer_id IN ('{ann}', '{ben}')"
        );
        sqlx::query(AssertSqlSafe(aged))
            .execute(&mut db)
            .await
            .unwrap();
    }
    let preview = "/v1/retentionRules:preview?kind=RETENTION_KIND_CASES&days=5";
    let preview = api.get(preview).await.body;
    assert_eq!(
        (&preview["removableCount"], &preview["heldCount"]),
        (&json!("1"), &json!("1"))
    );
    let rule = json!({"kind": "RETENTION_KIND_CASES", "days": 5});
    done(&api, "/v1/retentionRules:set", rule).await;
    let of_cases = |runs: &Value| {
        let runs = runs["runs"].as_array().cloned().unwrap_or_default();
        runs.into_iter()
            .find(|run| run["kind"] == "RETENTION_KIND_CASES" && !run["endTime"].is_null())
    };
    let runs = eventually(&api, "/v1/retentionRuns", |runs| of_cases(runs).is_some()).await;
    let run = of_cases(&runs).unwrap();
    assert_eq!(
        (&run["removedCount"], &run["heldCount"]),
        (&json!("1"), &json!("1"))
    );
    assert_eq!(run["service"], "complaints");
    assert_eq!(api.get(&anns).await.status, 404);
    assert_eq!(api.get(&bens).await.status, 200);
}
