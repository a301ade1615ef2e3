//! How well things stand with customers: what it is made of, and that it follows what is heard, who is who, and time.

use std::sync::Arc;

use chassis::Clock;
use contract::patron::complaints::v1::case::{Priority, Type};
use contract::patron::complaints::v1::{CaseOpened, CaseReopened, CaseResolved};
use contract::patron::profile::v1 as proto;
use contract::patron::survey::v1::{Metric, ResponseSubmitted};
use events::{Feed, Feeds, NewEvent};
use jiff::SignedDuration;
use prost::{Message, Name};
use proto::health_part::Part;
use proto::interaction::Kind;
use proto::{
    CustomerHealth, CustomerHealthChanged, GetCustomerHealthRequest, GetHealthPolicyRequest,
    HealthBand, HealthPolicy, HealthStep, UpdateHealthPolicyRequest,
};
use tonic::Status;
use uuid::Uuid;

use crate::harness::{self, OTHERS, Profile, fields, keyring, reason, request_id};
use crate::identities::{merge, unmerge};
use crate::interactions::{at, record, request};
use crate::privacy::Other;
use crate::segments::{buy, define, noon, settled};

/// A policy that is one, and small.
pub(crate) fn small_policy() -> HealthPolicy {
    let steps = || {
        vec![HealthStep {
            from: 0,
            points: 500,
        }]
    };
    HealthPolicy {
        recency: Some(proto::HealthRecency {
            weight: 1,
            steps: steps(),
            own_gap_orders: 3,
            default_gap_days: 60,
            least_gap_days: 7,
        }),
        spend_trend: Some(proto::HealthSpendTrend {
            weight: 1,
            steps: steps(),
            window_days: 90,
            currency_code: "GBP".to_owned(),
        }),
        nps: Some(proto::HealthNps {
            weight: 1,
            steps: steps(),
            max_age_days: 365,
        }),
        complaints: Some(proto::HealthComplaints {
            weight: 1,
            steps: steps(),
            window_days: 90,
            open_factor: 2,
            ..Default::default()
        }),
        engagement: Some(proto::HealthEngagement {
            weight: 1,
            steps: steps(),
            window_days: 90,
            ..Default::default()
        }),
        bands: Some(proto::HealthBands {
            thriving_from: 80,
            steady_from: 60,
            at_risk_from: 40,
        }),
        ..Default::default()
    }
}

/// The service, beside a survey and a complaints service that announce what the test says.
struct Stage {
    profile: Profile,
    survey: Other,
    complaints: Other,
    clock: Clock,
}

impl Stage {
    async fn start() -> Self {
        let clock = Clock::manual(noon());
        let survey = Other::start_with("survey", clock.clone()).await;
        let complaints = Other::start_with("complaints", clock.clone()).await;
        let feeds = OTHERS.map(|name| {
            let feed: Arc<dyn Feed> = match name {
                "survey" => survey.feed(),
                "complaints" => complaints.feed(),
                _ => testkit::silent(),
            };
            (name, feed)
        });
        let profile = Profile::start_among(clock.clone(), &Feeds::of(feeds), keyring()).await;
        // Only to be asked whether everything is decided.
        define(&profile, "any", "orders.count >= 0").await.unwrap();
        Self {
            profile,
            survey,
            complaints,
            clock,
        }
    }

    async fn score(&self, customer: &str, rating: i32) {
        let response = self.clock.new_id();
        let payload = ResponseSubmitted {
            response_id: response.to_string(),
            metric: Metric::Nps.into(),
            rating: Some(rating),
            ..Default::default()
        };
        tell(&self.survey, response, customer, &payload).await;
    }

    async fn complain(&self, customer: &str, kind: Type) -> Uuid {
        let case = self.clock.new_id();
        let payload = CaseOpened {
            case_id: case.to_string(),
            customer_id: customer.to_owned(),
            r#type: kind.into(),
            priority: Priority::Urgent.into(),
            ..Default::default()
        };
        tell(&self.complaints, case, customer, &payload).await;
        case
    }

    async fn health(&self, customer: &str) -> CustomerHealth {
        settled(&self.profile, "any").await;
        read(&self.profile, customer).await
    }

