//! Referrals on a real database.

use chassis::Refusal;
use contract::Period;
use contract::patron::loyalty::v1 as contract;
use contract::referral::{Reason, State};
use tokio::task::JoinSet;
use tonic::Status;
use uuid::Uuid;

use super::{claim, code, merge, read, settle};
use crate::app::books::{Books, Need};
use crate::app::growth::testing::{World, points};
use crate::wire;

async fn world(limit: i32) -> World {
    World::new(|document| {
        document.referrals = Some(contract::ReferralPolicy {
            referrer_grants: vec![points(500)],
            referee_grants: vec![points(200)],
            referrer_limit: limit,
            referrer_period: Period::Month.into(),
            ..contract::ReferralPolicy::default()
        });
    })
    .await
}

async fn claims(
    world: &World,
    referee: Uuid,
    referrer: Uuid,
) -> Result<contract::Referral, Status> {
    let request = contract::ClaimReferralRequest {
        customer_id: referee.to_string(),
        code: code::get(&world.loyalty, referrer).await.unwrap(),
        request_id: world.request_id(),
    };
    let answer = claim::claim(&world.loyalty, &World::call(), request).await;
    answer.map(tonic::Response::into_inner)
}

async fn refused(world: &World, referee: Uuid, referrer: Uuid) -> String {
    let status = claims(world, referee, referrer).await.unwrap_err();
    Refusal::from_status(&status).reason().to_owned()
}

async fn settle_all(world: &World) {
    while settle::settle(&world.loyalty).await.unwrap() {}
}

async fn told(world: &World, referral: &contract::Referral) -> (State, Reason) {
    let id = |text: &str| Uuid::try_parse(text).unwrap();
    let (member, which) = (id(&referral.referee_id), id(&referral.referral_id));
    let found = read::referral(&world.loyalty, member, which).await.unwrap();
    let told = wire::referrals::referral(&found, world.loyalty.now());
    (told.state(), told.reason())
}

#[tokio::test]
async fn both_are_rewarded_for_the_first_purchase_and_its_return_undoes_it() {
    let world = world(0).await;
    let (old, new) = (world.member().await, world.member().await);
    let referral = claims(&world, new, old).await.unwrap();
    assert_eq!(referral.state(), State::Claimed);
    world.pass(1);
    let (first, second) = (("o-1", world.loyalty.now()), ("o-2", world.loyalty.now()));
    world.bought(new, first, (0, 900)).await;
    assert_eq!(told(&world, &referral).await.0, State::Qualified);
    assert_eq!(
        (world.available(new).await, world.available(old).await),
        (200, 0)
    );
    settle_all(&world).await;
    assert_eq!(told(&world, &referral).await.0, State::Rewarded);
    assert_eq!(
        (world.available(new).await, world.available(old).await),
        (200, 500)
    );

    world.bought(new, first, (900, 0)).await;
    settle_all(&world).await;
    let reversed = (State::Reversed, Reason::PurchaseReturned);
    assert_eq!(told(&world, &referral).await, reversed);
    assert_eq!(
        (world.available(new).await, world.available(old).await),
        (0, 0)
    );

    // Another purchase in time takes its place.
    world.bought(new, second, (0, 700)).await;
    settle_all(&world).await;
    assert_eq!(told(&world, &referral).await.0, State::Rewarded);
    assert_eq!(
        (world.available(new).await, world.available(old).await),
        (200, 500)
    );
}

#[tokio::test]
async fn a_limit_is_exact_and_a_reward_that_was_taken_back_makes_room_for_the_next() {
    let world = world(2).await;
    let old = world.member().await;
    let mut brought = Vec::new();
    for order in 0..4 {
        let new = world.member().await;
        let referral = claims(&world, new, old).await.unwrap();
        world.pass(1);
        let purchase = (format!("o-{order}"), world.loyalty.now());
        world.bought(new, (&purchase.0, purchase.1), (0, 900)).await;
        brought.push((new, purchase, referral));
    }
    settle_all(&world).await;
    assert_eq!(world.available(old).await, 1_000);
    let limited = (State::Qualified, Reason::LimitReached);
    let mut held_back = 0;
    for (_, _, referral) in &brought {
        held_back += usize::from(told(&world, referral).await == limited);
    }
    assert_eq!(held_back, 2);

    let mut rewarded = None;
    for (new, purchase, referral) in &brought {
        if told(&world, referral).await.0 == State::Rewarded {
            rewarded = Some((*new, purchase.clone()));
        }
    }
    let (new, (order_id, at)) = rewarded.unwrap();
    world.bought(new, (&order_id, at), (900, 0)).await;
    settle_all(&world).await;
    assert_eq!(world.available(old).await, 1_000);
}

