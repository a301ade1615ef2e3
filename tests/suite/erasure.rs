//! A person with a text of its own in every field and every free text of every service. All of them are in the
//! file that the person gets of what is known; after the erasure no row of any table of any database holds one of
//! them, and the ledger still adds up.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection as _};

use crate::support::{Api, Patron, WELCOME, eventually, new_customer, new_id, order, request_id};

const SERVICES: [&str; 5] = [
    "profile",
    "loyalty",
    "complaints",
    "survey",
    "recommendation",
];

/// Nobody else's texts hold this.
const MARK: &str = "zqcanary";

/// A text of the person's own.
fn mark(what: &str) -> String {
    format!("{MARK}-{what}")
}

/// Sends a request that has to succeed.
async fn send(api: &Api, path: &str, mut body: Value) -> Value {
    let mut path = path.to_owned();
    if path.ends_with('?') {
        path = format!("{path}request_id={}", request_id());
    } else if body.get("requestId").is_none() && !path.ends_with("/orders") {
        body["requestId"] = request_id().into();
    }
    let answer = api.post(&path, &body).await;
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    answer.body
}

async fn person(api: &Api) -> String {
    let body = json!({
        "displayName": mark("display"), "familyName": mark("family"), "givenName": mark("given"),
        "occupation": mark("occupation"), "incomeBand": mark("income"), "brand": mark("brand"),
        "birthDate": {"year": 1987, "month": 3, "day": 14}, "gender": "GENDER_FEMALE",
        "regionCode": "GB", "timeZone": "Europe/London",
        "postalAddress": {
            "regionCode": "GB", "locality": mark("town"), "addressLines": [mark("street")],
        },
        "identifiers": [
            {"kind": "email", "value": format!("{MARK}@example.com"), "verified": true},
            {"kind": "member_card", "value": mark("card")},
            {"kind": "cookie", "value": mark("cookie")},
        ],
    });
    let made = send(api, "/v1/customers?", body).await;
    let customer = made["customerId"].as_str().unwrap().to_owned();
    let source = json!({
        "source": {
            "customerId": customer, "channel": "shop", "sourceKey": mark("key"),
            "details": {"displayName": mark("shop-name"), "occupation": mark("shop-occupation")},
        },
        "observeTime": "2026-01-01T00:00:00Z",
    });
    send(api, "/v1/sources:ingest", source).await;
    customer
}

/// What the profile service hears of it.
async fn profile(api: &Api, customer: &str) {
    let bought = order(&mark("order"), 400_000);
    send(api, &format!("/v1/customers/{customer}/orders"), bought).await;
    let mut returned = order(&mark("returned"), 900);
    returned["lines"][0]["lineId"] = mark("line").into();
    send(api, &format!("/v1/customers/{customer}/orders"), returned).await;
    let back = json!({
        "returnId": mark("return"), "orderId": mark("returned"), "reason": mark("reason"),
        "returnTime": crate::support::ordered_at(1),
        "lines": [{"lineId": mark("line"), "quantity": "2"}],
    });
    let path = format!("/v1/customers/{customer}/returns");
    assert_eq!(api.post(&path, &back).await.status, 200);
    let consent = json!({"changes": [{
        "purpose": "marketing", "channel": "sms", "decision": "DECISION_GRANT", "source": "web",
        "noticeVersion": mark("notice"), "evidence": mark("evidence"),
    }]});
    send(api, &format!("/v1/customers/{customer}/consents"), consent).await;
    let contact = json!({"purpose": "service", "channel": "email", "reference": mark("contact")});
    send(
        api,
        &format!("/v1/customers/{customer}/contacts:check"),
        contact,
    )
    .await;
    interact(api, customer).await;
    describe(api, customer).await;
    let hold = json!({"reason": mark("hold")});
    let hold = send(api, &format!("/v1/customers/{customer}/legalHolds"), hold).await;
    let path = format!(
        "/v1/customers/{customer}/legalHolds/{}:release",
        hold["legalHoldId"].as_str().unwrap()
    );
    send(api, &path, json!({"reason": mark("released")})).await;
    assign(api, customer).await;
}

