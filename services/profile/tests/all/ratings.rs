//! Where customers stand in their life with the company, and how many go on.

use chassis::Clock;
use contract::patron::profile::v1 as proto;
use jiff::{SignedDuration, Timestamp};
use proto::{
    CustomerRating, GetCustomerRatingRequest, GetFunnelRequest, GetRatingPolicyRequest,
    LifecycleStage, LifecycleStageChanged, ListStageChangesRequest, RatingPolicy, StageChange,
    UpdateRatingPolicyRequest, ValueTier,
};
use tonic::Status;

use crate::harness::{Profile, fields, reason, request_id};
use crate::identities::{merge, unmerge};
use crate::segments::{buy, define, noon, settled};

async fn policy(profile: &Profile) -> RatingPolicy {
    let request = GetRatingPolicyRequest::default();
    let policy = profile.lifecycle().get_rating_policy(request).await;
    policy.unwrap().into_inner()
}

async fn put(profile: &Profile, policy: RatingPolicy) -> Result<RatingPolicy, Status> {
    let request = UpdateRatingPolicyRequest {
        policy: Some(policy),
        request_id: request_id(),
        validate_only: false,
    };
    let put = profile.lifecycle().update_rating_policy(request).await?;
    Ok(put.into_inner())
}

async fn rating(profile: &Profile, customer_id: &str) -> CustomerRating {
    settled(profile, "any").await;
    let request = GetCustomerRatingRequest {
        customer_id: customer_id.to_owned(),
    };
    let rating = profile.lifecycle().get_customer_rating(request).await;
    rating.unwrap().into_inner()
}

async fn history(profile: &Profile, customer_id: &str) -> Vec<StageChange> {
    let mut request = ListStageChangesRequest {
        customer_id: customer_id.to_owned(),
        page_size: 1,
        page_token: String::new(),
    };
    let mut changes = Vec::new();
    loop {
        let page = profile
            .lifecycle()
            .list_stage_changes(request.clone())
            .await;
        let page = page.unwrap().into_inner();
        changes.extend(page.changes);
        if page.next_page_token.is_empty() {
            return changes;
        }
        request.page_token = page.next_page_token;
    }
}

fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

fn sent(at: Timestamp) -> prost_types::Timestamp {
    contract::time::timestamp(at)
}

#[tokio::test]
async fn stages_and_tiers_follow_what_happens_and_follow_time() {
    let clock = Clock::manual(noon());
    let profile = Profile::start_with(clock.clone()).await;
    // Only to be asked whether everything is decided.
    define(&profile, "any", "orders.count >= 0").await.unwrap();
    let anna = profile.customer().await;
    let nobody = rating(&profile, &anna).await;
    assert_eq!(
        (nobody.stage(), nobody.tier()),
        (LifecycleStage::Unspecified, ValueTier::Unspecified)
    );

    let proposed = policy(&profile).await;
    assert_eq!(proposed.etag, "0");
    let mut mine = proposed.clone();
    mine.value_condition = "orders.within_days(365).net('GBP') >= 1000".to_owned();
    assert_eq!(put(&profile, mine).await.unwrap().etag, "1");
    let stale = put(&profile, proposed).await.unwrap_err();
    assert_eq!(reason(&stale), "ETAG_MISMATCH");
    let rated = rating(&profile, &anna).await;
    assert_eq!(
        (rated.stage(), rated.tier()),
        (LifecycleStage::Lead, ValueTier::D)
    );

    clock.advance(days(1));
    buy(&profile, &anna, "o-1", noon() + days(1)).await;
    let rated = rating(&profile, &anna).await;
    assert_eq!(
        (rated.stage(), rated.tier()),
        (LifecycleStage::New, ValueTier::B)
    );
    assert_eq!(rated.stage_time, Some(sent(noon() + days(1))));
    clock.set(noon() + days(40));
    assert_eq!(
        rating(&profile, &anna).await.stage(),
        LifecycleStage::Active
    );
    clock.set(noon() + days(200));
    let rated = rating(&profile, &anna).await;
    assert_eq!(
        (rated.stage(), rated.tier()),
        (LifecycleStage::Dormant, ValueTier::B)
    );

    let steps: Vec<_> = history(&profile, &anna)
        .await
        .iter()
        .map(StageChange::to_stage)
        .collect();
    let way = [
        LifecycleStage::Dormant,
        LifecycleStage::Active,
        LifecycleStage::New,
        LifecycleStage::Lead,
    ];
    assert_eq!(steps, way);
    let announced = profile.payloads::<LifecycleStageChanged>(&anna).await;
    assert_eq!(announced.len(), 4);
}

