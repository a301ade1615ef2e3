//! What is held of a restricted person is stored, and nothing else is done with it.

use contract::patron::profile::v1 as proto;
use contract::patron::profile::v1::contact_obstacle::Reason;
use proto::restriction::Ground;
use proto::{
    Customer, ExportCustomersRequest, LiftRestrictionRequest, ListRestrictionsRequest,
    ListRestrictionsResponse, PreviewSegmentRequest, RestrictCustomerRequest, Restriction,
};

use crate::contacts::{ask, check};
use crate::harness::{Profile, order, reason, request_id};
use crate::identities::{link, make, unmerge};
use crate::matches::{reviews, touch, twins, until_heard, waiting};
use crate::segments::{define, members};

pub(crate) async fn restrict(profile: &Profile, customer_id: &str) -> Restriction {
    let request = RestrictCustomerRequest {
        customer_id: customer_id.to_owned(),
        ground: Ground::ObjectionPending.into(),
        request_id: request_id(),
    };
    let made = profile.restrictions().restrict_customer(request).await;
    made.unwrap().into_inner()
}

async fn lift(profile: &Profile, restriction: &Restriction) -> Restriction {
    let request = LiftRestrictionRequest {
        customer_id: restriction.customer_id.clone(),
        restriction_id: restriction.restriction_id.clone(),
        reason: "the objection was turned down".to_owned(),
        request_id: request_id(),
    };
    let lifted = profile.restrictions().lift_restriction(request).await;
    lifted.unwrap().into_inner()
}

async fn list(profile: &Profile, customer_id: &str) -> ListRestrictionsResponse {
    let request = ListRestrictionsRequest {
        customer_id: customer_id.to_owned(),
        ..Default::default()
    };
    let listed = profile.restrictions().list_restrictions(request).await;
    listed.unwrap().into_inner()
}

async fn exported(profile: &Profile) -> Vec<String> {
    let request = ExportCustomersRequest::default();
    let answer = profile.exports().export_customers(request).await.unwrap();
    let (mut customers, mut ids) = (answer.into_inner(), Vec::new());
    while let Some(customer) = customers.message().await.unwrap() {
        ids.push(customer.customer.unwrap().customer_id);
    }
    ids
}

/// Why a message of the service may not be sent; empty: it may.
async fn obstacles(profile: &Profile, customer_id: &str) -> Vec<Reason> {
    let mut request = ask(customer_id, "service", "email");
    request.validate_only = true;
    let decision = check(profile, request).await;
    let reasons = decision.obstacles.iter();
    reasons.map(proto::ContactObstacle::reason).collect()
}

async fn previewed(profile: &Profile) -> i64 {
    let request = PreviewSegmentRequest {
        condition: "orders.count >= 0".to_owned(),
        ..Default::default()
    };
    let shown = profile.segments().preview_segment(request).await;
    shown.unwrap().into_inner().sample_count
}

#[tokio::test]
async fn a_restricted_person_is_in_no_segment_export_or_preview_and_is_not_contacted() {
    let profile = Profile::start().await;
    let (one, other) = (
        make(&profile, Customer::default()).await.customer_id,
        make(&profile, Customer::default()).await.customer_id,
    );
    define(&profile, "all", "orders.count >= 0").await.unwrap();
    assert_eq!(members(&profile, "all").await.len(), 2);

    let restriction = restrict(&profile, &one).await;
    assert_eq!(members(&profile, "all").await, [other.as_str()]);
    assert_eq!(exported(&profile).await, [other.as_str()]);
    assert_eq!(previewed(&profile).await, 1);
    assert_eq!(obstacles(&profile, &one).await, [Reason::Restricted]);
    assert_eq!(obstacles(&profile, &other).await, []);
    // What is told is taken in.
    let order = order(&one, "o-1", &[(1, 500)]);
    profile.record_order(order).await.unwrap();

    let second = restrict(&profile, &one).await;
    lift(&profile, &restriction).await;
    assert!(list(&profile, &one).await.restricted, "the second holds");
    let lifted = lift(&profile, &second).await;
    assert_eq!(lifted.lift_reason, "the objection was turned down");
    assert_eq!(lift(&profile, &second).await, lifted, "once");
    let listed = list(&profile, &one).await;
    assert!(!listed.restricted);
    let ids: Vec<_> = listed
        .restrictions
        .iter()
        .map(|it| &it.restriction_id)
        .collect();
    assert_eq!(ids, [&second.restriction_id, &restriction.restriction_id]);
    assert_eq!(members(&profile, "all").await.len(), 2);
    assert_eq!(exported(&profile).await.len(), 2);
    assert_eq!(obstacles(&profile, &one).await, []);
}

#[tokio::test]
async fn a_restriction_is_on_the_person_as_long_as_the_id_leads_there() {
    let profile = Profile::start().await;
    let (one, other) = (
        make(&profile, Customer::default()).await.customer_id,
        make(&profile, Customer::default()).await.customer_id,
    );
    restrict(&profile, &other).await;
    assert!(!list(&profile, &one).await.restricted);
    let link = link(&profile, &one, &other).await;
    assert!(list(&profile, &one).await.restricted);
    assert_eq!(obstacles(&profile, &one).await, [Reason::Restricted]);
    assert!(exported(&profile).await.is_empty());
    unmerge(&profile, &one, &link).await.unwrap();
    assert!(!list(&profile, &one).await.restricted);
    assert_eq!(obstacles(&profile, &other).await, [Reason::Restricted]);
    assert_eq!(exported(&profile).await, [one.as_str()]);
}

#[tokio::test]
async fn the_match_policy_leaves_a_restricted_person_alone_until_it_is_lifted() {
    let profile = Profile::start().await;
    let [older, newer] = twins(&profile, "ada").await;
    waiting(&profile, 1).await;
    let restriction = restrict(&profile, &older).await;
    until_heard(&profile).await;
    assert_eq!(reviews(&profile).await, []);
    // Another look at the other one finds nobody.
    touch(&profile, &newer, "shop").await;
    until_heard(&profile).await;
    assert_eq!(reviews(&profile).await, []);
    lift(&profile, &restriction).await;
    waiting(&profile, 1).await;
}

#[tokio::test]
async fn only_a_restriction_of_that_person_can_be_lifted() {
    let profile = Profile::start().await;
    let one = make(&profile, Customer::default()).await.customer_id;
    let restriction = restrict(&profile, &one).await;
    let request = LiftRestrictionRequest {
        customer_id: make(&profile, Customer::default()).await.customer_id,
        restriction_id: restriction.restriction_id,
        reason: "a slip".to_owned(),
        request_id: request_id(),
    };
    let refused = profile.restrictions().lift_restriction(request).await;
    let refused = refused.unwrap_err();
    assert_eq!(reason(&refused), "RESTRICTION_NOT_FOUND");
}
