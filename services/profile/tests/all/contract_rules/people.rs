//! Who customers are, and what they do.

use contract::patron::profile::v1 as proto;
use prost_types::FieldMask;

use super::{NOBODY, Rpc, rpc};
use crate::harness::{create, give_back, ingest, order, order_input, request_id};

pub(super) fn rpcs() -> Vec<Rpc> {
    [
        customer_rpcs(),
        identity_rpcs(),
        match_rpcs(),
        activity_rpcs(),
        import_rpcs(),
        account_rpcs(),
        quality_rpcs(),
    ]
    .into_iter()
    .flatten()
    .collect()
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