#[tokio::test]
async fn the_funnel_tells_who_went_on_and_how_long_it_took() {
    let clock = Clock::manual(noon());
    let profile = Profile::start_with(clock.clone()).await;
    define(&profile, "any", "orders.count >= 0").await.unwrap();
    let proposed = policy(&profile).await;
    put(&profile, proposed).await.unwrap();
    let mut people = Vec::new();
    for _ in 0..4 {
        people.push(profile.customer().await);
    }
    settled(&profile, "any").await;
    for (nth, customer) in people.iter().take(3).enumerate() {
        clock.advance(days(1));
        let order_id = format!("o-{nth}");
        buy(&profile, customer, &order_id, clock.now()).await;
        settled(&profile, "any").await;
    }
    let request = GetFunnelRequest {
        start_time: Some(sent(noon())),
        end_time: Some(sent(noon() + days(10))),
    };
    let funnel = profile.lifecycle().get_funnel(request).await.unwrap();
    let funnel = funnel.into_inner().stages;
    assert_eq!(funnel.len(), 2);
    let lead = &funnel[0];
    assert_eq!(
        (lead.stage(), lead.entered_count, lead.remaining_count),
        (LifecycleStage::Lead, 4, 1)
    );
    let step = &lead.steps[0];
    assert_eq!(
        (step.to_stage(), step.count, step.share_permille),
        (LifecycleStage::New, 3, 750)
    );
    // One, two and three days.
    assert_eq!(step.median_seconds, 2 * 24 * 3_600);
    assert_eq!(
        (funnel[1].stage(), funnel[1].remaining_count),
        (LifecycleStage::New, 3)
    );
}

#[tokio::test]
async fn ratings_follow_who_is_who() {
    let clock = Clock::manual(noon());
    let profile = Profile::start_with(clock.clone()).await;
    define(&profile, "any", "orders.count >= 0").await.unwrap();
    let proposed = policy(&profile).await;
    put(&profile, proposed).await.unwrap();
    let (anna, ann) = (profile.customer().await, profile.customer().await);
    buy(&profile, &ann, "o-1", noon()).await;
    assert_eq!(rating(&profile, &anna).await.stage(), LifecycleStage::Lead);
    assert_eq!(rating(&profile, &ann).await.stage(), LifecycleStage::New);

    let link = merge(&profile, &anna, &ann).await.unwrap().link.unwrap();
    for customer in [&anna, &ann] {
        let rated = rating(&profile, customer).await;
        assert_eq!(
            (rated.customer_id.as_str(), rated.stage()),
            (anna.as_str(), LifecycleStage::New)
        );
    }
    unmerge(&profile, &anna, &link.link_id).await.unwrap();
    assert_eq!(rating(&profile, &anna).await.stage(), LifecycleStage::Lead);
    assert_eq!(rating(&profile, &ann).await.stage(), LifecycleStage::New);
}

#[tokio::test]
async fn a_policy_that_is_none_is_refused_where_it_is_wrong() {
    let profile = Profile::start().await;
    let mut wrong = policy(&profile).await;
    wrong.stages[1].condition = "orders.cont > 1".to_owned();
    let refused = put(&profile, wrong).await.unwrap_err();
    assert_eq!(reason(&refused), "SEGMENT_CONDITION_INVALID");
    assert_eq!(fields(&refused), ["policy.stages[1].condition"]);
    let mut twice = policy(&profile).await;
    twice.stages[1].stage = twice.stages[0].stage;
    let refused = put(&profile, twice).await.unwrap_err();
    assert_eq!(fields(&refused), ["policy.stages[1].stage"]);
}
