//! Households on the ledger: whose the points are, and where they are, at each step.

use ::contract::patron::loyalty::v1 as contract;
use jiff::SignedDuration;
use tonic::{Response, Status};
use tonic_types::StatusExt as _;
use uuid::Uuid;

use super::*;
use crate::app::desk::{Desk, accrue, redeem};
use crate::app::holds::{Place, Release};
use crate::app::{membership, read};
use crate::domain::ledger::{Points, WalletId};

/// A program whose households may spend 50 points per member and month.
async fn desk() -> Desk {
    Desk::with(|document| {
        document.households = Some(contract::HouseholdPolicy {
            maximum_members: 3,
            spending_limit: 50,
            spending_period: contract::Period::Month.into(),
            monthly_transfer_limit: 100,
            ..contract::HouseholdPolicy::default()
        });
    })
    .await
}

fn cause<R>(answer: &Result<Response<R>, Status>) -> String {
    let status = answer.as_ref().err().expect("a refusal");
    let info = status.get_details_error_info().unwrap();
    let cause = info.metadata.get("cause").cloned();
    cause.unwrap_or(info.reason)
}

async fn found(desk: &Desk, owner: Uuid) -> Uuid {
    let request = contract::CreateHouseholdRequest {
        household: Some(contract::Household {
            display_name: "The Lis".to_owned(),
            owner_customer_id: owner.to_string(),
            ..contract::Household::default()
        }),
        request_id: desk.request_id(),
    };
    let founded = create(&desk.loyalty, &Desk::call("app"), request).await;
    founded.unwrap().into_inner().household_id.parse().unwrap()
}

async fn try_to_invite(
    desk: &Desk,
    household_id: Uuid,
    (inviter, invited): (Uuid, Uuid),
) -> Result<Response<contract::Household>, Status> {
    let request = contract::InviteMemberRequest {
        household_id: household_id.to_string(),
        customer_id: invited.to_string(),
        inviter_customer_id: inviter.to_string(),
        request_id: desk.request_id(),
    };
    invite(&desk.loyalty, &Desk::call("app"), request).await
}

async fn try_to_join(
    desk: &Desk,
    household_id: Uuid,
    customer_id: Uuid,
) -> Result<Response<contract::Household>, Status> {
    let request = contract::AcceptInvitationRequest {
        household_id: household_id.to_string(),
        customer_id: customer_id.to_string(),
        request_id: desk.request_id(),
    };
    accept(&desk.loyalty, &Desk::call("app"), request).await
}

async fn try_to_leave(
    desk: &Desk,
    household_id: Uuid,
    customer_id: Uuid,
) -> Result<Response<contract::Household>, Status> {
    let request = contract::LeaveHouseholdRequest {
        household_id: household_id.to_string(),
        customer_id: customer_id.to_string(),
        request_id: desk.request_id(),
    };
    leave(&desk.loyalty, &Desk::call("app"), request).await
}

/// A household of two with so many points each.
async fn couple(desk: &Desk, lots: [&[i64]; 2]) -> (Uuid, Uuid, Uuid) {
    let (ann, bob) = (desk.member(lots[0]).await, desk.member(lots[1]).await);
    let household_id = found(desk, ann).await;
    try_to_invite(desk, household_id, (ann, bob)).await.unwrap();
    try_to_join(desk, household_id, bob).await.unwrap();
    (household_id, ann, bob)
}

/// What a member is told that it has.
async fn has(desk: &Desk, customer_id: Uuid) -> i64 {
    let member = read::member(&desk.loyalty, customer_id).await.unwrap();
    let points = member.wallets.iter();
    let points = points.filter(|(wallet_id, _)| *wallet_id == WalletId::POINTS);
    points
        .map(|(_, figures)| figures.balances.available.get())
        .sum()
}

