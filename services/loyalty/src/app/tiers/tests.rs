//! Tiers on a real database.

use contract::patron::loyalty::v1 as contract;
use contract::tier_change::Reason;
use uuid::Uuid;

use super::{Giving, changes, gifts, give, progress_on, withdraw};
use crate::app::testing::{Order, World};
use crate::domain::ledger::{Points, WalletId};
use crate::store::tiers::metrics;
use crate::wire;

const PROGRAM: &str = "
displayName: Tiers
timeZone: Asia/Shanghai
wallets:
  - walletId: POINTS
tierLadders:
  - ladderId: status
    metric: METRIC_SPEND
    window: {rollingMonths: 12}
    tiers:
      - {tierId: silver, threshold: 10000}
      - {tierId: gold, threshold: 50000, keepThreshold: 30000}
    downgrade: DOWNGRADE_ONE_STEP
    validityMonths: 12
    validityRoundUp: ROUND_UP_MONTH
    takeBackOnReturn: true
packages:
  - packageId: gold
    occasion: OCCASION_TIER_REACHED
    gates: [{ladderId: status, tierIds: [gold]}]
    grants: [{points: {points: 500}}]
  - packageId: welcome
    occasion: OCCASION_WELCOME
    grants: [{points: {points: 10}}]
";

async fn world() -> World {
    World::new(PROGRAM, "2026-03-08T02:00:00Z").await
}

fn giving(
    world: &World,
    customer_id: Uuid,
    (tier_id, until): (&str, Option<&str>),
) -> (contract::GiveTierRequest, Giving) {
    let request = contract::GiveTierRequest {
        gift: Some(contract::TierGift {
            customer_id: customer_id.to_string(),
            ladder_id: "status".to_owned(),
            tier_id: tier_id.to_owned(),
            until_date: until.map(|until| wire::date(until.parse().unwrap())),
            reason: "a status match".to_owned(),
            ..contract::TierGift::default()
        }),
        request_id: world.request_id(),
    };
    let giving = wire::tiers::giving(&request).unwrap();
    (request, giving)
}

async fn available(world: &World, customer_id: Uuid) -> Points {
    world
        .balances(customer_id, WalletId::POINTS)
        .await
        .available
}

#[tokio::test]
async fn purchases_lift_and_returns_take_back_the_tier_with_its_package() {
    let world = world().await;
    let member = world.join().await;
    assert_eq!(available(&world, member).await, Points::new(10));
    world.buy(member, 400).await;
    assert_eq!(world.tier(member).await, "silver");
    let order = world.buy(member, 100).await;
    assert_eq!(world.tier(member).await, "gold");
    assert_eq!(available(&world, member).await, Points::new(510));

    world.sale(member, &order, 100, 0).await;
    assert_eq!(world.tier(member).await, "silver");
    assert_eq!(available(&world, member).await, Points::new(10));
    world.buy(member, 100).await;
    assert_eq!(available(&world, member).await, Points::new(510));

    let changed: Vec<contract::TierChanged> = world.announced().await;
    let changes = changed.into_iter().map(|event| event.change.unwrap());
    let changes: Vec<_> = changes
        .map(|change| (change.to_tier_id.clone(), change.reason()))
        .collect();
    assert_eq!(
        changes,
        [
            ("silver".to_owned(), Reason::Reached),
            ("gold".to_owned(), Reason::Reached),
            ("silver".to_owned(), Reason::Revised),
            ("gold".to_owned(), Reason::Reached),
        ]
    );
    let packages: Vec<contract::PackageGranted> = world.announced().await;
    assert_eq!(
        packages.len(),
        3,
        "welcome, and gold twice: once taken back"
    );
}

#[tokio::test]
async fn an_order_that_comes_late_counts_on_its_own_day() {
    let world = world().await;
    let member = world.join().await;
    world.at("2026-03-20T02:00:00Z").await;
    world.buy(member, 80).await;
    let late = Order {
        order_id: "late".to_owned(),
        ordered_at: "2026-03-09T02:00:00Z".parse().unwrap(),
    };
    world.sale(member, &late, 0, 30).await;
    assert_eq!(world.tier(member).await, "silver");
    let page = changes(&world.loyalty, member, None, 10).await.unwrap();
    assert_eq!(page.rows[0].effective_on.to_string(), "2026-03-20");
    assert_eq!(
        (page.rows[0].metric, page.rows[0].reference.as_str()),
        (11_000, "late")
    );
}

