//! Who belongs to a segment follows what happens, and follows time; and can be explained.

use std::time::Duration;

use chassis::Clock;
use contract::patron::profile::v1 as proto;
use jiff::{SignedDuration, Timestamp};
use proto::segment::State;
use proto::{
    ArchiveSegmentRequest, CreateSegmentRequest, Customer, ExplainMembershipRequest,
    GetSegmentRequest, GetSegmentSizeRequest, ListCustomerSegmentsRequest,
    ListSegmentMembersRequest, ListSegmentVersionsRequest, ListSegmentsRequest,
    MembershipExplanation, PreviewSegmentRequest, Segment, UpdateSegmentRequest,
};
use tonic::{Code, Status};

use crate::harness::{Profile, fields, give_back, order, reason, request_id};
use crate::identities::{make, merge, unmerge};
use crate::tags::{add, adding};

pub(crate) fn noon() -> Timestamp {
    "2026-05-01T12:00:00Z".parse().unwrap()
}

fn segment(segment_id: &str, condition: &str) -> Segment {
    Segment {
        segment_id: segment_id.to_owned(),
        condition: condition.to_owned(),
        ..Segment::default()
    }
}

pub(crate) async fn define(
    profile: &Profile,
    segment_id: &str,
    condition: &str,
) -> Result<Segment, Status> {
    let request = CreateSegmentRequest {
        segment: Some(segment(segment_id, condition)),
        request_id: request_id(),
        validate_only: false,
    };
    let made = profile.segments().create_segment(request).await?;
    Ok(made.into_inner())
}

async fn update(profile: &Profile, segment: Segment) -> Result<Segment, Status> {
    let request = UpdateSegmentRequest {
        segment: Some(segment),
        request_id: request_id(),
        validate_only: false,
    };
    let made = profile.segments().update_segment(request).await?;
    Ok(made.into_inner())
}

async fn archive(profile: &Profile, segment_id: &str) -> Segment {
    let request = ArchiveSegmentRequest {
        segment_id: segment_id.to_owned(),
        request_id: request_id(),
    };
    let archived = profile.segments().archive_segment(request).await;
    archived.unwrap().into_inner()
}

async fn get(profile: &Profile, segment_id: &str) -> Segment {
    let request = GetSegmentRequest {
        segment_id: segment_id.to_owned(),
    };
    let got = profile.segments().get_segment(request).await;
    got.unwrap().into_inner()
}

async fn size(profile: &Profile, segment_id: &str, exact: bool) -> proto::SegmentSize {
    let segment_id = segment_id.to_owned();
    let request = GetSegmentSizeRequest { segment_id, exact };
    let size = profile.segments().get_segment_size(request).await;
    size.unwrap().into_inner()
}

/// Waits until all that is due is decided and all definitions are in effect.
pub(crate) async fn settled(profile: &Profile, segment_id: &str) {
    let mut tick = tokio::time::interval(Duration::from_millis(20));
    for attempt in 0.. {
        tick.tick().await;
        let sweeps = "SELECT count(*) FROM segment_sweeps";
        if profile.count(sweeps).await == 0 && size(profile, segment_id, false).await.due_count == 0
        {
            return;
        }
        assert!(attempt < 1_500, "memberships are not decided");
    }
}

