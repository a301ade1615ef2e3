//! Whoever is confined to a region learns nothing of customers elsewhere, by whatever method of whatever service: which
//! there are follows from the contract, so one that is added is walked to on the same day.

use std::collections::BTreeSet;

use access::{Caller, Claims, DevelopmentIssuer, Method, MethodRules, Proof, Records, Roles};
use bytes::{BufMut as _, Bytes, BytesMut};
use chassis::Clock;
use http::HeaderMap;
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use jiff::SignedDuration;
use prost_reflect::prost::Message as _;
use prost_reflect::{DynamicMessage, Kind, MessageDescriptor, MethodDescriptor, Value};
use serde_json::json;
use tonic::{Code, Status};

use crate::support::{Api, Patron, eventually, new_id, order, order_id, request_id, shared};

/// Deeper than requests name customers.
const MAX_DEPTH: usize = 5;

/// Some methods are served by each of them.
const SERVICES: [&str; 5] = [
    "profile",
    "loyalty",
    "complaints",
    "survey",
    "recommendation",
];

/// What names a customer's own thing without naming the customer, and is traced by its service.
const OWNED: [(&str, &str); 2] = [("complaints", "case_id"), ("survey", "invitation_id")];

/// Methods that name no customer, or many: whoever may see some alone is refused. Those of the profile service are in its
/// own tests.
const ABOUT_NOBODY: &[&str] = &[
    "audit.v1.AuditService/VerifyAuditEntries",
    "events.v1.EventAdminService/ListConsumerCursors",
    "events.v1.EventAdminService/ListDeadLetters",
    "events.v1.EventAdminService/ReplayDeadLetters",
    "events.v1.EventAdminService/RewindConsumer",
    "events.v1.EventAdminService/SkipDeadLetter",
    "events.v1.EventFeedService/Follow",
    "loyalty.v1.CouponService/GetCoupon",
    "loyalty.v1.CouponService/GetCouponBatch",
    "loyalty.v1.CouponService/ListBatchCoupons",
    "loyalty.v1.CouponService/VoidCoupon",
    "loyalty.v1.CouponService/VoidCouponBatch",
    "loyalty.v1.DrawService/ListDrawTickets",
    "loyalty.v1.EndOfDayService/ListEndOfDays",
    "loyalty.v1.EndOfDayService/RunEndOfDay",
    "loyalty.v1.ExplanationService/ExplainRefusal",
    "loyalty.v1.HouseholdService/DissolveHousehold",
    "loyalty.v1.HouseholdService/GetHousehold",
    "loyalty.v1.HouseholdService/ListHouseholds",
    "loyalty.v1.LiabilityService/CreateLiabilityReport",
    "loyalty.v1.LiabilityService/GetLiabilityReport",
    "loyalty.v1.LiabilityService/ListLiabilityReports",
    "loyalty.v1.MembershipService/LookupMember",
    "loyalty.v1.ProgramService/ActivateProgramVersion",
    "loyalty.v1.ProgramService/CancelProgramActivation",
    "loyalty.v1.ProgramService/CreateProgram",
    "loyalty.v1.ProgramService/CreateProgramVersion",
    "loyalty.v1.ProgramService/DeleteProgramVersion",
    "loyalty.v1.ProgramService/PreviewProgramVersion",
    "loyalty.v1.ProgramService/RevertProgram",
    "loyalty.v1.ProgramService/UpdateProgramVersion",
    "loyalty.v1.ProgramService/ValidateProgramDocument",
    "loyalty.v1.RewardService/AdjustRewardStock",
    "loyalty.v1.RewardService/GetRewardStock",
    "loyalty.v1.SimulationService/GetSimulation",
    "loyalty.v1.SimulationService/ListSimulations",
    "loyalty.v1.VerificationService/CreateVerification",
    "loyalty.v1.VerificationService/GetVerification",
    "loyalty.v1.VerificationService/ListVerifications",
    "recommendation.v1.RecommendationService/BatchRecordBaskets",
    "survey.v1.SurveyService/GetScore",
];

