//! Two memberships turn out to be one person's, and then not: after the undoing each of them is as if
//! there had been no merge.

mod undone;

use contract::patron::loyalty::v1 as api;
use contract::patron::loyalty::v1::referral_service_client::ReferralServiceClient;
use testkit::{Bearer, metadata, reason};
use tonic::Code;
use uuid::Uuid;

use crate::all::accounts::{
    close, enrol, gifted, give, has, id, member, memberships, merge, merging, open_program, spend,
    suspend, unmerge,
};
use crate::all::shop::Shop;
use crate::all::support::{Bench, holding};

async fn merges(bench: &Bench, customer_id: Uuid) -> Vec<api::MemberMerge> {
    let request = api::ListMemberMergesRequest {
        customer_id: customer_id.to_string(),
        ..api::ListMemberMergesRequest::default()
    };
    let listed = memberships(bench).list_member_merges(request).await;
    listed.unwrap().into_inner().merges
}

/// Each lot that is left, but for its ids.
async fn lots(bench: &Bench, customer_id: Uuid) -> Vec<api::Lot> {
    let request = api::ListLotsRequest {
        customer_id: customer_id.to_string(),
        ..api::ListLotsRequest::default()
    };
    let listed = bench.members().list_lots(request).await.unwrap();
    let lots = listed.into_inner().lots.into_iter();
    let without_id = |lot| api::Lot {
        lot_id: String::new(),
        ..lot
    };
    lots.map(without_id).collect()
}

/// On which tier a member stands; empty: on none.
async fn tier(bench: &Bench, customer_id: Uuid) -> String {
    let tiers = member(bench, customer_id).await.tiers;
    let first = tiers.into_iter().next();
    first.map(|standing| standing.tier_id).unwrap_or_default()
}

#[tokio::test]
async fn points_and_tiers_come_over_with_their_terms_and_go_back_with_them() {
    let shop = Shop::open(|_| {}).await;
    let bench = &shop.bench;
    let (ann, bob) = (bench.member(1_500).await, bench.member(600).await);
    suspend(bench, ann).await.unwrap();
    let card_number = member(bench, ann).await.card_number;
    let hers = lots(bench, ann).await;
    assert!(hers[0].expire_time.is_some());
    assert_eq!(tier(bench, bob).await, "");
    let request = merging(bench, ann, bob);
    let merged = memberships(bench).merge_members(request.clone()).await;
    let merged = merged.unwrap().into_inner();
    let again = memberships(bench).merge_members(request).await.unwrap();
    assert_eq!(again.into_inner(), merged, "the same request once more");
    assert_eq!(
        (merged.wallets[0].points, merged.wallets[0].debt),
        (1_500, 0)
    );
    assert_eq!(has(bench, bob).await, (2_100, 0));
    assert_eq!(
        tier(bench, bob).await,
        "silver",
        "what both have spent counts"
    );
    let gone = member(bench, ann).await;
    assert_eq!(gone.state(), api::member::State::Closed);
    assert_eq!(
        (gone.card_number.as_str(), has(bench, ann).await.0),
        ("", 0)
    );
    assert_eq!(merges(bench, bob).await, std::slice::from_ref(&merged));

    let undone = unmerge(bench, &merged).await.unwrap();
    assert!(undone.undo_time.is_some());
    assert_eq!(merges(bench, bob).await, [undone]);
    assert_eq!(
        (has(bench, ann).await.0, has(bench, bob).await.0),
        (1_500, 600)
    );
    assert_eq!(
        lots(bench, ann).await,
        hers,
        "from when, till when, what for"
    );
    assert_eq!(
        (tier(bench, ann).await, tier(bench, bob).await),
        (String::new(), String::new())
    );
    let back = member(bench, ann).await;
    assert_eq!(back.state(), api::member::State::Suspended, "as she was");
    assert!(!back.card_number.is_empty() && back.card_number != card_number);
    let refused = unmerge(bench, &merged).await.unwrap_err();
    assert_eq!(metadata(&refused, "cause"), "UNDONE");

    let told: Vec<api::MembersMerged> = bench.announced(bob).await;
    assert_eq!(told[0].merged_customer_id, ann.to_string());
    let told: Vec<api::MembersUnmerged> = bench.announced(bob).await;
    assert_eq!((told.len(), &told[0].merge_id), (1, &merged.merge_id));
    bench.assert_sound().await;
}