/// An interaction, of which every text is the person's.
async fn interact(api: &Api, customer: &str) {
    let interaction = json!({"interaction": {
        "customerId": customer, "source": "newsletter", "interactionId": mark("interaction"),
        "kind": "KIND_EMAIL", "channel": "email", "occurTime": crate::support::ordered_at(2),
        "reference": mark("mail"), "subject": mark("headline"),
        "properties": [{"name": "link", "value": mark("link")}],
    }});
    let answer = api.post("/v1/interactions:record", &interaction).await;
    assert_eq!(answer.body["recordedCount"], "1", "{answer:?}");
}

/// What somebody puts on the person.
async fn describe(api: &Api, customer: &str) {
    let tag = json!({"tag": mark("tag"), "reason": mark("tagged"), "source": "agent"});
    send(api, &format!("/v1/customers/{customer}/tags:add"), tag).await;
    let untag = json!({"tag": mark("tag"), "reason": mark("untagged"), "source": "agent"});
    send(api, &format!("/v1/customers/{customer}/tags:remove"), untag).await;
    for (id, sensitivity, field) in [
        ("remark", "SENSITIVITY_FREE_TEXT", "freeTextValue"),
        ("nickname", "SENSITIVITY_PERSONAL", "personalValue"),
    ] {
        let attribute = json!({
            "attributeId": id, "type": "ATTRIBUTE_TYPE_TEXT", "displayName": id, "sensitivity": sensitivity,
        });
        send(api, "/v1/attributes?", attribute).await;
        let set = json!({"source": "crm", "set": [{"attributeId": id, field: mark(id)}]});
        let path = format!("/v1/customers/{customer}/attributes:update");
        send(api, &path, set).await;
    }
}

async fn assign(api: &Api, customer: &str) {
    let path = format!("/v1/accountManagers/ann?request_id={}", request_id());
    let manager = json!({"capacity": 1, "state": "STATE_ACTIVE"}).to_string();
    let put = api.send("PUT", &path, manager.into()).await;
    assert_eq!(put.status, 200, "{put:?}");
    let path = format!("/v1/customers/{customer}/accountManager:assign");
    send(api, &path, json!({"reason": mark("assigned")})).await;
}

async fn complain(api: &Api, customer: &str) {
    let case = json!({
        "customerId": customer, "type": "TYPE_COMPLAINT", "channel": "phone",
        "subject": mark("subject"), "description": mark("description"), "orderId": mark("order"),
    });
    let case = send(api, "/v1/cases?", case).await;
    let case = case["caseId"].as_str().unwrap();
    for kind in ["KIND_CUSTOMER", "KIND_NOTE", "KIND_REPLY"] {
        let message = json!({"kind": kind, "body": mark(&kind.to_lowercase())});
        send(api, &format!("/v1/cases/{case}/messages?"), message).await;
    }
    let resolution = json!({"resolution": mark("resolution")});
    send(api, &format!("/v1/cases/{case}:resolve"), resolution).await;
}

async fn answer(api: &Api, customer: &str) {
    let path = format!("/v1/invitations?customer_id={customer}");
    let listed = eventually(api, &path, |listed| {
        listed["invitations"]
            .as_array()
            .is_some_and(|it| !it.is_empty())
    })
    .await;
    let id = listed["invitations"][0]["invitationId"].as_str().unwrap();
    let answers = json!({"answers": [
        {"questionId": "recommend", "rating": 2}, {"questionId": "why", "text": mark("why")},
    ]});
    send(api, &format!("/v1/invitations/{id}/response?"), answers).await;
}

