//! What the contract promises for every RPC: a token, a permission, a request that keeps the rules,
//! and NOT_FOUND for what is not there.

use std::collections::BTreeSet;

use bytes::{Buf as _, BufMut as _};
use chassis::paging::{PageTokens, Scope};
use contract::patron::profile::v1 as proto;
use prost::Message;
use prost_types::FieldMask;
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::http::uri::PathAndQuery;
use tonic::service::interceptor::InterceptedService;
use tonic::{Code, Request, Status};

use crate::harness::{
    Bearer, Profile, create, give_back, ingest, order, order_input, reason, request_id,
};

const NOBODY: &str = "0190a000-0000-7000-8000-000000000000";

/// An RPC with a request for a customer who does not exist.
struct Rpc {
    path: &'static str,
    request: Vec<u8>,
    /// What it answers then.
    about_nobody: &'static str,
}

fn rpc(path: &'static str, request: &impl Message, about_nobody: &'static str) -> Rpc {
    Rpc {
        path,
        request: request.encode_to_vec(),
        about_nobody,
    }
}

fn rpcs() -> Vec<Rpc> {
    let mut all = customer_rpcs();
    all.extend(account_rpcs());
    all.extend(identity_rpcs());
    all.extend(activity_rpcs());
    all.extend(consent_rpcs());
    all.extend(contact_rpcs());
    all.extend(match_rpcs());
    all.extend(privacy_rpcs());
    all.extend(quality_rpcs());
    all.extend(restriction_rpcs());
    all.extend(retention_rpcs());
    all.extend(tag_rpcs());
    all.extend(tag_rule_rpcs());
    all.extend(attribute_rpcs());
    all.extend(segment_rpcs());
    all.extend(membership_rpcs());
    all.extend(lifecycle_rpcs());
    all.extend(health_rpcs());
    all.extend(import_rpcs());
    let export = proto::ExportCustomersRequest::default();
    all.push(rpc("ExportService/ExportCustomers", &export, ""));
    let record = proto::RecordInteractionsRequest::default();
    all.push(rpc("InteractionService/RecordInteractions", &record, ""));
    all
}

fn account_rpcs() -> Vec<Rpc> {
    let customer_id = || NOBODY.to_owned();
    let manager = proto::AccountManager {
        manager_id: "ann".to_owned(),
        state: 1,
        ..Default::default()
    };
    let put = proto::PutAccountManagerRequest {
        account_manager: Some(manager),
        request_id: request_id(),
    };
    let list = proto::ListAccountManagersRequest::default();
    let assign = proto::AssignAccountManagerRequest {
        customer_id: customer_id(),
        request_id: request_id(),
        ..Default::default()
    };
    let get = proto::GetAccountAssignmentRequest {
        customer_id: customer_id(),
    };
    let history = proto::ListAccountAssignmentsRequest {
        customer_id: customer_id(),
        ..Default::default()
    };
    let hand_over = proto::HandOverAccountsRequest {
        manager_id: "nobody".to_owned(),
        reason: "on leave".to_owned(),
        request_id: request_id(),
        ..Default::default()
    };
    let unknown = "CUSTOMER_NOT_FOUND";
    let nobody = "ACCOUNT_MANAGER_NOT_FOUND";
    vec![
        rpc("AccountManagerService/PutAccountManager", &put, ""),
        rpc("AccountManagerService/ListAccountManagers", &list, ""),
        rpc(
            "AccountManagerService/AssignAccountManager",
            &assign,
            unknown,
        ),
        rpc("AccountManagerService/GetAccountAssignment", &get, unknown),
        rpc(
            "AccountManagerService/ListAccountAssignments",
            &history,
            unknown,
        ),
        rpc("AccountManagerService/HandOverAccounts", &hand_over, nobody),
    ]
}