#[tokio::test]
async fn what_a_merged_one_buys_counts_for_the_tier_of_the_other_until_they_are_parted() {
    let shop = Shop::open(|_| {}).await;
    let bench = &shop.bench;
    let [ann, bob, eve] = [
        bench.member(500).await,
        bench.member(600).await,
        gifted(bench, 0).await,
    ];
    let first = merge(bench, ann, bob).await.unwrap();
    let second = merge(bench, bob, eve).await.unwrap();
    assert_eq!(tier(bench, eve).await, "");
    let earned = bench.balance(eve).await.unwrap().lifetime_earned;
    bench.order_told(ann, "late", 1_000).await;
    bench.until_earned(eve, earned + 1_000).await;
    assert_eq!(tier(bench, eve).await, "silver");
    bench.return_told(ann, "late", 1_000).await;
    bench.until_earned(eve, earned).await;
    assert_eq!(tier(bench, eve).await, "");
    bench.order_told(ann, "later", 1_000).await;
    bench.until_earned(eve, earned + 1_000).await;
    assert_eq!(tier(bench, eve).await, "silver");
    for (merged, _) in [(second, eve), (first, bob)] {
        unmerge(bench, &merged).await.unwrap();
    }
    let mut tiers = Vec::new();
    for one in [ann, bob, eve] {
        tiers.push(tier(bench, one).await);
    }
    assert_eq!(tiers, ["", "", ""]);
    bench.assert_sound().await;
}

#[tokio::test]
async fn points_of_one_that_the_other_has_spent_are_made_up_for_as_long_as_there_are_others() {
    let bench = Bench::start().await;
    let (ann, bob) = (gifted(&bench, 30).await, gifted(&bench, 20).await);
    let merged = merge(&bench, ann, bob).await.unwrap();
    // Hers are older, so they go first.
    spend(&bench, bob, 10).await.unwrap();
    unmerge(&bench, &merged).await.unwrap();
    assert_eq!(has(&bench, ann).await, (30, 0));
    assert_eq!(has(&bench, bob).await, (10, 0));

    let merged = merge(&bench, ann, bob).await.unwrap();
    spend(&bench, bob, 15).await.unwrap();
    let refused = unmerge(&bench, &merged).await.unwrap_err();
    assert_eq!(reason(&refused), "UNMERGE_REFUSED");
    let told = ["cause", "wallet_id", "due", "left"].map(|key| metadata(&refused, key));
    assert_eq!(told[..3], ["SPENT", "POINTS", "30"]);
    assert_eq!(has(&bench, bob).await, (25, 0));
    give(&bench, bob, 5).await;
    unmerge(&bench, &merged).await.unwrap();
    assert_eq!(has(&bench, ann).await, (30, 0));
    assert_eq!(has(&bench, bob).await, (0, 0));
    bench.assert_sound().await;
}

#[tokio::test]
async fn merges_are_undone_in_any_order_also_below_one_that_came_later() {
    let bench = Bench::start().await;
    let mut people = Vec::new();
    for points in [10, 20, 30, 40] {
        people.push(gifted(&bench, points).await);
    }
    let [ann, bob, cleo, dan] = people[..] else {
        panic!("four of them")
    };
    let first = merge(&bench, ann, bob).await.unwrap();
    let beside = merge(&bench, dan, bob).await.unwrap();
    let second = merge(&bench, bob, cleo).await.unwrap();
    assert_eq!(second.wallets[0].points, 70);
    assert_eq!(has(&bench, cleo).await, (100, 0));
    // What went on stays there, by a merge that is made again.
    unmerge(&bench, &first).await.unwrap();
    assert_eq!(
        (has(&bench, ann).await.0, has(&bench, cleo).await.0),
        (10, 90)
    );
    let undone = unmerge(&bench, &second).await.unwrap_err();
    assert_eq!(metadata(&undone, "cause"), "UNDONE");
    let third = merges(&bench, cleo).await.remove(0);
    assert_eq!(
        (third.merged_customer_id.clone(), third.reason.as_str()),
        (bob.to_string(), second.reason.as_str())
    );
    unmerge(&bench, &third).await.unwrap();
    assert_eq!(
        (has(&bench, bob).await.0, has(&bench, cleo).await.0),
        (60, 30)
    );
    // And once more: what came along keeps its origin however often it is moved.
    let fourth = merge(&bench, bob, cleo).await.unwrap();
    unmerge(&bench, &fourth).await.unwrap();
    unmerge(&bench, &beside).await.unwrap();
    for (person, points) in [(ann, 10), (bob, 20), (cleo, 30), (dan, 40)] {
        assert_eq!(has(&bench, person).await, (points, 0));
    }
    bench.assert_sound().await;
}

