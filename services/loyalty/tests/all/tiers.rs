//! Tiers, benefits and ends of days over the wire.

use contract::patron::loyalty::v1 as api;
use contract::patron::loyalty::v1::benefit_service_client::BenefitServiceClient;
use contract::patron::loyalty::v1::end_of_day_service_client::EndOfDayServiceClient;
use contract::patron::loyalty::v1::tier_service_client::TierServiceClient;
use jiff::SignedDuration;
use testkit::{Bearer, Caller, metadata, reason};
use tonic::Code;
use uuid::Uuid;

use crate::all::shop::Shop;

fn ladder() -> api::TierLadder {
    let tier = |tier_id: &str, threshold| api::Tier {
        tier_id: tier_id.to_owned(),
        threshold,
        ..api::Tier::default()
    };
    api::TierLadder {
        ladder_id: "status".to_owned(),
        metric: api::tier_ladder::Metric::Spend.into(),
        window: Some(api::MetricWindow {
            window: Some(api::metric_window::Window::Lifetime(true)),
        }),
        tiers: vec![tier("silver", 1_000), tier("gold", 5_000)],
        ..api::TierLadder::default()
    }
}

fn delivery() -> api::Benefit {
    api::Benefit {
        benefit_id: "delivery".to_owned(),
        kind: api::benefit::Kind::FreeDelivery.into(),
        gates: vec![api::TierGate {
            ladder_id: "status".to_owned(),
            tier_ids: vec!["gold".to_owned()],
        }],
        quota: 1,
        quota_period: api::Period::Year.into(),
        ..api::Benefit::default()
    }
}

async fn shop() -> Shop {
    let shop = Shop::open(|document| {
        document.tier_ladders = vec![ladder()];
        document.benefits = vec![delivery()];
    })
    .await;
    // A ladder counts from the first whole day on.
    shop.bench.clock.advance(SignedDuration::from_hours(24));
    shop
}

fn tiers(shop: &Shop, roles: &[&str]) -> TierServiceClient<Caller> {
    TierServiceClient::with_interceptor(shop.bench.channel(), Bearer::of(roles))
}

fn benefits(shop: &Shop) -> BenefitServiceClient<Caller> {
    BenefitServiceClient::with_interceptor(shop.bench.channel(), Bearer::of(&["operator"]))
}

fn gift(shop: &Shop, customer_id: Uuid, tier_id: &str) -> api::GiveTierRequest {
    api::GiveTierRequest {
        gift: Some(api::TierGift {
            customer_id: customer_id.to_string(),
            ladder_id: "status".to_owned(),
            tier_id: tier_id.to_owned(),
            reason: "a status match".to_owned(),
            ..api::TierGift::default()
        }),
        request_id: shop.bench.clock.new_id().to_string(),
    }
}

#[tokio::test]
async fn a_given_tier_is_given_once_and_shown_with_the_member_its_progress_and_its_changes() {
    let shop = shop().await;
    let member = shop.bench.member(100).await;
    let customer_id = member.to_string();
    let request = gift(&shop, member, "gold");
    let mut operator = tiers(&shop, &["operator"]);
    let given = operator.give_tier(request.clone()).await.unwrap();
    let again = operator.give_tier(request).await.unwrap();
    assert_eq!(again.get_ref(), given.get_ref());

    let request = api::GetMemberRequest {
        customer_id: customer_id.clone(),
    };
    let shown = shop.bench.members().get_member(request).await.unwrap();
    assert_eq!(shown.get_ref().tiers[0].tier_id, "gold");
    let request = api::GetTierProgressRequest {
        customer_id: customer_id.clone(),
        ladder_id: "status".to_owned(),
    };
    let progress = operator.get_tier_progress(request).await.unwrap();
    assert_eq!(progress.get_ref().gift_id, given.get_ref().gift_id);
    assert_eq!(progress.get_ref().next_tier_id, "");
    let request = api::ListTierChangesRequest {
        customer_id,
        ..api::ListTierChangesRequest::default()
    };
    let listed = operator.list_tier_changes(request).await.unwrap();
    let [change] = &listed.get_ref().changes[..] else {
        panic!("{listed:?}")
    };
    assert_eq!(change.reason(), api::tier_change::Reason::Given);
}