fn quality_rpcs() -> Vec<Rpc> {
    let get = proto::GetDataQualityRequest {
        customer_id: NOBODY.to_owned(),
    };
    let confirm = proto::ConfirmCustomerDataRequest {
        customer_id: NOBODY.to_owned(),
        fields: Vec::new(),
        request_id: request_id(),
    };
    let list = proto::ListStaleCustomersRequest::default();
    let summarize = proto::SummarizeDataQualityRequest {};
    let unknown = "CUSTOMER_NOT_FOUND";
    vec![
        rpc("QualityService/GetDataQuality", &get, unknown),
        rpc("QualityService/ConfirmCustomerData", &confirm, unknown),
        rpc("QualityService/ListStaleCustomers", &list, ""),
        rpc("QualityService/SummarizeDataQuality", &summarize, ""),
    ]
}

fn tag_rpcs() -> Vec<Rpc> {
    let customer_id = || NOBODY.to_owned();
    let get = proto::GetCustomerTagsRequest {
        customer_id: customer_id(),
    };
    let add = proto::AddTagRequest {
        customer_id: customer_id(),
        tag: "vip".to_owned(),
        source: "agent".to_owned(),
        request_id: request_id(),
        ..Default::default()
    };
    let remove = proto::RemoveTagRequest {
        customer_id: customer_id(),
        tag: "vip".to_owned(),
        source: "agent".to_owned(),
        request_id: request_id(),
        ..Default::default()
    };
    let changes = proto::ListTagChangesRequest {
        customer_id: customer_id(),
        ..Default::default()
    };
    let unknown = "CUSTOMER_NOT_FOUND";
    vec![
        rpc("TagService/GetCustomerTags", &get, unknown),
        rpc("TagService/AddTag", &add, unknown),
        rpc("TagService/RemoveTag", &remove, unknown),
        rpc("TagService/ListTagChanges", &changes, unknown),
    ]
}

fn tag_rule_rpcs() -> Vec<Rpc> {
    let id = || "others".to_owned();
    let rule = |id: &str| proto::TagRule {
        tag_rule_id: id.to_owned(),
        tag: "vip".to_owned(),
        condition: "orders.count > 1".to_owned(),
        ..Default::default()
    };
    let create = proto::CreateTagRuleRequest {
        tag_rule: Some(rule("nobodys")),
        request_id: request_id(),
    };
    let get = proto::GetTagRuleRequest { tag_rule_id: id() };
    let update = proto::UpdateTagRuleRequest {
        tag_rule: Some(rule("others")),
        request_id: request_id(),
    };
    let archive = proto::ArchiveTagRuleRequest {
        tag_rule_id: id(),
        request_id: request_id(),
    };
    let list = proto::ListTagRulesRequest::default();
    let unknown = "TAG_RULE_NOT_FOUND";
    vec![
        rpc("TagRuleService/GetTagRule", &get, unknown),
        rpc("TagRuleService/UpdateTagRule", &update, unknown),
        rpc("TagRuleService/ArchiveTagRule", &archive, unknown),
        rpc("TagRuleService/CreateTagRule", &create, ""),
        rpc("TagRuleService/ListTagRules", &list, ""),
    ]
}

fn attribute_rpcs() -> Vec<Rpc> {
    let (id, customer_id) = (|| "nobodys".to_owned(), || NOBODY.to_owned());
    let attribute = || proto::Attribute {
        attribute_id: id(),
        r#type: proto::AttributeType::Text.into(),
        ..Default::default()
    };
    let create = proto::CreateAttributeRequest {
        attribute: Some(attribute()),
        request_id: request_id(),
    };
    let get = proto::GetAttributeRequest { attribute_id: id() };
    let update = proto::UpdateAttributeRequest {
        attribute: Some(proto::Attribute {
            attribute_id: "others".to_owned(),
            ..attribute()
        }),
        request_id: request_id(),
    };
    let archive = proto::ArchiveAttributeRequest {
        attribute_id: "others".to_owned(),
        request_id: request_id(),
    };
    let of_customer = proto::GetCustomerAttributesRequest {
        customer_id: customer_id(),
    };
    let change = proto::UpdateCustomerAttributesRequest {
        customer_id: customer_id(),
        source: "agent".to_owned(),
        request_id: request_id(),
        ..Default::default()
    };
    let changes = proto::ListAttributeChangesRequest {
        customer_id: customer_id(),
        ..Default::default()
    };
    let list = proto::ListAttributesRequest::default();
    let (unknown, nobody) = ("ATTRIBUTE_NOT_FOUND", "CUSTOMER_NOT_FOUND");
    vec![
        rpc("AttributeService/GetAttribute", &get, unknown),
        rpc("AttributeService/UpdateAttribute", &update, unknown),
        rpc("AttributeService/ArchiveAttribute", &archive, unknown),
        rpc("AttributeService/CreateAttribute", &create, ""),
        rpc("AttributeService/ListAttributes", &list, ""),
        rpc(
            "AttributeService/GetCustomerAttributes",
            &of_customer,
            nobody,
        ),
        rpc("AttributeService/UpdateCustomerAttributes", &change, nobody),
        rpc("AttributeService/ListAttributeChanges", &changes, nobody),
    ]
}