async fn spend(api: &Api, customer: &str) {
    let path = format!("/v1/members/{customer}");
    let has_points = |member: &Value| {
        let points = member["balance"]["available"].as_str().unwrap_or_default();
        points.parse::<i64>().is_ok_and(|it| it > WELCOME + 3_000)
    };
    eventually(api, &path, has_points).await;
    let redemption = json!({"points": "1000", "reference": mark("redemption")});
    send(api, &format!("{path}/redemptions?"), redemption).await;
    let hold = json!({"points": "1000", "reference": mark("points-hold")});
    send(api, &format!("{path}/holds?"), hold).await;
    let adjustment = json!({
        "points": "5", "reasonCode": "goodwill", "reason": mark("goodwill"),
        "reference": mark("adjustment"),
    });
    send(api, &format!("{path}/adjustments?"), adjustment).await;
    let act = json!({
        "activityType": "review", "activityId": mark("act"), "occurTime": "2026-01-05T10:00:00Z",
        "attributes": {"text": mark("review")},
    });
    assert_eq!(
        api.post(&format!("{path}/activities"), &act).await.status,
        200
    );
    send(
        api,
        &format!("{path}:suspend"),
        json!({"reason": mark("suspended")}),
    )
    .await;
    send(
        api,
        &format!("{path}:reactivate"),
        json!({"reason": mark("reactivated")}),
    )
    .await;
    api.get(&format!("{path}/referral-code")).await;
}

pub(crate) async fn connect(data: &Path, service: &str) -> PgConnection {
    let options = PgConnectOptions::new()
        .socket(socket(data))
        .username(postgres::embedded::SUPERUSER)
        .database(&format!("patron_{service}"));
    PgConnection::connect_with(&options).await.unwrap()
}

/// The rows of a database that hold one of the person's texts, by table; in the clear or as bytes.
async fn traces(data: &Path, service: &str) -> Vec<(String, i64)> {
    let mut db = connect(data, service).await;
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT oid::regclass::text FROM pg_class
         WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1",
    )
    .fetch_all(&mut db)
    .await
    .unwrap();
    assert!(tables.len() > 5, "{service} has tables");
    let bytes = MARK.bytes().map(|byte| format!("{byte:02x}"));
    let pattern = format!("{MARK}|{}", bytes.collect::<String>());
    let mut found = Vec::new();
    for table in tables {
        let query = format!("SELECT count(*) FROM {table} AS t WHERE lower(t::text) ~ $1");
        let rows: i64 = sqlx::query_scalar(AssertSqlSafe(query))
            .bind(&pattern)
            .fetch_one(&mut db)
            .await
            .unwrap();
        if rows > 0 {
            found.push((table, rows));
        }
    }
    found
}

/// The person's texts that stand in the clear in the tables of a service.
async fn texts(data: &Path, service: &str) -> BTreeSet<String> {
    let mut db = connect(data, service).await;
    let mut texts = BTreeSet::new();
    for (table, _) in traces(data, service).await {
        // What was announced is told by what it was announced of, a copy by the service that it is of.
        if table.starts_with("outbox") || table == "person_places" {
            continue;
        }
        let query = format!(
            "SELECT DISTINCT (regexp_matches(t::text, '{MARK}[-_a-z@.]*', 'g'))[1] FROM {table} AS t"
        );
        let found: Vec<String> = sqlx::query_scalar(AssertSqlSafe(query))
            .fetch_all(&mut db)
            .await
            .unwrap();
        texts.extend(found);
    }
    texts
}

/// Everything that the person gets to know, service by service.
async fn told(api: &Api, path: &str) -> BTreeMap<String, String> {
    let answer = api.get(path).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let mut told = BTreeMap::new();
    let mut ended = false;
    for line in String::from_utf8(answer.bytes.to_vec()).unwrap().lines() {
        let answered: Value = serde_json::from_str(line).unwrap();
        let part = &answered["result"];
        if let Some(service) = part["record"]["service"].as_str() {
            let text: &mut String = told.entry(service.to_owned()).or_default();
            text.push_str(line);
        }
        ended |= part["end"]["complete"] == true;
    }
    assert!(ended, "the file has an end: {told:?}");
    told
}