pub(crate) async fn of_region(api: &Api, region: &str) -> String {
    let path = format!("/v1/customers?request_id={}", request_id());
    let answer = api.post(&path, &json!({"regionCode": region})).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.text("customerId")
}

pub(crate) async fn case_of(api: &Api, customer: &str) -> String {
    let case = json!({
        "customerId": customer,
        "type": "TYPE_COMPLAINT",
        "channel": "phone",
        "subject": "the mug is broken",
    });
    let path = format!("/v1/cases?request_id={}", request_id());
    let answer = api.post(&path, &case).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.text("caseId")
}

/// Somebody who has bought is asked.
async fn invitation_of(api: &Api, customer: &str) -> String {
    let path = format!("/v1/customers/{customer}/orders");
    make(api, &path, order(&order_id(), 1530), "orderId").await;
    let path = format!("/v1/invitations?customer_id={customer}");
    let is_there = |listed: &serde_json::Value| listed["invitations"][0].is_object();
    let listed = eventually(api, &path, is_there).await;
    let invitation = &listed["invitations"][0]["invitationId"];
    invitation.as_str().unwrap().to_owned()
}

/// A request that names these wherever it can; `None` when it can't.
fn naming(
    message: &MessageDescriptor,
    ids: &[(&str, &str)],
    depth: usize,
) -> Option<DynamicMessage> {
    let mut filled = DynamicMessage::new(message.clone());
    let mut names = false;
    for field in message.fields().filter(|field| !field.is_map()) {
        let id = ids.iter().find(|(name, _)| {
            let plural = format!("{name}s");
            field.name().ends_with(name) || field.name().ends_with(&plural)
        });
        let value = match (field.kind(), id) {
            (Kind::String, Some((_, id))) => Some(Value::String((*id).to_owned())),
            (Kind::Message(inner), _) if depth < MAX_DEPTH => {
                naming(&inner, ids, depth + 1).map(Value::Message)
            }
            _ => None,
        };
        if let Some(value) = value {
            names = true;
            let is_list = field.is_list();
            let value = if is_list {
                Value::List(vec![value])
            } else {
                value
            };
            filled.set_field(&field, value);
        }
    }
    names.then_some(filled)
}

fn descriptor(method: &Method) -> MethodDescriptor {
    let service = contract::pool().get_service_by_name(&method.service);
    let found = service
        .unwrap()
        .methods()
        .find(|it| it.name() == method.name);
    found.unwrap()
}

/// The services that have a method: those whose package it is in, or all.
fn serving(method: &Method) -> Vec<&'static str> {
    let is_of = |name: &&str| method.service.starts_with(&format!("patron.{name}."));
    match SERVICES.into_iter().find(is_of) {
        Some(service) => vec![service],
        None => SERVICES.to_vec(),
    }
}

/// Somebody who is confined to a region.
pub(crate) struct Confined {
    region: &'static str,
    issuer: DevelopmentIssuer,
    client: Client<HttpConnector, Full<Bytes>>,
    address: String,
}

impl Confined {
    pub(crate) fn to(region: &'static str, patron: &Patron) -> Self {
        let key = patron.data().join("dev-key.pem");
        Self {
            region,
            issuer: DevelopmentIssuer::open(&key, "patron").unwrap(),
            client: Client::builder(TokioExecutor::new())
                .http2_only(true)
                .build_http(),
            address: patron.setting("PATRON_GRPC"),
        }
    }

    pub(crate) fn authorization(&self, role: &str) -> String {
        let now = Clock::system().now();
        let claims = Claims {
            subject: "mallory".to_owned(),
            roles: vec![role.to_owned()],
            regions: vec![self.region.to_owned()],
            proof: Proof {
                acr: Some("phr".to_owned()),
                authenticated: Some(now),
            },
            ..Claims::default()
        };
        let token = self
            .issuer
            .sign(&claims, now, SignedDuration::from_hours(1));
        format!("Bearer {}", token.unwrap().expose())
    }

