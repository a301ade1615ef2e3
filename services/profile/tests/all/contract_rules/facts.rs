//! What is said and decided of customers.

use contract::patron::profile::v1 as proto;

use super::{NOBODY, Rpc, rpc};
use crate::harness::request_id;

pub(super) fn rpcs() -> Vec<Rpc> {
    [
        tag_rpcs(),
        tag_rule_rpcs(),
        attribute_rpcs(),
        segment_rpcs(),
        membership_rpcs(),
        lifecycle_rpcs(),
        health_rpcs(),
    ]
    .into_iter()
    .flatten()
    .collect()
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