#[tokio::test]
async fn oneself_strangers_rings_and_those_who_have_bought_are_refused() {
    let world = world(0).await;
    let [a, b, c] = [
        world.member().await,
        world.member().await,
        world.member().await,
    ];
    assert_eq!(refused(&world, a, a).await, "REFERRAL_SELF");
    claims(&world, b, a).await.unwrap();
    assert_eq!(refused(&world, b, c).await, "REFERRAL_ALREADY_CLAIMED");
    assert_eq!(refused(&world, a, b).await, "REFERRAL_RING");
    claims(&world, c, b).await.unwrap();
    assert_eq!(refused(&world, a, c).await, "REFERRAL_RING");

    let late = world.member().await;
    world
        .bought(late, ("o-1", world.loyalty.now()), (0, 100))
        .await;
    world.pass(1);
    assert_eq!(refused(&world, late, a).await, "REFERRAL_AFTER_PURCHASE");
    let mistyped = contract::ClaimReferralRequest {
        customer_id: late.to_string(),
        code: "XXXX-XXXX-XXX".to_owned(),
        request_id: world.request_id(),
    };
    let status = claim::claim(&world.loyalty, &World::call(), mistyped)
        .await
        .unwrap_err();
    assert_eq!(
        Refusal::from_status(&status).reason(),
        "REFERRAL_CODE_NOT_FOUND"
    );
}

#[tokio::test]
async fn a_person_with_two_memberships_can_neither_bring_itself_nor_keep_having_done_so() {
    let world = world(0).await;
    let [one, other, third] = [
        world.member().await,
        world.member().await,
        world.member().await,
    ];
    let referral = claims(&world, other, one).await.unwrap();
    world.pass(1);
    world
        .bought(other, ("o-1", world.loyalty.now()), (0, 100))
        .await;
    settle_all(&world).await;
    assert_eq!(
        (world.available(one).await, world.available(other).await),
        (500, 200)
    );

    let mut tx = world.loyalty.db.begin().await.unwrap();
    let needs = [Need::of(one), Need::of(other)];
    let mut books = Books::open(&world.loyalty, &mut tx, &needs).await.unwrap();
    merge::merged(&world.loyalty, &mut tx, &mut books, (other, one))
        .await
        .unwrap();
    books.write(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    settle_all(&world).await;
    assert_eq!(
        (world.available(one).await, world.available(other).await),
        (0, 0)
    );
    let same = (State::Refused, Reason::SamePerson);
    assert_eq!(told(&world, &referral).await, same);

    // Whom the one has brought can bring the other no more than the one.
    claims(&world, third, one).await.unwrap();
    for membership in [one, other] {
        assert_eq!(refused(&world, membership, third).await, "REFERRAL_RING");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_claims_never_close_a_ring() {
    let world = std::sync::Arc::new(world(0).await);
    for _ in 0..6 {
        let mut ring = Vec::new();
        for _ in 0..4 {
            let member = world.member().await;
            code::get(&world.loyalty, member).await.unwrap();
            ring.push(member);
        }
        let mut calls = JoinSet::new();
        for place in 0..ring.len() {
            let (world, ring) = (std::sync::Arc::clone(&world), ring.clone());
            let next = (place + 1) % ring.len();
            calls.spawn(async move { claims(&world, ring[place], ring[next]).await });
        }
        let outcomes = calls.join_all().await;
        let refused: Vec<&Status> = outcomes
            .iter()
            .filter_map(|one| one.as_ref().err())
            .collect();
        assert_eq!(refused.len(), 1, "{refused:?}");
        assert_eq!(Refusal::from_status(refused[0]).reason(), "REFERRAL_RING");
    }
}