#[tokio::test]
async fn members_spend_and_earn_together_and_each_takes_home_what_is_left_of_the_own() {
    let desk = desk().await;
    let (household_id, ann, bob) = couple(&desk, [&[40], &[100]]).await;
    assert_eq!((has(&desk, ann).await, has(&desk, bob).await), (140, 140));

    let spent = desk.act(&redeem(bob, 50)).await.unwrap();
    assert_eq!(spent.available_after, 90);
    assert_eq!(
        spent.lots.len(),
        2,
        "the oldest first: all of hers, then of his"
    );
    desk.act(&accrue(ann, 7)).await.unwrap();
    assert_eq!(has(&desk, bob).await, 97);

    try_to_leave(&desk, household_id, ann).await.unwrap();
    assert_eq!((has(&desk, ann).await, has(&desk, bob).await), (7, 90));
    try_to_leave(&desk, household_id, bob).await.unwrap();
    assert_eq!(has(&desk, bob).await, 90);
    let over = try_to_invite(&desk, household_id, (bob, ann)).await;
    assert_eq!(cause(&over), "DISSOLVED", "nobody is left");
    assert_eq!(desk.differences().await, Vec::<String>::new());
}

#[tokio::test]
async fn what_a_member_may_spend_in_a_month_counts_holds_and_is_given_back_with_them() {
    let desk = desk().await;
    let (_, ann, bob) = couple(&desk, [&[500], &[]]).await;
    let place = |points| Place {
        customer_id: bob,
        wallet_id: None,
        points: Points::new(points),
        reference: "mug".to_owned(),
        expires_at: None,
    };
    let hold = desk.act(&place(40)).await.unwrap();
    let refused = desk.act(&redeem(bob, 11)).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "at most 10 points of the pool can be spent now"
    );
    desk.act(&redeem(ann, 50)).await.unwrap();
    assert!(
        desk.act(&redeem(ann, 1)).await.is_err(),
        "each has a limit of its own"
    );

    let hold_id = hold.hold_id.parse().unwrap();
    let customer_id = bob;
    desk.act(&Release {
        customer_id,
        hold_id,
    })
    .await
    .unwrap();
    desk.act(&redeem(bob, 50)).await.unwrap();
    assert!(desk.act(&redeem(bob, 1)).await.is_err());
    desk.loyalty
        .clock
        .advance(SignedDuration::from_hours(24 * 30));
    desk.act(&redeem(bob, 50)).await.unwrap();
    assert_eq!(desk.differences().await, Vec::<String>::new());
}