    /// How a call ends.
    async fn call(&self, role: &str, (service, method): (&str, &Method), message: &[u8]) -> Status {
        self.ask(role, (service, method), message).await.0
    }

    /// The same, and what is answered.
    pub(crate) async fn ask(
        &self,
        role: &str,
        (service, method): (&str, &Method),
        message: &[u8],
    ) -> (Status, Bytes) {
        let mut body = BytesMut::new();
        body.put_u8(0);
        body.put_u32(u32::try_from(message.len()).unwrap());
        body.put_slice(message);
        let request = http::Request::post(format!("http://{}{}", self.address, method.path))
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .header("patron-service", service)
            .header("authorization", self.authorization(role))
            .body(Full::new(body.freeze()))
            .unwrap();
        let response = self.client.request(request).await.unwrap();
        let (head, body) = response.into_parts();
        let collected = body.collect().await.unwrap();
        let ending: Option<HeaderMap> = collected.trailers().cloned();
        let status = Status::from_header_map(ending.as_ref().unwrap_or(&head.headers));
        (status.unwrap(), collected.to_bytes())
    }
}

#[tokio::test]
async fn nobody_of_another_region_is_found_by_any_method_of_any_service_in_any_role() {
    let api = shared().api();
    let german = of_region(&api, "DE").await;
    let case = case_of(&api, &german).await;
    let invitation = invitation_of(&api, &german).await;
    let confined = Confined::to("GB", shared());
    let (rules, roles) = (
        MethodRules::from_pool(contract::pool()).unwrap(),
        Roles::default(),
    );
    let (mut walked, mut unnamed) = (0, BTreeSet::new());
    for method in rules.methods() {
        let asks = matches!(method.records, Records::Named | Records::Listed);
        if method.anonymous || method.internal || !asks {
            continue;
        }
        let described = descriptor(method);
        let named = naming(&described.input(), &[("customer_id", &german)], 0);
        if named.is_none() && method.records == Records::Listed {
            // It lists the caller's own: see `queues.rs`.
            continue;
        }
        let request = named.or_else(|| {
            let of_role = OWNED.iter().zip([&case, &invitation]);
            let mut owned = of_role.filter(|((role, _), _)| serving(method) == [*role]);
            owned.find_map(|((_, field), id)| {
                naming(&described.input(), &[(*field, id.as_str())], 0)
            })
        });
        // Of a stream of requests nobody knows whom they will name.
        let request = request.filter(|_| !described.is_client_streaming());
        let expected = if request.is_some() {
            Code::NotFound
        } else {
            Code::PermissionDenied
        };
        let message = request.map(|it| it.encode_to_vec()).unwrap_or_default();
        for role in roles.names().filter(|role| roles.can_be_given(role)) {
            let caller = Caller {
                roles: vec![role.to_owned()],
                regions: vec!["GB".to_owned()],
                ..Caller::service("any")
            };
            if !roles.allows(&caller, &method.permission) {
                continue;
            }
            for service in serving(method) {
                let status = confined.call(role, (service, method), &message).await;
                let who = format!("{role} of {service}");
                assert_eq!(status.code(), expected, "{} {who}: {status}", method.path);
                walked += 1;
            }
            if expected == Code::PermissionDenied && !method.service.starts_with("patron.profile.")
            {
                unnamed.insert(method.path.trim_start_matches("/patron.").to_owned());
            }
        }
    }
    assert!(walked > 400, "{walked}");
    assert_eq!(unnamed.into_iter().collect::<Vec<_>>(), ABOUT_NOBODY);
}

/// The variables of a method's path in REST, and the path.
fn path_of(method: &MethodDescriptor) -> Option<(String, String)> {
    let http = contract::pool().get_extension_by_name("google.api.http")?;
    let options = method.options();
    let rule = options.get_extension(&http).as_message()?.clone();
    ["get", "post"].into_iter().find_map(|verb| {
        let path = rule.get_field_by_name(verb)?.as_str()?.to_owned();
        (!path.is_empty()).then(|| (verb.to_uppercase(), path))
    })
}