fn segment_rpcs() -> Vec<Rpc> {
    let segment_id = || "nobodys".to_owned();
    let segment = || proto::Segment {
        segment_id: segment_id(),
        condition: "orders.count > 1".to_owned(),
        ..Default::default()
    };
    let create = proto::CreateSegmentRequest {
        segment: Some(segment()),
        request_id: request_id(),
        validate_only: true,
    };
    let update = proto::UpdateSegmentRequest {
        segment: Some(segment()),
        request_id: request_id(),
        validate_only: false,
    };
    let get = proto::GetSegmentRequest {
        segment_id: segment_id(),
    };
    let archive = proto::ArchiveSegmentRequest {
        segment_id: segment_id(),
        request_id: request_id(),
    };
    let versions = proto::ListSegmentVersionsRequest {
        segment_id: segment_id(),
        ..Default::default()
    };
    let size = proto::GetSegmentSizeRequest {
        segment_id: segment_id(),
        exact: false,
    };
    let preview = proto::PreviewSegmentRequest {
        condition: "orders.count > 1".to_owned(),
        sample_size: 0,
    };
    let list = proto::ListSegmentsRequest::default();
    let unknown = "SEGMENT_NOT_FOUND";
    vec![
        rpc("SegmentService/CreateSegment", &create, ""),
        rpc("SegmentService/GetSegment", &get, unknown),
        rpc("SegmentService/UpdateSegment", &update, unknown),
        rpc("SegmentService/ArchiveSegment", &archive, unknown),
        rpc("SegmentService/ListSegments", &list, ""),
        rpc("SegmentService/ListSegmentVersions", &versions, unknown),
        rpc("SegmentService/GetSegmentSize", &size, unknown),
        rpc("SegmentService/PreviewSegment", &preview, ""),
    ]
}

fn lifecycle_rpcs() -> Vec<Rpc> {
    let customer_id = || NOBODY.to_owned();
    let policy = proto::RatingPolicy {
        stages: vec![proto::StageRule {
            stage: proto::LifecycleStage::Active.into(),
            condition: "orders.count > 0".to_owned(),
        }],
        otherwise: proto::LifecycleStage::Lead.into(),
        value_condition: "orders.count > 9".to_owned(),
        engagement_condition: "orders.count > 4".to_owned(),
        ..Default::default()
    };
    let update = proto::UpdateRatingPolicyRequest {
        policy: Some(policy),
        request_id: request_id(),
        validate_only: true,
    };
    let rating = proto::GetCustomerRatingRequest {
        customer_id: customer_id(),
    };
    let changes = proto::ListStageChangesRequest {
        customer_id: customer_id(),
        ..Default::default()
    };
    let second = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
    let funnel = proto::GetFunnelRequest {
        start_time: second(1),
        end_time: second(2),
    };
    let get = proto::GetRatingPolicyRequest::default();
    let unknown = "CUSTOMER_NOT_FOUND";
    vec![
        rpc("LifecycleService/GetRatingPolicy", &get, ""),
        rpc("LifecycleService/UpdateRatingPolicy", &update, ""),
        rpc("LifecycleService/GetCustomerRating", &rating, unknown),
        rpc("LifecycleService/ListStageChanges", &changes, unknown),
        rpc("LifecycleService/GetFunnel", &funnel, ""),
    ]
}