    /// Waits until it is so, and that is what is kept, too.
    async fn until(
        &self,
        customer: &str,
        is_so: impl Fn(&CustomerHealth) -> bool,
    ) -> CustomerHealth {
        let health = harness::until("things stand so", async || {
            let health = read(&self.profile, customer).await;
            let is_kept = health.band_time.is_some() || health.index.is_none();
            Some(health).filter(|it| is_kept && is_so(it))
        })
        .await;
        settled(&self.profile, "any").await;
        let kept = "SELECT coalesce(max(health_index), -1)::bigint FROM customer_health
                    WHERE customer_id = $1::uuid";
        let kept = self.profile.count_of(kept, &health.customer_id).await;
        assert_eq!(kept, health.index.map_or(-1, i64::from));
        health
    }

    async fn bands(&self, customer: &str) -> Vec<HealthBand> {
        let told = self
            .profile
            .payloads::<CustomerHealthChanged>(customer)
            .await;
        told.iter().map(CustomerHealthChanged::to_band).collect()
    }
}

async fn tell<P: Message + Name>(by: &Other, subject: Uuid, customer: &str, payload: &P) {
    let customer = customer.parse().unwrap();
    by.announce(NewEvent::about(subject, Some(customer), payload))
        .await;
}

async fn read(profile: &Profile, customer: &str) -> CustomerHealth {
    let request = GetCustomerHealthRequest {
        customer_id: customer.to_owned(),
    };
    let health = profile.health().get_customer_health(request).await;
    health.unwrap().into_inner()
}

async fn policy(profile: &Profile) -> HealthPolicy {
    let request = GetHealthPolicyRequest::default();
    let policy = profile.health().get_health_policy(request).await;
    policy.unwrap().into_inner()
}

async fn put(profile: &Profile, policy: HealthPolicy) -> Result<HealthPolicy, Status> {
    let request = UpdateHealthPolicyRequest {
        policy: Some(policy),
        request_id: request_id(),
        validate_only: false,
    };
    let put = profile.health().update_health_policy(request).await?;
    Ok(put.into_inner())
}

/// The proposal, in the currency of the tests' orders.
async fn put_proposal(profile: &Profile) {
    let mut mine = policy(profile).await;
    let trend = mine.spend_trend.as_mut().unwrap();
    "GBP".clone_into(&mut trend.currency_code);
    assert_eq!(put(profile, mine).await.unwrap().etag, "1");
}

fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

fn whys(health: &CustomerHealth) -> Vec<&str> {
    health.parts.iter().map(|it| it.why.as_str()).collect()
}

#[tokio::test]
async fn an_index_follows_what_happens_and_time_and_every_part_says_why() {
    let stage = Stage::start().await;
    let profile = &stage.profile;
    let anna = profile.customer().await;
    assert_eq!(policy(profile).await.etag, "0");
    buy(profile, &anna, "o-1", noon() - days(20)).await;
    assert_eq!(
        stage.health(&anna).await.index,
        None,
        "nobody before a policy"
    );
    put_proposal(profile).await;

    // 300, 200 and 200 of 1000 points each, 100 of none.
    let health = stage.until(&anna, |it| it.index.is_some()).await;
    assert_eq!(
        (health.index, health.band()),
        (Some(88), HealthBand::Thriving)
    );
    assert_eq!(
        whys(&health),
        [
            "last order 20 days ago, assumed usual gap 60 days",
            "spent 1000 in the last 90 days, 0 in as many before (minor units of GBP)",
            "never gave a score: left out, the other parts count in its place",
            "0 open, 0 of the last 90 days that are over",
            "no interactions in the last 90 days",
        ]
    );
    let nps = &health.parts[2];
    assert!(nps.left_out && nps.share_permille == 0);
    assert_eq!(health.parts[0].share_permille, 375);

    stage.score(&anna, 3).await;
    let low = stage.until(&anna, |it| !it.parts[2].left_out).await;
    assert_eq!((low.index, low.band()), (Some(70), HealthBand::Steady));
    assert_eq!(low.parts[2].why, "gave the score 3 0 days ago");

    let case = stage.complain(&anna, Type::Complaint).await;
    let angry = stage.until(&anna, |it| it.parts[3].measure == 16).await;
    assert_eq!((angry.index, angry.band()), (Some(50), HealthBand::AtRisk));
    let resolved = CaseResolved::default();
    tell(&stage.complaints, case, &anna, &resolved).await;
    stage.until(&anna, |it| it.parts[3].measure == 8).await;
    tell(&stage.complaints, case, &anna, &CaseReopened::default()).await;
    stage.until(&anna, |it| it.parts[3].measure == 16).await;
    tell(&stage.complaints, case, &anna, &resolved).await;
    stage.until(&anna, |it| it.parts[3].measure == 8).await;

    let mut visit = at(&anna, "v-1", "2026-05-01T11:00:00Z");
    visit.kind = Kind::Visit.into();
    record(profile, vec![request(visit)]).await;
    let seen = stage.until(&anna, |it| it.parts[4].measure == 10).await;
    // 300 + 200 + 0 + 200 × 0.2 + 100 × 0.7.
    assert_eq!((seen.index, seen.band()), (Some(61), HealthBand::Steady));
    assert_eq!(seen.parts[4].why, "in the last 90 days: visit 1");

    // The complaint and the visit are over; the order is 111 days ago, almost twice as long as usual.
    stage.clock.set(noon() + days(91));
    let later = stage.until(&anna, |it| it.parts[3].measure == 0).await;
    assert_eq!(
        (later.index, later.band()),
        (Some(35), HealthBand::Critical)
    );
    let Some(Part::Recency(recency)) = &later.parts[0].part else {
        panic!("{later:?}");
    };
    assert_eq!(recency.days_since_last_order, 111);
    // Nobody has heard of anna for years: what is left is the order, long ago.
    stage.clock.set(noon() + days(1_000));
    let gone = stage.until(&anna, |it| it.index == Some(33)).await;
    assert_eq!(gone.band(), HealthBand::Critical);
    let bands = stage.bands(&anna).await;
    assert_eq!(bands.first(), Some(&HealthBand::Thriving));
    assert_eq!(bands.last(), Some(&HealthBand::Critical));
    assert!(
        bands.windows(2).all(|pair| pair[0] != pair[1]),
        "changes only"
    );
}

