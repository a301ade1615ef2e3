//! Households: members pool their points, each spends of all within a limit, and who leaves takes home
//! what is left of the own ones.

use contract::patron::loyalty::v1 as api;
use contract::patron::loyalty::v1::household_service_client::HouseholdServiceClient;
use jiff::SignedDuration;
use testkit::{Bearer, Caller, metadata, reason};
use tonic::{Code, Status};
use uuid::Uuid;

use crate::all::accounts::{
    close, enrol, gifted, give, has, id, member, merge, open_program, spend, suspend, unmerge,
};
use crate::all::shop::Shop;
use crate::all::support::{Bench, holding};

/// Each of up to three members may spend 50 points of the pool in a month.
async fn shop() -> Shop {
    Shop::open(|document| {
        document.households = Some(api::HouseholdPolicy {
            maximum_members: 3,
            spending_limit: 50,
            spending_period: api::Period::Month.into(),
            ..api::HouseholdPolicy::default()
        });
    })
    .await
}

fn households(bench: &Bench) -> HouseholdServiceClient<Caller> {
    HouseholdServiceClient::with_interceptor(bench.channel(), Bearer::of(&["operator"]))
}

fn founding(bench: &Bench, owner: Uuid) -> api::CreateHouseholdRequest {
    api::CreateHouseholdRequest {
        household: Some(api::Household {
            display_name: "The Lis".to_owned(),
            owner_customer_id: owner.to_string(),
            ..api::Household::default()
        }),
        request_id: id(bench),
    }
}

async fn found(bench: &Bench, owner: Uuid) -> Result<api::Household, Status> {
    let request = founding(bench, owner);
    let founded = households(bench).create_household(request).await?;
    Ok(founded.into_inner())
}

async fn invite(
    bench: &Bench,
    home: &api::Household,
    (inviter, invited): (Uuid, Uuid),
) -> Result<api::Household, Status> {
    let request = api::InviteMemberRequest {
        household_id: home.household_id.clone(),
        customer_id: invited.to_string(),
        inviter_customer_id: inviter.to_string(),
        request_id: id(bench),
    };
    let invited = households(bench).invite_member(request).await?;
    Ok(invited.into_inner())
}

async fn accept(
    bench: &Bench,
    home: &api::Household,
    customer_id: Uuid,
) -> Result<api::Household, Status> {
    let request = api::AcceptInvitationRequest {
        household_id: home.household_id.clone(),
        customer_id: customer_id.to_string(),
        request_id: id(bench),
    };
    let joined = households(bench).accept_invitation(request).await?;
    Ok(joined.into_inner())
}

async fn join(
    bench: &Bench,
    home: &api::Household,
    (inviter, customer_id): (Uuid, Uuid),
) -> api::Household {
    invite(bench, home, (inviter, customer_id)).await.unwrap();
    accept(bench, home, customer_id).await.unwrap()
}

async fn leave(
    bench: &Bench,
    home: &api::Household,
    customer_id: Uuid,
) -> Result<api::Household, Status> {
    let request = api::LeaveHouseholdRequest {
        household_id: home.household_id.clone(),
        customer_id: customer_id.to_string(),
        request_id: id(bench),
    };
    let left = households(bench).leave_household(request).await?;
    Ok(left.into_inner())
}

async fn dissolve(bench: &Bench, home: &api::Household) -> Result<api::Household, Status> {
    let request = api::DissolveHouseholdRequest {
        household_id: home.household_id.clone(),
        request_id: id(bench),
    };
    let over = households(bench).dissolve_household(request).await?;
    Ok(over.into_inner())
}

async fn read(bench: &Bench, home: &api::Household) -> api::Household {
    let household_id = home.household_id.clone();
    let request = api::GetHouseholdRequest { household_id };
    let found = households(bench).get_household(request).await;
    found.unwrap().into_inner()
}

fn cause<T: std::fmt::Debug>(outcome: Result<T, Status>) -> String {
    let refused = outcome.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert_eq!(reason(&refused), "HOUSEHOLD_REFUSED");
    metadata(&refused, "cause")
}