fn health_rpcs() -> Vec<Rpc> {
    let get = proto::GetHealthPolicyRequest::default();
    let update = proto::UpdateHealthPolicyRequest {
        policy: Some(crate::health::small_policy()),
        request_id: request_id(),
        validate_only: true,
    };
    let health = proto::GetCustomerHealthRequest {
        customer_id: NOBODY.to_owned(),
    };
    vec![
        rpc("HealthService/GetHealthPolicy", &get, ""),
        rpc("HealthService/UpdateHealthPolicy", &update, ""),
        rpc(
            "HealthService/GetCustomerHealth",
            &health,
            "CUSTOMER_NOT_FOUND",
        ),
    ]
}

fn membership_rpcs() -> Vec<Rpc> {
    let segment_id = || "nobodys".to_owned();
    let members = proto::ListSegmentMembersRequest {
        segment_id: segment_id(),
        ..Default::default()
    };
    let of_customer = proto::ListCustomerSegmentsRequest {
        customer_id: NOBODY.to_owned(),
        ..Default::default()
    };
    let explain = proto::ExplainMembershipRequest {
        customer_id: NOBODY.to_owned(),
        segment_id: segment_id(),
    };
    let (segment, customer) = ("SEGMENT_NOT_FOUND", "CUSTOMER_NOT_FOUND");
    vec![
        rpc("SegmentService/ListSegmentMembers", &members, segment),
        rpc(
            "SegmentService/ListCustomerSegments",
            &of_customer,
            customer,
        ),
        rpc("SegmentService/ExplainMembership", &explain, customer),
    ]
}

