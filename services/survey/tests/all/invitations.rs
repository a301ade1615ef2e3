//! What others announce makes invitations.

use contract::patron::complaints::v1::CaseClosed;
use contract::patron::profile::v1::{Order, OrderRecorded};
use contract::patron::survey::v1 as api;
use testkit::until;
use uuid::Uuid;

use crate::all::support::Bench;

/// A customer's invitations, the oldest first, once there are so many.
pub(super) async fn invitations(
    bench: &Bench,
    customer: Uuid,
    count: usize,
) -> Vec<api::Invitation> {
    let listing = api::ListInvitationsRequest {
        customer_id: customer.to_string(),
        ..Default::default()
    };
    until("all are invited", async || {
        let listed = bench
            .client()
            .list_invitations(listing.clone())
            .await
            .unwrap();
        let mut invitations = listed.into_inner().invitations;
        invitations.reverse();
        (invitations.len() >= count).then_some(invitations)
    })
    .await
}

/// What each asks, and about what.
fn references(invitations: &[api::Invitation]) -> Vec<(&str, &str)> {
    invitations
        .iter()
        .map(|made| {
            (
                &*made.questionnaire_id,
                &*made.trigger.as_ref().unwrap().reference,
            )
        })
        .collect()
}

#[tokio::test]
async fn an_order_told_twice_is_asked_about_once() {
    let bench = Bench::start().await;
    let customer = bench.clock.new_id();
    for order_id in ["A-1", "A-1", "A-2"] {
        let order = Order {
            order_id: order_id.to_owned(),
            ..Order::default()
        };
        bench
            .profile_says(customer, &OrderRecorded { order: Some(order) })
            .await;
    }
    // The events of a customer come in order, so the third has followed the second.
    let made = invitations(&bench, customer, 2).await;
    assert_eq!(
        references(&made),
        [("nps-order", "A-1"), ("nps-order", "A-2")]
    );
    assert!(
        made.iter()
            .all(|made| made.state() == api::invitation::State::Open)
    );
}

#[tokio::test]
async fn a_case_is_rated_once_for_each_of_its_resolutions() {
    let bench = Bench::start().await;
    let (case, customer) = (bench.clock.new_id(), bench.clock.new_id());
    for resolution_number in [1, 1, 2] {
        let closed = CaseClosed {
            case_id: case.to_string(),
            customer_id: customer.to_string(),
            resolution_number,
            ..CaseClosed::default()
        };
        bench.complaints_say(case, customer, &closed).await;
    }
    let made = invitations(&bench, customer, 2).await;
    let case = case.to_string();
    assert_eq!(
        references(&made),
        [("csat-case", &*case), ("csat-case", &*case)]
    );
}
