//! What customers allow, and what they may ask for.

use chassis::paging::{PageTokens, Scope};
use contract::patron::profile::v1 as proto;

use super::{NOBODY, Rpc, rpc};
use crate::harness::request_id;

pub(super) fn rpcs() -> Vec<Rpc> {
    [
        consent_rpcs(),
        contact_rpcs(),
        privacy_rpcs(),
        restriction_rpcs(),
        retention_rpcs(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn consent_rpcs() -> Vec<Rpc> {
    let customer_id = || NOBODY.to_owned();
    let preferences = proto::GetPreferencesRequest {
        customer_id: customer_id(),
    };
    let statements = proto::ListConsentStatementsRequest {
        customer_id: customer_id(),
        ..Default::default()
    };
    let change = proto::ConsentChange {
        decision: proto::consent_change::Decision::Withdraw.into(),
        source: "web".to_owned(),
        ..Default::default()
    };
    let update = proto::UpdateConsentsRequest {
        customer_id: customer_id(),
        changes: vec![change],
        request_id: request_id(),
    };
    // That a token of nobody's is refused has a test of its own.
    let confirm = proto::ConfirmOptInRequest {
        token: token_of_nobody(),
        evidence: String::new(),
    };
    let unknown = "CUSTOMER_NOT_FOUND";
    vec![
        rpc("ConsentService/GetPreferences", &preferences, unknown),
        rpc("ConsentService/UpdateConsents", &update, unknown),
        rpc("ConsentService/ConfirmOptIn", &confirm, unknown),
        rpc("ConsentService/ListConsentStatements", &statements, unknown),
    ]
}

/// A token as the service makes them, under the secret of the tests.
fn token_of_nobody() -> String {
    let shared = PageTokens::new(b"test");
    let secret = shared.derive("patron profile opt-ins");
    let scope = Scope {
        method: "patron.profile.v1.ConsentService/ConfirmOptIn",
        filters: &[],
    };
    PageTokens::new(secret.expose())
        .encode(scope, &(NOBODY, NOBODY))
        .unwrap()
}

fn contact_rpcs() -> Vec<Rpc> {
    let customer_id = || NOBODY.to_owned();
    let policy = proto::ContactPolicy {
        channels: vec!["email".to_owned()],
        purposes: vec![proto::ContactPurpose {
            purpose: "news".to_owned(),
            priority: proto::contact_purpose::Priority::Campaign.into(),
            ..Default::default()
        }],
        default_time_zone: "UTC".to_owned(),
        reservation_seconds: 60,
        opt_in_hours: 1,
        ..Default::default()
    };
    let update = proto::UpdateContactPolicyRequest {
        policy: Some(policy),
        request_id: request_id(),
        validate_only: true,
    };
    let check = proto::CheckContactRequest {
        customer_id: customer_id(),
        purpose: "service".to_owned(),
        channel: "email".to_owned(),
        request_id: request_id(),
        ..Default::default()
    };
    let confirm = proto::ConfirmContactRequest {
        customer_id: customer_id(),
        contact_id: customer_id(),
        request_id: request_id(),
    };
    let release = proto::ReleaseContactRequest {
        customer_id: customer_id(),
        contact_id: customer_id(),
        request_id: request_id(),
    };
    let contacts = proto::ListContactsRequest {
        customer_id: customer_id(),
        ..Default::default()
    };
    let get = proto::GetContactPolicyRequest::default();
    let unknown = "CUSTOMER_NOT_FOUND";
    vec![
        rpc("ContactService/GetContactPolicy", &get, ""),
        rpc("ContactService/UpdateContactPolicy", &update, ""),
        rpc("ContactService/CheckContact", &check, unknown),
        rpc("ContactService/ConfirmContact", &confirm, unknown),
        rpc("ContactService/ReleaseContact", &release, unknown),
        rpc("ContactService/ListContacts", &contacts, unknown),
    ]
}

fn privacy_rpcs() -> Vec<Rpc> {
    let customer_id = || NOBODY.to_owned();
    let erase = proto::RequestErasureRequest {
        customer_id: customer_id(),
        ground: proto::erasure::Ground::Objection.into(),
        request_id: request_id(),
    };
    let get = proto::GetErasureRequest {
        erasure_id: customer_id(),
    };
    let list = proto::ListErasuresRequest::default();
    let erasure = proto::Erasure {
        erasure_id: request_id(),
        // Nobody else is meant below.
        customer_ids: vec![request_id()],
        ground: proto::erasure::Ground::Objection.into(),
        request_time: Some(prost_types::Timestamp::default()),
        ..Default::default()
    };
    let replay = proto::ReplayErasureRequest {
        erasure: Some(erasure),
        request_id: request_id(),
    };
    let lift = proto::LiftSuppressionRequest {
        kind: "app".to_owned(),
        value: "x".to_owned(),
        request_id: request_id(),
    };
    let file = proto::ReadAccessFileRequest {
        customer_id: customer_id(),
        ..Default::default()
    };
    let hold = proto::CreateLegalHoldRequest {
        customer_id: customer_id(),
        reason: "a lawsuit".to_owned(),
        request_id: request_id(),
    };
    let release = proto::ReleaseLegalHoldRequest {
        customer_id: customer_id(),
        legal_hold_id: customer_id(),
        reason: "it is over".to_owned(),
        request_id: request_id(),
    };
    let holds = proto::ListLegalHoldsRequest {
        customer_id: customer_id(),
        ..Default::default()
    };
    let unknown = "CUSTOMER_NOT_FOUND";
    vec![
        rpc("AccessFileService/ReadAccessFile", &file, unknown),
        rpc("PrivacyService/RequestErasure", &erase, unknown),
        rpc("PrivacyService/GetErasure", &get, "ERASURE_NOT_FOUND"),
        rpc("PrivacyService/ListErasures", &list, ""),
        rpc("PrivacyService/ReplayErasure", &replay, ""),
        rpc("PrivacyService/LiftSuppression", &lift, ""),
        rpc("PrivacyService/CreateLegalHold", &hold, unknown),
        rpc("PrivacyService/ReleaseLegalHold", &release, unknown),
        rpc("PrivacyService/ListLegalHolds", &holds, unknown),
    ]
}

fn restriction_rpcs() -> Vec<Rpc> {
    let customer_id = || NOBODY.to_owned();
    let restrict = proto::RestrictCustomerRequest {
        customer_id: customer_id(),
        ground: proto::restriction::Ground::Unlawful.into(),
        request_id: request_id(),
    };
    let unrestrict = proto::LiftRestrictionRequest {
        customer_id: customer_id(),
        restriction_id: customer_id(),
        reason: "it is over".to_owned(),
        request_id: request_id(),
    };
    let restrictions = proto::ListRestrictionsRequest {
        customer_id: customer_id(),
        ..Default::default()
    };
    let unknown = "CUSTOMER_NOT_FOUND";
    vec![
        rpc("RestrictionService/RestrictCustomer", &restrict, unknown),
        rpc("RestrictionService/LiftRestriction", &unrestrict, unknown),
        rpc(
            "RestrictionService/ListRestrictions",
            &restrictions,
            unknown,
        ),
    ]
}

fn retention_rpcs() -> Vec<Rpc> {
    let kind = proto::RetentionKind::ImportErrors.into();
    let rules = proto::ListRetentionRulesRequest {};
    let set = proto::SetRetentionRuleRequest {
        kind,
        days: 0,
        request_id: request_id(),
    };
    let preview = proto::PreviewRetentionRequest { kind, days: 1 };
    let runs = proto::ListRetentionRunsRequest::default();
    vec![
        rpc("RetentionService/ListRetentionRules", &rules, ""),
        rpc("RetentionService/SetRetentionRule", &set, ""),
        rpc("RetentionService/PreviewRetention", &preview, ""),
        rpc("RetentionService/ListRetentionRuns", &runs, ""),
    ]
}