/// The members, walked by pages of two.
pub(crate) async fn members(profile: &Profile, segment_id: &str) -> Vec<String> {
    settled(profile, segment_id).await;
    let mut request = ListSegmentMembersRequest {
        segment_id: segment_id.to_owned(),
        page_size: 2,
        page_token: String::new(),
    };
    let mut members = Vec::new();
    loop {
        let page = profile
            .segments()
            .list_segment_members(request.clone())
            .await;
        let page = page.unwrap().into_inner();
        members.extend(page.members.into_iter().map(|member| member.customer_id));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    let count = i64::try_from(members.len()).unwrap();
    assert_eq!(size(profile, segment_id, false).await.size, count, "kept");
    assert_eq!(size(profile, segment_id, true).await.size, count, "counted");
    members
}

async fn segments_of(profile: &Profile, customer_id: &str) -> Vec<String> {
    let request = ListCustomerSegmentsRequest {
        customer_id: customer_id.to_owned(),
        ..Default::default()
    };
    let page = profile.segments().list_customer_segments(request).await;
    let segments = page.unwrap().into_inner().segments;
    segments.into_iter().map(|it| it.segment_id).collect()
}

async fn explain(profile: &Profile, customer_id: &str, segment_id: &str) -> MembershipExplanation {
    let request = ExplainMembershipRequest {
        customer_id: customer_id.to_owned(),
        segment_id: segment_id.to_owned(),
    };
    let explained = profile.segments().explain_membership(request).await;
    explained.unwrap().into_inner()
}

pub(crate) async fn buy(profile: &Profile, customer_id: &str, order_id: &str, at: Timestamp) {
    let mut bought = order(customer_id, order_id, &[(2, 1_000)]);
    bought.order_time = Some(contract::time::timestamp(at));
    profile.record_order(bought).await.unwrap();
}

async fn entries_and_exits(profile: &Profile, customer_id: &str) -> Vec<String> {
    let mut types = profile.event_types(customer_id).await;
    types.retain(|name| name.starts_with("Segment"));
    types
}

#[tokio::test]
async fn members_follow_what_happens_and_follow_time() {
    let clock = Clock::manual(noon());
    let profile = Profile::start_with(clock.clone()).await;
    let mut people = Vec::new();
    for _ in 0..3 {
        people.push(profile.customer().await);
    }
    let anna = people[0].clone();
    // Known before the segment was.
    buy(&profile, &anna, "o-1", noon()).await;
    let made = define(&profile, "regular", "orders.within_days(90).count >= 2")
        .await
        .unwrap();
    assert_eq!((made.state(), made.etag.as_str()), (State::Evaluating, "1"));
    define(&profile, "absent", "orders.within_days(60).count == 0")
        .await
        .unwrap();
    assert_eq!(members(&profile, "regular").await, [""; 0]);
    assert_eq!(get(&profile, "regular").await.state(), State::Active);
    assert_eq!(members(&profile, "absent").await, people[1..]);

    let second = noon() + SignedDuration::from_hours(24);
    clock.set(second);
    buy(&profile, &anna, "o-2", second).await;
    assert_eq!(members(&profile, "regular").await, [anna.as_str()]);
    assert_eq!(segments_of(&profile, &anna).await, ["regular"]);

    clock.set(noon() + SignedDuration::from_hours(61 * 24) - SignedDuration::from_micros(1));
    assert_eq!(members(&profile, "absent").await, people[1..]);
    clock.set(noon() + SignedDuration::from_hours(61 * 24));
    assert_eq!(members(&profile, "absent").await, people);
    clock.set(noon() + SignedDuration::from_hours(90 * 24));
    assert_eq!(members(&profile, "regular").await, [""; 0]);
    assert_eq!(segments_of(&profile, &anna).await, ["absent"]);
    assert_eq!(
        entries_and_exits(&profile, &anna).await,
        ["SegmentEntered", "SegmentEntered", "SegmentLeft"]
    );
}

#[tokio::test]
async fn returns_tags_and_changes_of_the_record_count_too() {
    let clock = Clock::manual(noon());
    let profile = Profile::start_with(clock.clone()).await;
    let anna = profile.customer().await;
    define(
        &profile,
        "spender",
        "orders.within_days(30).net('GBP') >= 1000",
    )
    .await
    .unwrap();
    define(
        &profile,
        "tea-vip",
        "'vip' in customer.tags && customer.brand == 'tea'",
    )
    .await
    .unwrap();
    buy(&profile, &anna, "o-1", noon()).await;
    assert_eq!(members(&profile, "spender").await, [anna.as_str()]);
    let mut back = give_back(&anna, ("r-1", "o-1"), &[("1", 1)]);
    back.return_time = Some(contract::time::timestamp(noon()));
    profile.record_return(back).await.unwrap();
    assert_eq!(members(&profile, "spender").await, [""; 0]);

    let vip = proto::AddTagRequest {
        expire_time: Some(contract::time::timestamp(
            noon() + SignedDuration::from_hours(5),
        )),
        ..adding(&anna, "vip")
    };
    add(&profile, vip).await.unwrap();
    assert_eq!(members(&profile, "tea-vip").await, [""; 0]);
    let update = proto::UpdateCustomerRequest {
        customer: Some(Customer {
            customer_id: anna.clone(),
            brand: "tea".to_owned(),
            ..Customer::default()
        }),
        update_mask: Some(prost_types::FieldMask {
            paths: vec!["brand".to_owned()],
        }),
        request_id: request_id(),
        validate_only: false,
    };
    profile.customers().update_customer(update).await.unwrap();
    assert_eq!(members(&profile, "tea-vip").await, [anna.as_str()]);
    clock.advance(SignedDuration::from_hours(5));
    assert_eq!(members(&profile, "tea-vip").await, [""; 0]);
}

#[tokio::test]
async fn members_follow_who_is_who() {
    let profile = Profile::start_with(Clock::manual(noon())).await;
    let (anna, ann) = (profile.customer().await, profile.customer().await);
    define(&profile, "regular", "orders.within_days(90).count >= 2")
        .await
        .unwrap();
    define(&profile, "buyer", "orders.count >= 1")
        .await
        .unwrap();
    buy(&profile, &anna, "o-1", noon()).await;
    buy(&profile, &ann, "o-2", noon()).await;
    assert_eq!(
        members(&profile, "buyer").await,
        [anna.as_str(), ann.as_str()]
    );
    assert_eq!(members(&profile, "regular").await, [""; 0]);

    let link = merge(&profile, &anna, &ann).await.unwrap().link.unwrap();
    assert_eq!(members(&profile, "regular").await, [anna.as_str()]);
    assert_eq!(members(&profile, "buyer").await, [anna.as_str()]);
    assert_eq!(segments_of(&profile, &ann).await, ["buyer", "regular"]);
    assert_eq!(
        entries_and_exits(&profile, &ann).await,
        ["SegmentEntered", "SegmentLeft"]
    );

    unmerge(&profile, &anna, &link.link_id).await.unwrap();
    assert_eq!(members(&profile, "regular").await, [""; 0]);
    assert_eq!(
        members(&profile, "buyer").await,
        [anna.as_str(), ann.as_str()]
    );
}

#[tokio::test]
async fn a_membership_tells_what_it_follows_from_and_until_when() {
    let clock = Clock::manual(noon());
    let profile = Profile::start_with(clock.clone()).await;
    let anna = make(
        &profile,
        Customer {
            time_zone: "Asia/Shanghai".to_owned(),
            ..Customer::default()
        },
    );
    let anna = anna.await.customer_id;
    let condition = "orders.within_days(90).count >= 1 && (customer.brand == 'tea' || \
        'vip' in customer.tags)";
    define(&profile, "tea", condition).await.unwrap();
    buy(&profile, &anna, "o-1", noon()).await;
    add(&profile, adding(&anna, "vip")).await.unwrap();
    settled(&profile, "tea").await;
    let told = explain(&profile, &anna, "tea").await;
    assert!(told.is_member && told.holds && told.failure.is_empty());
    let end = noon() + SignedDuration::from_hours(90 * 24);
    assert_eq!(told.next_time, Some(contract::time::timestamp(end)));
    let parts: Vec<_> = told
        .conditions
        .iter()
        .map(|it| (it.depth, it.text.as_str(), it.holds))
        .collect();
    assert_eq!(parts[0], (0, condition, true));
    assert_eq!(parts[1], (1, "orders.within_days(90).count >= 1", true));
    assert_eq!(parts[3], (2, "customer.brand == 'tea'", false));
    let fact = &told.conditions[1].facts[0];
    assert_eq!(
        (fact.name.as_str(), fact.value.as_str()),
        ("orders.within_days(90).count", "1")
    );
}

#[tokio::test]
async fn who_can_not_be_decided_on_is_kept_out_and_told_so() {
    let profile = Profile::start_with(Clock::manual(noon())).await;
    let anna = profile.customer().await;
    define(&profile, "ratio", "100 / orders.count >= 50")
        .await
        .unwrap();
    assert_eq!(members(&profile, "ratio").await, [""; 0]);
    let told = explain(&profile, &anna, "ratio").await;
    assert!(!told.is_member && !told.holds);
    assert!(told.failure.contains("zero"), "{}", told.failure);
    buy(&profile, &anna, "o-1", noon()).await;
    assert_eq!(members(&profile, "ratio").await, [anna.as_str()]);
}

#[tokio::test]
async fn another_condition_finds_other_members_and_archiving_lets_all_go() {
    let profile = Profile::start_with(Clock::manual(noon())).await;
    let (anna, ann) = (profile.customer().await, profile.customer().await);
    buy(&profile, &anna, "o-1", noon()).await;
    let made = define(&profile, "mine", "orders.count >= 1").await.unwrap();
    assert_eq!(members(&profile, "mine").await, [anna.as_str()]);

    let other = Segment {
        etag: made.etag.clone(),
        ..segment("mine", "orders.count == 0")
    };
    let changed = update(&profile, other.clone()).await.unwrap();
    assert_eq!(
        (changed.state(), changed.etag.as_str()),
        (State::Evaluating, "2")
    );
    assert_eq!(members(&profile, "mine").await, [ann.as_str()]);
    let stale = update(
        &profile,
        Segment {
            condition: "orders.count == 7".to_owned(),
            ..other
        },
    );
    assert_eq!(reason(&stale.await.unwrap_err()), "ETAG_MISMATCH");

    assert_eq!(archive(&profile, "mine").await.state(), State::Archived);
    assert_eq!(members(&profile, "mine").await, [""; 0]);
    assert_eq!(
        entries_and_exits(&profile, &ann).await,
        ["SegmentEntered", "SegmentLeft"]
    );
    let refused = update(&profile, segment("mine", "orders.count == 1"))
        .await
        .unwrap_err();
    assert_eq!(reason(&refused), "SEGMENT_ARCHIVED");
    let refused = define(&profile, "mine", "orders.count == 1")
        .await
        .unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::AlreadyExists, "SEGMENT_ALREADY_EXISTS")
    );

    let versions = ListSegmentVersionsRequest {
        segment_id: "mine".to_owned(),
        ..Default::default()
    };
    let versions = profile
        .segments()
        .list_segment_versions(versions)
        .await
        .unwrap();
    let versions = versions.into_inner().versions;
    assert_eq!(
        versions.iter().map(|it| it.version).collect::<Vec<_>>(),
        [3, 2, 1]
    );
    let listed = profile
        .segments()
        .list_segments(ListSegmentsRequest::default())
        .await;
    assert!(listed.unwrap().into_inner().segments.is_empty());
}