/// A member who owes so many points: spent, and then given back what had earned them.
async fn debtor(bench: &Bench, points: i64) -> Uuid {
    let customer_id = bench.member(points).await;
    spend(bench, customer_id, points).await.unwrap();
    bench.returned(customer_id, "o-1", points).await;
    assert_eq!(has(bench, customer_id).await, (0, points));
    customer_id
}

#[tokio::test]
async fn debt_comes_over_and_goes_back_whoever_repaid_it() {
    let bench = Bench::start().await;
    let (ann, bob, cleo) = (
        debtor(&bench, 30).await,
        gifted(&bench, 0).await,
        gifted(&bench, 50).await,
    );
    let merged = merge(&bench, ann, bob).await.unwrap();
    assert_eq!((merged.wallets[0].points, merged.wallets[0].debt), (0, 30));
    assert_eq!(has(&bench, bob).await, (0, 30));
    unmerge(&bench, &merged).await.unwrap();
    assert_eq!(
        (has(&bench, ann).await, has(&bench, bob).await),
        ((0, 30), (0, 0))
    );

    let merged = merge(&bench, ann, cleo).await.unwrap();
    assert_eq!(has(&bench, cleo).await, (20, 0), "her points repay it");
    give(&bench, cleo, 5).await;
    unmerge(&bench, &merged).await.unwrap();
    assert_eq!(has(&bench, ann).await, (0, 30), "as before");
    assert_eq!(has(&bench, cleo).await, (55, 0));

    let merged = merge(&bench, cleo, ann).await.unwrap();
    assert_eq!(has(&bench, ann).await, (25, 0), "and the other way round");
    unmerge(&bench, &merged).await.unwrap();
    assert_eq!(has(&bench, ann).await, (0, 30));
    assert_eq!(has(&bench, cleo).await, (55, 0));
    bench.assert_sound().await;
}

#[tokio::test]
async fn a_return_of_the_merged_one_that_took_the_points_of_the_other_keeps_the_merge() {
    let bench = Bench::start().await;
    let (ann, bob) = (bench.member(30).await, gifted(&bench, 50).await);
    spend(&bench, ann, 30).await.unwrap();
    let merged = merge(&bench, ann, bob).await.unwrap();
    let earned = bench.balance(bob).await.unwrap().lifetime_earned;
    bench.return_told(ann, "o-1", 30).await;
    bench.until_earned(bob, earned - 30).await;
    assert_eq!(has(&bench, bob).await, (20, 0));
    let refused = unmerge(&bench, &merged).await.unwrap_err();
    let told = ["cause", "debt", "owed"].map(|key| metadata(&refused, key));
    assert_eq!(told, ["DEBT", "30", "0"]);
    bench.assert_sound().await;
}

#[tokio::test]
async fn who_holds_points_is_not_merged_into_another_but_may_take_one_in() {
    let bench = Bench::start().await;
    let (ann, bob) = (gifted(&bench, 30).await, gifted(&bench, 20).await);
    let placed = bench.holds().create_hold(holding(&bench, bob, 15)).await;
    let hold = placed.unwrap().into_inner();
    let refused = merge(&bench, bob, ann).await.unwrap_err();
    assert_eq!(reason(&refused), "MEMBER_HAS_OPEN_HOLDS");
    assert_eq!(metadata(&refused, "held"), "15");
    let merged = merge(&bench, ann, bob).await.unwrap();
    let confirm = api::ConfirmHoldRequest {
        customer_id: bob.to_string(),
        hold_id: hold.hold_id,
        request_id: id(&bench),
        points: 15,
        r#final: true,
    };
    bench.holds().confirm_hold(confirm).await.unwrap();

    let hold = holding(&bench, bob, 10);
    let placed = bench.holds().create_hold(hold).await.unwrap();
    let refused = unmerge(&bench, &merged).await.unwrap_err();
    assert_eq!(
        reason(&refused),
        "MEMBER_HAS_OPEN_HOLDS",
        "it holds of hers"
    );
    let release = api::ReleaseHoldRequest {
        customer_id: bob.to_string(),
        hold_id: placed.into_inner().hold_id,
        request_id: id(&bench),
    };
    bench.holds().release_hold(release).await.unwrap();
    unmerge(&bench, &merged).await.unwrap();
    assert_eq!(
        (has(&bench, ann).await.0, has(&bench, bob).await.0),
        (30, 5)
    );
    bench.assert_sound().await;
}