#[tokio::test]
async fn what_others_hold_follows_the_member_who_has_left() {
    let desk = desk().await;
    let (household_id, ann, bob) = couple(&desk, [&[30], &[]]).await;
    let place = Place {
        customer_id: bob,
        wallet_id: None,
        points: Points::new(20),
        reference: "mug".to_owned(),
        expires_at: None,
    };
    let hold = desk.act(&place).await.unwrap();
    let held = try_to_leave(&desk, household_id, bob).await;
    assert_eq!(cause(&held), "HELD", "who holds points of the pool stays");
    try_to_leave(&desk, household_id, ann).await.unwrap();
    assert_eq!(has(&desk, ann).await, 10);
    owed::turn(&desk.loyalty).await.unwrap();
    assert_eq!(has(&desk, ann).await, 10);

    let hold_id = hold.hold_id.parse().unwrap();
    let customer_id = bob;
    desk.act(&Release {
        customer_id,
        hold_id,
    })
    .await
    .unwrap();
    owed::turn(&desk.loyalty).await.unwrap();
    assert_eq!((has(&desk, ann).await, has(&desk, bob).await), (30, 0));
    assert!(
        store::owed(desk.loyalty.db.pool(), 10)
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(desk.differences().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_member_is_in_one_household_at_most_and_only_by_invitation() {
    let desk = desk().await;
    let (household_id, ann, bob) = couple(&desk, [&[1], &[1]]).await;
    let cleo = desk.member(&[1]).await;
    let uninvited = try_to_join(&desk, household_id, cleo).await;
    assert_eq!(cause(&uninvited), "INVITATION_NOT_FOUND");
    let other = found(&desk, cleo).await;
    let taken = try_to_invite(&desk, other, (cleo, bob)).await;
    assert_eq!(cause(&taken), "IN_A_HOUSEHOLD");
    let stranger = try_to_invite(&desk, household_id, (cleo, cleo)).await;
    assert_eq!(cause(&stranger), "NOT_IN_IT");

    let (dan, eve) = (desk.member(&[]).await, desk.member(&[]).await);
    try_to_invite(&desk, household_id, (ann, dan))
        .await
        .unwrap();
    let full = try_to_invite(&desk, household_id, (ann, eve)).await;
    assert_eq!(
        cause(&full),
        "HOUSEHOLD_FULL",
        "an invitation takes a place"
    );
    desk.loyalty
        .clock
        .advance(SignedDuration::from_hours(24 * 14));
    let late = try_to_join(&desk, household_id, dan).await;
    assert_eq!(
        cause(&late),
        "INVITATION_NOT_FOUND",
        "it was valid for two weeks"
    );
    try_to_invite(&desk, household_id, (bob, eve))
        .await
        .unwrap();
    try_to_join(&desk, household_id, eve).await.unwrap();
}

#[tokio::test]
async fn who_is_invited_to_two_households_and_joins_both_at_once_is_in_one() {
    let desk = desk().await;
    let (ann, bob, cleo) = (
        desk.member(&[10]).await,
        desk.member(&[20]).await,
        desk.member(&[5]).await,
    );
    let (first, second) = (found(&desk, ann).await, found(&desk, bob).await);
    try_to_invite(&desk, first, (ann, cleo)).await.unwrap();
    try_to_invite(&desk, second, (bob, cleo)).await.unwrap();
    let (one, other) = tokio::join!(
        try_to_join(&desk, first, cleo),
        try_to_join(&desk, second, cleo)
    );
    assert_eq!(
        [&one, &other]
            .iter()
            .filter(|joined| joined.is_ok())
            .count(),
        1
    );
    let lost = if one.is_ok() { other } else { one };
    assert_eq!(cause(&lost), "IN_A_HOUSEHOLD");
    assert_eq!(desk.differences().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_household_is_dissolved_when_nothing_is_held_and_nothing_owed() {
    let desk = desk().await;
    let (household_id, ann, bob) = couple(&desk, [&[30], &[10]]).await;
    let place = Place {
        customer_id: ann,
        wallet_id: None,
        points: Points::new(20),
        reference: "mug".to_owned(),
        expires_at: None,
    };
    let hold = desk.act(&place).await.unwrap();
    let request = || contract::DissolveHouseholdRequest {
        household_id: household_id.to_string(),
        request_id: desk.request_id(),
    };
    let call = Desk::call("app");
    let held = dissolve(&desk.loyalty, &call, request()).await;
    assert_eq!(cause(&held), "HELD");
    let hold_id = hold.hold_id.parse().unwrap();
    let customer_id = ann;
    desk.act(&Release {
        customer_id,
        hold_id,
    })
    .await
    .unwrap();
    let over = dissolve(&desk.loyalty, &call, request()).await.unwrap();
    assert!(over.get_ref().members.is_empty() && over.get_ref().dissolve_time.is_some());
    assert_eq!((has(&desk, ann).await, has(&desk, bob).await), (30, 10));
    assert_eq!(desk.differences().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_suspended_member_earns_for_the_pool_but_does_not_spend_of_it() {
    let desk = desk().await;
    let (_, ann, bob) = couple(&desk, [&[30], &[10]]).await;
    let request = contract::SuspendMemberRequest {
        customer_id: bob.to_string(),
        reason: "a card was stolen".to_owned(),
        request_id: desk.request_id(),
    };
    let suspended = membership::suspend(&desk.loyalty, &Desk::call("agent"), request).await;
    suspended.unwrap();
    let refused = desk.act(&redeem(bob, 1)).await.unwrap_err();
    assert_eq!(refused.to_string(), "the membership is not active");
    desk.act(&accrue(bob, 5)).await.unwrap();
    assert_eq!(desk.act(&redeem(ann, 45)).await.unwrap().available_after, 0);
}