#[tokio::test]
async fn what_is_heard_stays_under_its_id_while_people_are_joined_and_parted() {
    let stage = Stage::start().await;
    let profile = &stage.profile;
    put_proposal(profile).await;
    let (anna, ann) = (profile.customer().await, profile.customer().await);
    stage.score(&anna, 9).await;
    stage.until(&anna, |it| it.index.is_some()).await;
    stage.clock.advance(days(1));
    stage.score(&ann, 2).await;
    let alone = stage.until(&ann, |it| it.index.is_some()).await;
    // An enquiry is no complaint, and nobody is told of whom nobody knows.
    stage.complain(&anna, Type::Enquiry).await;
    stage
        .complain(&stage.clock.new_id().to_string(), Type::Complaint)
        .await;

    let link = merge(profile, &anna, &ann).await.unwrap().link.unwrap();
    for id in [&anna, &ann] {
        let joined = stage.health(id).await;
        assert_eq!(joined.customer_id, anna);
        assert_eq!(joined.parts[2].measure, 2, "the later score");
    }
    assert_eq!(
        stage.bands(&ann).await.last(),
        Some(&HealthBand::Unspecified)
    );
    unmerge(profile, &anna, &link.link_id).await.unwrap();
    assert_eq!(stage.health(&anna).await.parts[2].measure, 9);
    assert_eq!(stage.health(&ann).await.parts, alone.parts);
    let kept = profile.count("SELECT count(*) FROM health_cases").await;
    assert_eq!(kept, 0);
}

#[tokio::test]
async fn a_policy_that_is_none_is_refused_where_it_is_wrong() {
    type Change = fn(&mut HealthPolicy);
    let profile = Profile::start().await;
    let cases: [(Change, &str); 4] = [
        (
            |it| it.spend_trend.as_mut().unwrap().currency_code = "XQX".to_owned(),
            "policy.spend_trend.currency_code",
        ),
        (
            |it| it.nps.as_mut().unwrap().steps[1].from = 0,
            "policy.nps.steps[1].from",
        ),
        (
            |it| it.bands.as_mut().unwrap().steady_from = 80,
            "policy.bands.steady_from",
        ),
        (
            |it| {
                let kinds = &mut it.engagement.as_mut().unwrap().interactions;
                kinds[1].kind = kinds[0].kind;
            },
            "policy.engagement.interactions[1].kind",
        ),
    ];
    let proposed = policy(&profile).await;
    for (change, field) in cases {
        let mut wrong = proposed.clone();
        change(&mut wrong);
        let refused = put(&profile, wrong).await.unwrap_err();
        assert_eq!(reason(&refused), "INVALID_ARGUMENT");
        assert_eq!(fields(&refused), [field]);
    }
    put(&profile, small_policy()).await.unwrap();
    let stale = put(&profile, proposed).await.unwrap_err();
    assert_eq!(reason(&stale), "ETAG_MISMATCH");
}