#[tokio::test]
async fn what_comes_for_the_merged_id_goes_to_the_other_and_back_when_they_are_parted() {
    let bench = Bench::start().await;
    let (ann, bob) = (bench.member(30).await, gifted(&bench, 20).await);
    let merged = merge(&bench, ann, bob).await.unwrap();
    give(&bench, ann, 7).await;
    assert_eq!(has(&bench, bob).await, (57, 0));
    spend(&bench, ann, 2).await.unwrap();
    assert_eq!(has(&bench, bob).await, (55, 0));
    let earned = bench.balance(bob).await.unwrap().lifetime_earned;
    bench.order_told(ann, "o-2", 11).await;
    bench.until_earned(bob, earned + 11).await;
    assert_eq!(has(&bench, bob).await, (66, 0));
    bench.return_told(ann, "o-1", 30).await;
    bench.until_earned(bob, earned - 19).await;
    assert_eq!(has(&bench, bob).await, (36, 0));
    assert_eq!(has(&bench, ann).await, (0, 0));
    unmerge(&bench, &merged).await.unwrap();
    assert_eq!(has(&bench, ann).await, (7 - 2 + 11, 0));
    assert_eq!(has(&bench, bob).await, (20, 0));
    bench.assert_sound().await;
}

#[tokio::test]
async fn who_can_not_be_one_person_is_refused_by_name() {
    let bench = Bench::start().await;
    open_program(&bench, "staff").await;
    let (ann, bob) = (gifted(&bench, 0).await, gifted(&bench, 0).await);
    let clerk = enrol(&bench, "staff").await;
    for (from, into, cause) in [(ann, ann, "SELF"), (ann, clerk, "OTHER_PROGRAM")] {
        let refused = merge(&bench, from, into).await.unwrap_err();
        assert_eq!(reason(&refused), "MERGE_REFUSED");
        assert_eq!(metadata(&refused, "cause"), cause);
    }
    let stranger = bench.clock.new_id();
    let refused = merge(&bench, stranger, ann).await.unwrap_err();
    assert_eq!(reason(&refused), "MEMBER_NOT_FOUND");
    let merged = merge(&bench, ann, bob).await.unwrap();
    for (from, into) in [(ann, bob), (bob, ann)] {
        let refused = merge(&bench, from, into).await.unwrap_err();
        assert_eq!(reason(&refused), "MEMBER_STATE_CONFLICT");
    }
    let unknown = api::MemberMerge {
        merge_id: id(&bench),
        ..merged.clone()
    };
    let refused = unmerge(&bench, &unknown).await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::NotFound, "MERGE_NOT_FOUND")
    );
    close(&bench, bob, false).await.unwrap();
    unmerge(&bench, &merged).await.unwrap();
    assert_eq!(
        member(&bench, ann).await.state(),
        api::member::State::Active
    );
    bench.assert_sound().await;
}

#[tokio::test]
async fn a_referral_between_two_who_are_one_counts_again_when_they_are_two() {
    let badge = api::Grant {
        grant: Some(api::grant::Grant::BadgeId("guest".to_owned())),
    };
    let policy = api::ReferralPolicy {
        referee_grants: vec![badge],
        ..api::ReferralPolicy::default()
    };
    let shop = Shop::open(|document| document.referrals = Some(policy)).await;
    let bench = &shop.bench;
    let (old, new) = (bench.member(10).await, gifted(bench, 0).await);
    let mut referrals =
        ReferralServiceClient::with_interceptor(bench.channel(), Bearer::of(&["operator"]));
    let request = api::GetReferralCodeRequest {
        customer_id: old.to_string(),
    };
    let code = referrals.get_referral_code(request).await.unwrap();
    let request = api::ClaimReferralRequest {
        customer_id: new.to_string(),
        code: code.into_inner().code,
        request_id: id(bench),
    };
    let claimed = referrals
        .claim_referral(request)
        .await
        .unwrap()
        .into_inner();
    let mut state = async || {
        let request = api::GetReferralRequest {
            customer_id: new.to_string(),
            referral_id: claimed.referral_id.clone(),
        };
        let found = referrals.get_referral(request).await.unwrap();
        found.into_inner().state()
    };
    let merged = merge(bench, new, old).await.unwrap();
    assert_eq!(state().await, api::referral::State::Refused);
    unmerge(bench, &merged).await.unwrap();
    assert_eq!(state().await, claimed.state());
    bench.assert_sound().await;
}