#[tokio::test]
async fn a_household_is_founded_joined_left_and_dissolved_and_everybody_keeps_the_own_points() {
    let shop = shop().await;
    let bench = &shop.bench;
    let (ann, bob) = (bench.member(40).await, bench.member(100).await);
    let request = founding(bench, ann);
    let home = households(bench).create_household(request.clone()).await;
    let home = home.unwrap().into_inner();
    let again = households(bench).create_household(request).await.unwrap();
    assert_eq!(again.into_inner(), home, "the same request once more");
    let joined = join(bench, &home, (ann, bob)).await;
    assert_eq!(joined.balances[0].available, 140);
    assert_eq!(
        (has(bench, ann).await.0, has(bench, bob).await.0),
        (140, 140)
    );
    assert_eq!(member(bench, bob).await.household_id, home.household_id);

    // Both ends are the same, and hers were there first.
    spend(bench, bob, 50).await.unwrap();
    bench.bought(ann, "o-2", 7).await;
    let now = read(bench, &home).await;
    assert_eq!(now.balances[0].available, 97);
    let his = now
        .members
        .iter()
        .find(|m| m.customer_id == bob.to_string());
    let his = &his.unwrap().spending[0];
    assert_eq!((his.points, his.allowance), (50, Some(0)));

    leave(bench, &home, ann).await.unwrap();
    let (hers, his) = (has(bench, ann).await.0, has(bench, bob).await.0);
    assert_eq!(hers + his, 97);
    assert!(hers >= 7 && his >= 50, "{hers} and {his}");
    assert_eq!(member(bench, ann).await.household_id, "");
    let over = dissolve(bench, &home).await.unwrap();
    assert!(over.members.is_empty() && over.dissolve_time.is_some());
    assert_eq!(has(bench, bob).await.0, his);
    assert_eq!(cause(dissolve(bench, &home).await), "DISSOLVED");

    let created: Vec<api::HouseholdCreated> = bench.announced(ann).await;
    let invited: Vec<api::HouseholdInvited> = bench.announced(bob).await;
    assert_eq!((created.len(), invited.len()), (1, 1));
    assert_eq!(invited[0].inviter_customer_id, ann.to_string());
    for one in [ann, bob] {
        let joined: Vec<api::HouseholdJoined> = bench.announced(one).await;
        let left: Vec<api::HouseholdLeft> = bench.announced(one).await;
        assert_eq!((joined.len(), left.len()), (1, 1));
    }
    bench.assert_sound().await;
}

#[tokio::test]
async fn of_many_spends_at_once_each_member_gets_as_many_as_its_limit_allows() {
    let shop = shop().await;
    let bench = &shop.bench;
    let (ann, bob) = (gifted(bench, 300).await, gifted(bench, 200).await);
    let home = found(bench, ann).await.unwrap();
    join(bench, &home, (ann, bob)).await;
    let spends = (0..40).map(|number| match number % 2 {
        0 => spend(bench, ann, 5),
        _ => spend(bench, bob, 5),
    });
    let outcomes = futures_util::future::join_all(spends).await;
    let refused: Vec<Status> = outcomes.into_iter().filter_map(Result::err).collect();
    assert_eq!(refused.len(), 20);
    for refused in refused {
        assert_eq!(reason(&refused), "HOUSEHOLD_ALLOWANCE_EXCEEDED");
        assert_eq!(metadata(&refused, "allowance"), "0");
    }
    assert_eq!(has(bench, ann).await, (400, 0));
    bench.clock.advance(SignedDuration::from_hours(24 * 31));
    spend(bench, bob, 50).await.unwrap();
    bench.assert_sound().await;
}

#[tokio::test]
async fn who_leaves_gets_what_others_hold_of_it_later_and_who_holds_does_not_leave() {
    let shop = shop().await;
    let bench = &shop.bench;
    let (ann, bob) = (gifted(bench, 30).await, gifted(bench, 0).await);
    let home = found(bench, ann).await.unwrap();
    join(bench, &home, (ann, bob)).await;
    let placed = bench.holds().create_hold(holding(bench, bob, 20)).await;
    let hold = placed.unwrap().into_inner();
    assert_eq!(cause(leave(bench, &home, bob).await), "HELD");
    assert_eq!(cause(dissolve(bench, &home).await), "HELD");
    leave(bench, &home, ann).await.unwrap();
    assert_eq!(has(bench, ann).await, (10, 0));
    let confirm = api::ConfirmHoldRequest {
        customer_id: bob.to_string(),
        hold_id: hold.hold_id,
        request_id: id(bench),
        points: 15,
        r#final: true,
    };
    bench.holds().confirm_hold(confirm).await.unwrap();
    assert_eq!(
        has(bench, bob).await,
        (5, 0),
        "hers, and still in the pool until it is handed out"
    );
    bench.assert_sound().await;
}