fn import_rpcs() -> Vec<Rpc> {
    let import_id = || NOBODY.to_owned();
    let column = proto::ImportColumn {
        column: "name".to_owned(),
        field: "display_name".to_owned(),
        ..Default::default()
    };
    let import = proto::Import {
        channel: "shop".to_owned(),
        format: proto::import::Format::Csv.into(),
        columns: vec![column],
        ..Default::default()
    };
    let create = proto::CreateImportRequest {
        import: Some(import),
        request_id: request_id(),
    };
    let upload = proto::UploadImportRequest {
        import_id: import_id(),
        ..Default::default()
    };
    let get = proto::GetImportRequest {
        import_id: import_id(),
    };
    let list = proto::ListImportsRequest::default();
    let errors = proto::ListImportErrorsRequest {
        import_id: import_id(),
        ..Default::default()
    };
    let undo = proto::UndoImportRequest {
        import_id: import_id(),
        request_id: request_id(),
    };
    let unknown = "IMPORT_NOT_FOUND";
    vec![
        rpc("ImportService/CreateImport", &create, ""),
        rpc("ImportService/UploadImport", &upload, unknown),
        rpc("ImportService/GetImport", &get, unknown),
        rpc("ImportService/ListImports", &list, ""),
        rpc("ImportService/ListImportErrors", &errors, unknown),
        rpc("ImportService/UndoImport", &undo, unknown),
    ]
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

fn match_rpcs() -> Vec<Rpc> {
    let policy = proto::MatchPolicy {
        review_from_permille: 600,
        most_merges: 1,
        ..Default::default()
    };
    let update = proto::UpdateMatchPolicyRequest {
        policy: Some(policy.clone()),
        request_id: request_id(),
        validate_only: true,
    };
    let preview = proto::PreviewMatchPolicyRequest {
        policy: Some(policy),
        ..Default::default()
    };
    let decide = proto::DecideMatchReviewRequest {
        customer_id: NOBODY.to_owned(),
        matched_customer_id: "0190a000-0000-7000-8000-000000000001".to_owned(),
        decision: proto::decide_match_review_request::Decision::Reject.into(),
        reason: "two people".to_owned(),
        request_id: request_id(),
    };
    let get = proto::GetMatchPolicyRequest::default();
    let list = proto::ListMatchReviewsRequest::default();
    let unknown = "MATCH_REVIEW_NOT_FOUND";
    vec![
        rpc("MatchService/GetMatchPolicy", &get, ""),
        rpc("MatchService/UpdateMatchPolicy", &update, ""),
        rpc("MatchService/PreviewMatchPolicy", &preview, ""),
        rpc("MatchService/ListMatchReviews", &list, ""),
        rpc("MatchService/DecideMatchReview", &decide, unknown),
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

fn customer_rpcs() -> Vec<Rpc> {
    let customer_id = || NOBODY.to_owned();
    let customer = proto::Customer {
        customer_id: customer_id(),
        ..Default::default()
    };
    let update = proto::UpdateCustomerRequest {
        customer: Some(customer),
        update_mask: Some(FieldMask {
            paths: vec!["brand".to_owned()],
        }),
        request_id: request_id(),
        validate_only: false,
    };
    let get = proto::GetCustomerRequest {
        customer_id: customer_id(),
    };
    let lookup = proto::LookupCustomerRequest {
        kind: "app".to_owned(),
        value: "x".to_owned(),
    };
    let list = proto::ListCustomersRequest::default();
    let search = proto::SearchCustomersRequest {
        query: "x".to_owned(),
        page_size: 0,
    };
    let traits = proto::GetCustomerTraitsRequest {
        customer_id: customer_id(),
    };
    let unknown = "CUSTOMER_NOT_FOUND";
    vec![
        rpc(
            "CustomerService/CreateCustomer",
            &create(proto::Customer::default()),
            "",
        ),
        rpc("CustomerService/GetCustomer", &get, unknown),
        rpc("CustomerService/LookupCustomer", &lookup, unknown),
        rpc("CustomerService/SearchCustomers", &search, ""),
        rpc("CustomerService/ListCustomers", &list, ""),
        rpc("CustomerService/UpdateCustomer", &update, unknown),
        rpc("CustomerService/GetCustomerTraits", &traits, unknown),
    ]
}

fn identity_rpcs() -> Vec<Rpc> {
    let customer_id = || NOBODY.to_owned();
    let reason = || "the same phone".to_owned();
    let ingest = ingest("", ("app", "1"), 1, proto::Customer::default());
    let sources = proto::ListSourcesRequest {
        customer_id: customer_id(),
        ..Default::default()
    };
    let links = proto::ListLinksRequest {
        customer_id: customer_id(),
        ..Default::default()
    };
    let matches = proto::FindMatchesRequest {
        customer_id: customer_id(),
        min_score_permille: 0,
    };
    let merge = proto::MergeCustomersRequest {
        customer_id: customer_id(),
        merged_customer_id: request_id(),
        reason: reason(),
        request_id: request_id(),
        validate_only: false,
    };
    let unmerge = proto::UnmergeCustomersRequest {
        customer_id: customer_id(),
        link_id: request_id(),
        reason: reason(),
        request_id: request_id(),
    };
    let unknown = "CUSTOMER_NOT_FOUND";
    vec![
        rpc("IdentityService/IngestSource", &ingest, ""),
        rpc("IdentityService/ListSources", &sources, unknown),
        rpc("IdentityService/ListLinks", &links, unknown),
        rpc("IdentityService/FindMatches", &matches, unknown),
        rpc("IdentityService/MergeCustomers", &merge, unknown),
        rpc("IdentityService/UnmergeCustomers", &unmerge, unknown),
    ]
}

fn activity_rpcs() -> Vec<Rpc> {
    let customer_id = || NOBODY.to_owned();
    let bought = order(NOBODY, "o", &[(1, 5)]);
    let record_order = proto::RecordOrderRequest {
        order: Some(bought.clone()),
    };
    let back = give_back(NOBODY, ("r", "o"), &[("1", 1)]);
    let record_return = proto::RecordReturnRequest {
        r#return: Some(back),
    };
    let batch = proto::BatchRecordActivitiesRequest {
        items: vec![order_input(bought)],
    };
    let get_order = proto::GetOrderRequest {
        customer_id: customer_id(),
        order_id: "o".to_owned(),
    };
    let orders = proto::ListOrdersRequest {
        customer_id: customer_id(),
        ..Default::default()
    };
    let returns = proto::ListReturnsRequest {
        customer_id: customer_id(),
        ..Default::default()
    };
    let timeline = proto::ListTimelineRequest {
        customer_id: customer_id(),
        ..Default::default()
    };
    let unknown = "CUSTOMER_NOT_FOUND";
    vec![
        rpc("ActivityService/RecordOrder", &record_order, unknown),
        rpc("ActivityService/RecordReturn", &record_return, unknown),
        rpc("ActivityService/BatchRecordActivities", &batch, ""),
        rpc("ActivityService/GetOrder", &get_order, "ORDER_NOT_FOUND"),
        rpc("ActivityService/ListOrders", &orders, unknown),
        rpc("ActivityService/ListReturns", &returns, unknown),
        rpc("ActivityService/ListTimeline", &timeline, unknown),
    ]
}

/// Sends these bytes as the request; the answer itself is of no interest.
async fn call(profile: &Profile, path: &str, request: &[u8], bearer: Bearer) -> Result<(), Status> {
    let channel = InterceptedService::new(profile.channel(), bearer);
    let mut grpc = Grpc::new(channel);
    grpc.ready().await.unwrap();
    let path: PathAndQuery = format!("/patron.profile.v1.{path}").parse().unwrap();
    grpc.unary(Request::new(request.to_vec()), path, Raw)
        .await
        .map(drop)
}

/// Sends bytes as they are.
struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = ();
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = ();
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<()>, Status> {
        buffer.advance(buffer.remaining());
        Ok(Some(()))
    }
}

#[test]
fn every_rpc_of_the_contract_is_looked_at_here() {
    let here: BTreeSet<String> = rpcs().iter().map(|rpc| rpc.path.to_owned()).collect();
    let package = contract::pool()
        .services()
        .filter(|it| it.package_name() == "patron.profile.v1");
    let declared: BTreeSet<String> = package
        .flat_map(|service| {
            let name = service.name().to_owned();
            let path = move |method: &str| format!("{name}/{method}");
            service
                .methods()
                .map(|method| path(method.name()))
                .collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(here, declared);
}

#[tokio::test]
async fn nobody_gets_in_without_a_token_or_without_the_permission() {
    let profile = Profile::start().await;
    for rpc in rpcs() {
        let refused = call(&profile, rpc.path, &rpc.request, Bearer::none())
            .await
            .unwrap_err();
        assert_eq!(refused.code(), Code::Unauthenticated, "{}", rpc.path);
        let visitor = Bearer::of(&["visitor"]);
        let refused = call(&profile, rpc.path, &rpc.request, visitor)
            .await
            .unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied, "{}", rpc.path);
        assert_eq!(reason(&refused), "PERMISSION_DENIED", "{}", rpc.path);
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_found_with_its_reason() {
    let profile = Profile::start().await;
    for rpc in rpcs() {
        let answer = call(&profile, rpc.path, &rpc.request, Bearer::of(&["operator"])).await;
        if rpc.about_nobody.is_empty() {
            assert!(answer.is_ok(), "{}: {answer:?}", rpc.path);
        } else {
            let refused = answer.unwrap_err();
            assert_eq!(refused.code(), Code::NotFound, "{}", rpc.path);
            assert_eq!(reason(&refused), rpc.about_nobody, "{}", rpc.path);
        }
    }
}

#[tokio::test]
async fn requests_that_break_the_contract_are_invalid() {
    let profile = Profile::start().await;
    // A stream of nothing would be no answer to a unary call.
    profile.customer().await;
    for rpc in rpcs() {
        for broken in [b"\xff".as_slice(), b""] {
            let answer = call(&profile, rpc.path, broken, Bearer::of(&["operator"])).await;
            let may_be_empty = [
                "ListCustomers",
                "GetContactPolicy",
                "ListAttributes",
                "ListTagRules",
                "ListSegments",
                "ListImports",
                "ListErasures",
                "ExportCustomers",
                "RecordInteractions",
                "GetRatingPolicy",
                "GetHealthPolicy",
                "GetMatchPolicy",
                "ListMatchReviews",
                "ListAccountManagers",
                "ListStaleCustomers",
                "SummarizeDataQuality",
                "ListRetentionRules",
                "ListRetentionRuns",
            ];
            if broken.is_empty() && may_be_empty.iter().any(|name| rpc.path.ends_with(name)) {
                assert!(answer.is_ok(), "everything of it may be left out");
            } else {
                let refused = answer.unwrap_err();
                assert_eq!(refused.code(), Code::InvalidArgument, "{}", rpc.path);
                assert_eq!(reason(&refused), "INVALID_ARGUMENT", "{}", rpc.path);
            }
        }
    }
}