/// Where the embedded PostgreSQL listens: the fifth line of the file that says that it runs.
fn socket(data: &Path) -> PathBuf {
    let mut folders = vec![data.join("postgres")];
    while let Some(folder) = folders.pop() {
        let file = folder.join("postmaster.pid");
        if let Ok(text) = std::fs::read_to_string(&file) {
            return PathBuf::from(text.lines().nth(4).unwrap());
        }
        let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
        folders.extend(entries.map(|it| it.path()).filter(|it| it.is_dir()));
    }
    panic!("no PostgreSQL runs in {}", data.display())
}

/// What is sealed is told all the same.
fn assert_tells_sealed(told: &str) {
    let words = [
        "hold", "released", "tagged", "untagged", "assigned", "merge", "evidence", "contact",
    ];
    for text in words.map(mark) {
        assert!(told.contains(&text), "{text} is not told");
    }
}

#[tokio::test]
async fn a_person_is_told_everything_and_after_an_erasure_no_table_of_any_service_holds_anything() {
    let patron = Patron::start(&["--no-demo"]);
    let api = patron.api();
    let customer = person(&api).await;
    profile(&api, &customer).await;
    complain(&api, &customer).await;
    answer(&api, &customer).await;
    spend(&api, &customer).await;
    // Somebody who turned out to be the same person.
    let other = new_customer(&api).await;
    let merge = json!({"mergedCustomerId": other, "reason": mark("merge")});
    send(&api, &format!("/v1/customers/{customer}:merge"), merge).await;
    // The case that follows from the bad answer, too.
    let cases = format!("/v1/cases?customer_id={customer}");
    eventually(&api, &cases, |it| {
        it["cases"].as_array().map_or(0, Vec::len) == 2
    })
    .await;
    for service in SERVICES {
        let before = traces(patron.data(), service).await;
        assert!(!before.is_empty(), "{service} knows the person");
    }
    let file = format!("/v1/customers/{other}/accessFile");
    let file_of_all = told(&api, &file).await;
    for service in SERVICES {
        let told = file_of_all.get(service).cloned().unwrap_or_default();
        for text in texts(patron.data(), service).await {
            assert!(
                told.contains(&text),
                "{service} does not tell {text}: {told}"
            );
        }
    }
    assert_tells_sealed(&file_of_all["profile"]);
    let mine = told(
        &api,
        &format!("{file}?provided_only=true&services=complaints"),
    )
    .await;
    assert_eq!(mine.keys().collect::<Vec<_>>(), ["complaints"]);
    assert!(mine["complaints"].contains(&mark("description")));
    assert!(
        !mine["complaints"].contains(&mark("kind_note")),
        "staff wrote it"
    );

    let asked = json!({"ground": "GROUND_CONSENT_WITHDRAWN"});
    let asked = send(&api, &format!("/v1/customers/{customer}:erase"), asked).await;
    let path = format!("/v1/erasures/{}", asked["erasureId"].as_str().unwrap());
    let certificate = eventually(&api, &path, |it| it["state"] == "STATE_COMPLETED").await;
    for service in SERVICES {
        let left = traces(patron.data(), service).await;
        assert_eq!(left, [], "{service} holds traces; it says {certificate:#}");
    }
    let services = certificate["services"].as_array().unwrap();
    let removed = services
        .iter()
        .map(|it| it["stores"].as_array().unwrap().len());
    assert!(
        removed.sum::<usize>() > 60,
        "every store is listed: {certificate:#}"
    );

    // Nothing makes the person anew, and the ledger can be proven without the texts.
    let late = format!("/v1/customers/{customer}/orders");
    let late = api
        .post(&late, &order(&format!("t-{}", new_id()), 500))
        .await;
    assert_eq!(late.reason(), "CUSTOMER_ERASED");
    let verified = patron.command(&["loyalty", "verify"]);
    let said = String::from_utf8_lossy(&verified.stdout);
    assert!(verified.status.success(), "{said}");
    // Not even in what the process has printed.
    assert!(!patron.log().contains(MARK));
}