#[tokio::test]
async fn what_a_return_takes_back_of_a_pool_is_owed_by_it_and_it_does_not_end_so() {
    let shop = shop().await;
    let bench = &shop.bench;
    let (ann, bob) = (bench.member(40).await, gifted(bench, 0).await);
    let home = found(bench, ann).await.unwrap();
    join(bench, &home, (ann, bob)).await;
    spend(bench, bob, 40).await.unwrap();
    bench.returned(ann, "o-1", 40).await;
    let refused = dissolve(bench, &home).await.unwrap_err();
    let told = ["cause", "owed"].map(|key| metadata(&refused, key));
    assert_eq!(told, ["IN_DEBT", "40"]);
    leave(bench, &home, bob).await.unwrap();
    let refused = leave(bench, &home, ann).await.unwrap_err();
    assert_eq!(
        metadata(&refused, "cause"),
        "IN_DEBT",
        "she is the last one"
    );
    give(bench, ann, 45).await;
    let over = leave(bench, &home, ann).await.unwrap();
    assert!(over.dissolve_time.is_some(), "nobody is left");
    assert_eq!(
        (has(bench, ann).await, has(bench, bob).await),
        ((5, 0), (0, 0))
    );
    bench.assert_sound().await;
}

#[tokio::test]
async fn who_may_not_be_in_a_household_is_refused_by_name() {
    let shop = shop().await;
    let bench = &shop.bench;
    open_program(bench, "staff").await;
    let (ann, bob) = (gifted(bench, 10).await, gifted(bench, 10).await);
    let home = found(bench, ann).await.unwrap();
    let uninvited = accept(bench, &home, bob).await.unwrap_err();
    assert_eq!(
        (uninvited.code(), reason(&uninvited).as_str()),
        (Code::NotFound, "INVITATION_NOT_FOUND")
    );
    assert_eq!(cause(invite(bench, &home, (bob, bob)).await), "NOT_IN_IT");
    assert_eq!(cause(leave(bench, &home, bob).await), "NOT_IN_IT");
    assert_eq!(cause(found(bench, ann).await), "IN_A_HOUSEHOLD");
    let clerk = enrol(bench, "staff").await;
    assert_eq!(
        cause(invite(bench, &home, (ann, clerk)).await),
        "OTHER_PROGRAM"
    );

    let debtor = bench.member(30).await;
    spend(bench, debtor, 30).await.unwrap();
    bench.returned(debtor, "o-1", 30).await;
    invite(bench, &home, (ann, debtor)).await.unwrap();
    assert_eq!(cause(accept(bench, &home, debtor).await), "IN_DEBT");
    let asleep = gifted(bench, 0).await;
    suspend(bench, asleep).await.unwrap();
    let refused = invite(bench, &home, (ann, asleep)).await.unwrap_err();
    assert_eq!(reason(&refused), "MEMBER_NOT_ACTIVE");
    invite(bench, &home, (ann, bob)).await.unwrap();
    let full = invite(bench, &home, (ann, gifted(bench, 0).await)).await;
    let full = full.unwrap_err();
    assert_eq!(
        reason(&full),
        "HOUSEHOLD_FULL",
        "an invitation takes a place"
    );
    assert_eq!(metadata(&full, "maximum"), "3");
    bench.clock.advance(SignedDuration::from_hours(24 * 14));
    let late = accept(bench, &home, bob).await.unwrap_err();
    assert_eq!(
        reason(&late),
        "INVITATION_NOT_FOUND",
        "it was valid for two weeks"
    );
    let nowhere = api::Household {
        household_id: id(bench),
        ..home
    };
    let refused = invite(bench, &nowhere, (ann, bob)).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
    bench.assert_sound().await;
}

#[tokio::test]
async fn who_shares_points_is_neither_merged_nor_closed_and_a_merge_before_stays_while_they_do() {
    let shop = shop().await;
    let bench = &shop.bench;
    let (ann, bob, cleo) = (
        gifted(bench, 10).await,
        gifted(bench, 20).await,
        gifted(bench, 30).await,
    );
    let merged = merge(bench, ann, bob).await.unwrap();
    let home = found(bench, bob).await.unwrap();
    for refused in [
        merge(bench, cleo, bob).await.unwrap_err(),
        merge(bench, bob, cleo).await.unwrap_err(),
        close(bench, bob, true).await.unwrap_err(),
    ] {
        assert_eq!(reason(&refused), "MERGE_REFUSED");
        assert_eq!(metadata(&refused, "cause"), "HOUSEHOLD");
    }
    let refused = unmerge(bench, &merged).await.unwrap_err();
    assert_eq!(reason(&refused), "UNMERGE_REFUSED");
    assert_eq!(metadata(&refused, "cause"), "HOUSEHOLD");
    give(bench, ann, 5).await;
    assert_eq!(read(bench, &home).await.balances[0].available, 35);
    leave(bench, &home, bob).await.unwrap();
    assert_eq!(has(bench, bob).await, (35, 0));
    bench.assert_sound().await;
}