#[tokio::test]
async fn at_the_end_of_its_term_a_tier_is_reviewed_and_the_review_is_recorded() {
    let world = world().await;
    let member = world.join().await;
    world.buy(member, 600).await;
    let ahead = progress_on(&world.loyalty, member, "status").await.unwrap();
    let keeping = ahead.progress.keeping.unwrap();
    assert_eq!(keeping.reviewed_on.to_string(), "2027-03-31");
    assert_eq!((keeping.threshold, keeping.missing), (30_000, 30_000));

    world.approve_until("2027-12-31").await;
    world.at("2027-03-31T10:00:00Z").await;
    assert_eq!(world.tier(member).await, "gold");
    world.at("2027-03-31T16:00:01Z").await;
    assert_eq!(world.tier(member).await, "silver");
    let page = changes(&world.loyalty, member, None, 10).await.unwrap();
    let reviewed = &page.rows[0];
    assert_eq!(reviewed.effective_on.to_string(), "2027-04-01");
    assert_eq!(reviewed.window_first.unwrap().to_string(), "2026-04-01");
    assert_eq!((reviewed.metric, reviewed.program_version), (0, 1));
    // The package of a tier that was earned stays, also when it is lost.
    assert_eq!(available(&world, member).await, Points::new(510));
}

#[tokio::test]
async fn a_given_tier_counts_until_it_is_withdrawn_and_a_repeated_request_gives_once() {
    let world = world().await;
    let member = world.join().await;
    let (request, what) = giving(&world, member, ("gold", Some("2026-06-30")));
    let call = World::call();
    let given = give(&world.loyalty, &call, request.clone(), what.clone())
        .await
        .unwrap();
    let again = give(&world.loyalty, &call, request, what).await.unwrap();
    assert_eq!(given.into_inner(), again.get_ref().clone());
    assert_eq!(world.tier(member).await, "gold");
    let page = gifts(&world.loyalty, member, None, 10).await.unwrap();
    assert_eq!(page.rows.len(), 1);

    let gift_id = page.rows[0].gift.gift_id;
    let withdrawal = |request_id: String| contract::WithdrawTierGiftRequest {
        customer_id: member.to_string(),
        gift_id: gift_id.to_string(),
        reason: "a mistake".to_owned(),
        request_id,
    };
    let of = (member, gift_id);
    let first = withdrawal(world.request_id());
    let withdrawn = withdraw(&world.loyalty, &call, first, of)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (
            withdrawn.withdrawer.as_str(),
            withdrawn.withdraw_reason.as_str()
        ),
        ("somebody", "a mistake")
    );
    assert_eq!(world.tier(member).await, "-");
    let second = withdrawal(world.request_id());
    let refused = withdraw(&world.loyalty, &call, second, of)
        .await
        .unwrap_err();
    assert_eq!(refused.code(), tonic::Code::FailedPrecondition);
}

#[tokio::test]
async fn what_is_no_tier_or_over_already_is_not_given() {
    let world = world().await;
    let member = world.join().await;
    let call = World::call();
    for (tier_id, until, code) in [
        ("platinum", None, tonic::Code::NotFound),
        ("gold", Some("2026-03-07"), tonic::Code::InvalidArgument),
    ] {
        let (request, what) = giving(&world, member, (tier_id, until));
        let refused = give(&world.loyalty, &call, request, what)
            .await
            .unwrap_err();
        assert_eq!(refused.code(), code);
    }
    assert_eq!(world.tier(member).await, "-");
}

#[tokio::test]
async fn the_counters_are_added_to_and_never_changed() {
    let world = world().await;
    let member = world.join().await;
    let order = world.buy(member, 400).await;
    world.sale(member, &order, 400, 150).await;
    world.sale(member, &order, 150, 0).await;
    let mut db = world.loyalty.db.pool().acquire().await.unwrap();
    let wanted = [(member, calendar::FIRST_DAY)];
    let additions = metrics::since(&mut db, &wanted)
        .await
        .unwrap()
        .remove(&member)
        .unwrap();
    assert_eq!(additions.len(), 3);
    let refused = sqlx::query("UPDATE tier_metrics SET spend_minor = 0")
        .execute(&mut *db)
        .await;
    assert!(
        refused.is_err(),
        "the service may not change what has counted"
    );
}