/// What the body of a call says besides what its path names.
fn body_of(method: &MethodDescriptor) -> serde_json::Value {
    let said = [
        ("request_id", "requestId", request_id()),
        ("reason", "reason", "because".to_owned()),
        ("reference", "reference", "counter 4".to_owned()),
        ("order_id", "orderId", "a-7".to_owned()),
    ];
    let has = |name: &str| method.input().get_field_by_name(name).is_some();
    let said = said.into_iter().filter(|(field, _, _)| has(field));
    said.map(|(_, name, value)| (name.to_owned(), value.into()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

async fn make(api: &Api, path: &str, body: serde_json::Value, id: &'static str) -> String {
    let answer = api.post(path, &body).await;
    assert_eq!(answer.status, 200, "{path} {answer:?}");
    answer.text(id)
}

/// Some of what a customer can have, by the variable that names it.
pub(crate) async fn things_of(api: &Api, customer: &str) -> Vec<(&'static str, String)> {
    let to = |things: &str| {
        format!(
            "/v1/members/{customer}/{things}?request_id={}",
            request_id()
        )
    };
    let earned = json!({"points": "5000", "reference": "welcome"});
    // The least that can be spent at once.
    let points = json!({"points": "1000", "reference": "welcome"});
    let order_id = order_id();
    let path = format!("/v1/customers/{customer}/orders");
    make(api, &path, order(&order_id, 1530), "orderId").await;
    eventually(
        api,
        &format!("/v1/members/{customer}/sales/{order_id}"),
        |_| true,
    )
    .await;
    let adjustment = json!({
        "points": "5", "reasonCode": "goodwill", "reason": "late", "reference": "case 7",
    });
    let hold = json!({"reason": "a claim", "requestId": request_id()});
    let held = format!("/v1/customers/{customer}/legalHolds");
    vec![
        (
            "accrual_id",
            make(api, &to("accruals"), earned, "accrualId").await,
        ),
        (
            "hold_id",
            make(api, &to("holds"), points.clone(), "holdId").await,
        ),
        (
            "redemption_id",
            make(api, &to("redemptions"), points, "redemptionId").await,
        ),
        (
            "adjustment_id",
            make(api, &to("adjustments"), adjustment, "adjustmentId").await,
        ),
        ("legal_hold_id", make(api, &held, hold, "legalHoldId").await),
        ("order_id", order_id),
    ]
}

#[tokio::test]
async fn a_customer_of_ones_own_does_not_open_what_is_anothers() {
    let api = shared().api();
    let (british, german) = (of_region(&api, "GB").await, of_region(&api, "DE").await);
    let things = things_of(&api, &german).await;
    things_of(&api, &british).await;
    let token = Confined::to("GB", shared()).authorization("operator");
    let mine = api.with_token(token.trim_start_matches("Bearer "));
    let mut walked = BTreeSet::new();
    let services = contract::pool().services();
    for method in services.flat_map(|service| service.methods().collect::<Vec<_>>()) {
        let Some((verb, path)) = path_of(&method) else {
            continue;
        };
        for (variable, id) in &things {
            let variable = format!("{{{variable}}}");
            if !(path.contains("{customer_id}") && path.contains(&variable)) {
                continue;
            }
            let ask = async |id: &str| {
                let path = path
                    .replace("{customer_id}", &british)
                    .replace(&variable, id);
                let body = body_of(&method).to_string();
                let body = if verb == "GET" {
                    Bytes::new()
                } else {
                    Bytes::from(body)
                };
                let answer = mine.send(&verb, &path, body).await;
                (answer.status, answer.body.to_string().replace(id, "…"))
            };
            let (theirs, nobodys) = (ask(id).await, ask(&new_id().to_string()).await);
            assert_eq!(theirs.0, 404, "{verb} {path}: {theirs:?}");
            assert_eq!(theirs, nobodys, "{verb} {path}");
            walked.insert(method.name().to_owned());
        }
    }
    assert!(walked.len() >= 10, "{walked:?}");
}
