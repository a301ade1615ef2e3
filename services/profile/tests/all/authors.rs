//! Who belongs to a segment tells what its condition asks: nobody asks for what policies keep from them.

use contract::patron::access::v1::Sensitivity;
use contract::patron::profile::v1 as proto;
use proto::attribute_service_client::AttributeServiceClient;
use proto::lifecycle_service_client::LifecycleServiceClient;
use proto::segment_service_client::SegmentServiceClient;
use proto::tag_rule_service_client::TagRuleServiceClient;
use proto::{
    Attribute, AttributeType, CreateSegmentRequest, CreateTagRuleRequest, GetRatingPolicyRequest,
    PreviewSegmentRequest, Segment, UpdateAttributeRequest, UpdateRatingPolicyRequest,
    UpdateSegmentRequest,
};
use tonic::{Code, Request, Status};

use crate::attributes::{attribute, define as define_attribute};
use crate::harness::{Bearer, Profile, fields, reason, request_id};
use crate::segments::define;
use crate::tag_rules::rule;

const BIRTHDAY: &str = "customer.?days_to_birthday.orValue(366) <= 7";
const INCOME: &str = "customer.income_band == '50-80k'";

macro_rules! of_marketing {
    ($client:ident, $profile:expr) => {
        $client::with_interceptor($profile.channel(), Bearer::of(&["marketing"]))
    };
}

fn segment(segment_id: &str, condition: &str) -> Segment {
    Segment {
        segment_id: segment_id.to_owned(),
        condition: condition.to_owned(),
        ..Segment::default()
    }
}

async fn create(profile: &Profile, segment: Segment) -> Result<Segment, Status> {
    let request = CreateSegmentRequest {
        segment: Some(segment),
        request_id: request_id(),
        validate_only: false,
    };
    let mut segments = of_marketing!(SegmentServiceClient, profile);
    Ok(segments.create_segment(request).await?.into_inner())
}

async fn update(profile: &Profile, segment: Segment) -> Result<Segment, Status> {
    let request = UpdateSegmentRequest {
        segment: Some(segment),
        request_id: request_id(),
        validate_only: false,
    };
    let mut segments = of_marketing!(SegmentServiceClient, profile);
    Ok(segments.update_segment(request).await?.into_inner())
}

async fn classed(profile: &Profile, key: &str, sensitivity: Sensitivity) -> Attribute {
    let attribute = Attribute {
        sensitivity: sensitivity.into(),
        ..attribute(key, AttributeType::Text)
    };
    define_attribute(profile, attribute).await.unwrap()
}

fn is_refused<T: std::fmt::Debug>(outcome: Result<T, Status>, field: &str, name: &str) {
    let refused = outcome.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied, "{name}");
    assert_eq!(reason(&refused), "FIELD_NOT_EXPOSED");
    assert_eq!(fields(&refused), [field]);
    let details = String::from_utf8_lossy(refused.details()).into_owned();
    assert!(details.contains(name), "{details}");
}

#[tokio::test]
async fn marketing_asks_for_birthdays_and_not_for_incomes() {
    let profile = Profile::start().await;
    create(&profile, segment("birthdays", BIRTHDAY))
        .await
        .unwrap();
    let refused = create(&profile, segment("rich", INCOME)).await;
    is_refused(refused, "segment.condition", "customer.income_band");
    let hidden_within = format!("{BIRTHDAY} || has(customer.age) && {INCOME}");
    let refused = create(&profile, segment("rich", &hidden_within)).await;
    is_refused(refused, "segment.condition", "customer.income_band");
    define(&profile, "rich", INCOME).await.unwrap();
}

#[tokio::test]
async fn what_the_company_defines_is_asked_for_by_who_may_use_its_class() {
    let profile = Profile::start().await;
    classed(&profile, "tea", Sensitivity::Unspecified).await;
    classed(&profile, "nickname", Sensitivity::Personal).await;
    classed(&profile, "allergy", Sensitivity::Sensitive).await;
    for (id, key) in [("teas", "tea"), ("nicknames", "nickname")] {
        let condition = format!("attribute.?{key}.orValue('') == 'x'");
        create(&profile, segment(id, &condition)).await.unwrap();
    }
    let condition = "attribute.?allergy.orValue('') == 'nuts'";
    let refused = create(&profile, segment("allergies", condition)).await;
    is_refused(refused, "segment.condition", "attribute.allergy");
    define(&profile, "allergies", condition).await.unwrap();
}

#[tokio::test]
async fn previews_rules_and_policies_are_conditions_too() {
    let profile = Profile::start().await;
    let previewed = of_marketing!(SegmentServiceClient, profile)
        .preview_segment(PreviewSegmentRequest {
            condition: INCOME.to_owned(),
            ..PreviewSegmentRequest::default()
        })
        .await;
    is_refused(previewed, "condition", "customer.income_band");
    let ruled = of_marketing!(TagRuleServiceClient, profile)
        .create_tag_rule(CreateTagRuleRequest {
            tag_rule: Some(rule("rich", "rich", INCOME)),
            request_id: request_id(),
        })
        .await;
    is_refused(ruled, "tag_rule.condition", "customer.income_band");
    let mut lifecycle = of_marketing!(LifecycleServiceClient, profile);
    let policy = lifecycle.get_rating_policy(GetRatingPolicyRequest {}).await;
    let mut policy = policy.unwrap().into_inner();
    policy.value_condition = INCOME.to_owned();
    let put = lifecycle.update_rating_policy(UpdateRatingPolicyRequest {
        policy: Some(policy),
        request_id: request_id(),
        validate_only: false,
    });
    is_refused(put.await, "policy", "customer.income_band");
}

#[tokio::test]
async fn who_changes_what_is_around_a_condition_need_not_be_who_may_write_it() {
    let profile = Profile::start().await;
    let rich = define(&profile, "rich", INCOME).await.unwrap();
    let named = Segment {
        display_name: "Those who earn well".to_owned(),
        ..rich
    };
    let named = update(&profile, named).await.unwrap();
    let richer = Segment {
        condition: format!("{INCOME} && orders.count > 1"),
        ..named
    };
    let refused = update(&profile, richer).await;
    is_refused(refused, "segment.condition", "customer.income_band");
}

/// Else whoever may define attributes would be shown whatever it wants.
#[tokio::test]
async fn a_class_is_changed_by_who_is_shown_what_it_keeps() {
    let profile = Profile::start().await;
    let redefine = async |attribute: Attribute, role: &str| {
        let mut client =
            AttributeServiceClient::with_interceptor(profile.channel(), Bearer::of(&[role]));
        let request = Request::new(UpdateAttributeRequest {
            attribute: Some(attribute),
            request_id: request_id(),
        });
        Ok::<_, Status>(client.update_attribute(request).await?.into_inner())
    };
    let allergy = classed(&profile, "allergy", Sensitivity::Sensitive).await;
    let open = |it: &Attribute| Attribute {
        sensitivity: Sensitivity::Unspecified.into(),
        ..it.clone()
    };
    let refused = redefine(open(&allergy), "marketing").await;
    is_refused(refused, "attribute.sensitivity", "shown");
    let described = Attribute {
        description: "What somebody must not eat".to_owned(),
        ..allergy
    };
    let described = redefine(described, "marketing").await.unwrap();
    let opened = redefine(open(&described), "operator").await.unwrap();
    let closed = Attribute {
        sensitivity: Sensitivity::Sensitive.into(),
        ..opened
    };
    redefine(closed, "marketing").await.unwrap();
}