#[tokio::test]
async fn a_condition_that_is_none_is_refused_with_the_place_of_each_mistake() {
    let profile = Profile::start().await;
    let refused = define(
        &profile,
        "wrong",
        "orders.cont > 1 &&\ncustomer.tag == 'vip'",
    );
    let refused = refused.await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::InvalidArgument, "SEGMENT_CONDITION_INVALID")
    );
    assert_eq!(fields(&refused), ["segment.condition", "segment.condition"]);
    assert!(
        refused
            .message()
            .contains("1:8: orders has no field `cont`; did you mean `count`?")
    );
    assert!(
        refused
            .message()
            .contains("2:10: customer has no field `tag`")
    );
    let preview = PreviewSegmentRequest {
        condition: "orders.count".to_owned(),
        sample_size: 0,
    };
    let refused = profile
        .segments()
        .preview_segment(preview)
        .await
        .unwrap_err();
    assert_eq!(fields(&refused), ["condition"]);
}

#[tokio::test]
async fn a_preview_bounds_what_it_estimates_and_changes_nothing() {
    let profile = Profile::start_with(Clock::manual(noon())).await;
    for nth in 0..30 {
        let customer = profile.customer().await;
        if nth % 3 == 0 {
            buy(&profile, &customer, &format!("o-{nth}"), noon()).await;
        }
    }
    let ask = |sample_size| PreviewSegmentRequest {
        condition: "orders.within_days(7).count >= 1".to_owned(),
        sample_size,
    };
    let all = profile
        .segments()
        .preview_segment(ask(0))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (all.customer_count, all.sample_count, all.match_count),
        (30, 30, 10)
    );
    assert_eq!(
        (
            all.estimated_size_low,
            all.estimated_size,
            all.estimated_size_high
        ),
        (10, 10, 10)
    );
    assert_eq!(all.example_customer_ids.len(), 10);
    let some = profile
        .segments()
        .preview_segment(ask(12))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(some.sample_count, 12);
    assert!(
        some.estimated_size_low <= 10 && 10 <= some.estimated_size_high,
        "{some:?}"
    );
    let again = profile
        .segments()
        .preview_segment(ask(12))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(again, some, "the same sample");
    assert_eq!(profile.count("SELECT count(*) FROM segments").await, 0);
}