#[tokio::test]
async fn a_benefit_is_used_once_for_each_request_by_whom_its_tier_entitles() {
    let shop = shop().await;
    let customer_id = shop.bench.member(100).await;
    let using = || api::UseBenefitRequest {
        customer_id: customer_id.to_string(),
        benefit_id: "delivery".to_owned(),
        reference: "o-7".to_owned(),
        request_id: shop.bench.clock.new_id().to_string(),
    };
    let mut benefits = benefits(&shop);
    let refused = benefits.use_benefit(using()).await.unwrap_err();
    assert_eq!(reason(&refused), "NOT_ENTITLED");

    let request = gift(&shop, customer_id, "gold");
    tiers(&shop, &["operator"])
        .give_tier(request)
        .await
        .unwrap();
    let request = using();
    let used = benefits.use_benefit(request.clone()).await.unwrap();
    let again = benefits.use_benefit(request).await.unwrap();
    assert_eq!(again.get_ref(), used.get_ref());
    let refused = benefits.use_benefit(using()).await.unwrap_err();
    assert_eq!(reason(&refused), "BENEFIT_QUOTA_USED_UP");
    assert_eq!(
        (metadata(&refused, "period"), metadata(&refused, "quota")),
        ("2026".to_owned(), "1".to_owned())
    );
}

#[tokio::test]
async fn what_there_is_not_is_named() {
    let shop = shop().await;
    let customer_id = shop.bench.member(100).await;
    let mut operator = tiers(&shop, &["operator"]);
    let refused = operator
        .give_tier(gift(&shop, customer_id, "platinum"))
        .await
        .unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::NotFound, "TIER_NOT_FOUND")
    );
    let stranger = operator
        .give_tier(gift(&shop, Uuid::nil(), "gold"))
        .await
        .unwrap_err();
    assert_eq!(
        (stranger.code(), reason(&stranger).as_str()),
        (Code::NotFound, "MEMBER_NOT_FOUND")
    );
    let request = api::GetTierProgressRequest {
        customer_id: customer_id.to_string(),
        ladder_id: "other".to_owned(),
    };
    let refused = operator.get_tier_progress(request).await.unwrap_err();
    assert_eq!(reason(&refused), "TIER_LADDER_NOT_FOUND");
    let request = api::ListTierChangesRequest {
        customer_id: Uuid::nil().to_string(),
        ..api::ListTierChangesRequest::default()
    };
    let refused = operator.list_tier_changes(request).await.unwrap_err();
    assert_eq!(reason(&refused), "MEMBER_NOT_FOUND");
    let refused = tiers(&shop, &["machine"])
        .give_tier(gift(&shop, customer_id, "gold"))
        .await;
    assert_eq!(refused.unwrap_err().code(), Code::PermissionDenied);
}

#[tokio::test]
async fn the_end_of_a_day_can_be_tried_out_and_looked_at() {
    let shop = shop().await;
    let client =
        EndOfDayServiceClient::with_interceptor(shop.bench.channel(), Bearer::of(&["operator"]));
    let request = api::RunEndOfDayRequest {
        program_id: "default".to_owned(),
        validate_only: true,
        ..api::RunEndOfDayRequest::default()
    };
    let tried = client
        .clone()
        .run_end_of_day(request)
        .await
        .unwrap()
        .into_inner();
    // Yesterday, whether the background has begun it meanwhile or not.
    assert!(tried.days.iter().all(|day| day.steps.len() == 6));
    let list = api::ListEndOfDaysRequest {
        program_id: "nowhere".to_owned(),
        ..api::ListEndOfDaysRequest::default()
    };
    let refused = client.clone().list_end_of_days(list).await.unwrap_err();
    assert_eq!(reason(&refused), "PROGRAM_NOT_FOUND");
}
