//! Benefits on a real database.

use contract::patron::loyalty::v1 as contract;
use tonic::Code;
use tonic::Status;
use uuid::Uuid;

use super::{Using, entitled, take_back, use_once, uses};
use crate::app::grants;
use crate::app::testing::World;
use crate::domain::benefits::Obstacle;
use crate::domain::grants::{CauseKind, GrantCause};
use crate::domain::program::{BenefitId, Grant};

const PROGRAM: &str = "
displayName: Benefits
timeZone: Asia/Shanghai
wallets:
  - walletId: POINTS
tierLadders:
  - ladderId: status
    metric: METRIC_SPEND
    window: {lifetime: true}
    tiers:
      - {tierId: gold, threshold: 10000}
benefits:
  - benefitId: lounge
    kind: KIND_GIFT
    gates: [{ladderId: status, tierIds: [gold]}]
    quota: 2
    quotaPeriod: PERIOD_MONTH
  - benefitId: concert
    kind: KIND_EARLY_PURCHASE
    stock: 10
";

async fn world() -> World {
    World::new(PROGRAM, "2026-03-08T02:00:00Z").await
}

async fn ask(
    world: &World,
    customer_id: Uuid,
    benefit_id: &str,
) -> Result<contract::BenefitUse, Status> {
    let request = contract::UseBenefitRequest {
        customer_id: customer_id.to_string(),
        benefit_id: benefit_id.to_owned(),
        reference: "order 7".to_owned(),
        request_id: world.request_id(),
    };
    let using = Using {
        customer_id,
        benefit_id: benefit_id.to_owned(),
        reference: "order 7".to_owned(),
    };
    let answer = use_once(&world.loyalty, &World::call(), request, using).await;
    Ok(answer?.into_inner())
}

async fn give_back(
    world: &World,
    customer_id: Uuid,
    used: &contract::BenefitUse,
) -> Result<(), Status> {
    let request = contract::ReturnBenefitUseRequest {
        customer_id: customer_id.to_string(),
        benefit_use_id: used.benefit_use_id.clone(),
        request_id: world.request_id(),
    };
    let of = (customer_id, used.benefit_use_id.parse().unwrap());
    take_back(&world.loyalty, &World::call(), request, of).await?;
    Ok(())
}

async fn left(world: &World, customer_id: Uuid, benefit_id: &str) -> Option<i64> {
    let entitled = entitled(&world.loyalty, customer_id, benefit_id)
        .await
        .unwrap();
    entitled.entitlement.uses_left
}

#[tokio::test]
async fn a_quota_is_used_up_given_back_and_renewed_with_its_period() {
    let world = world().await;
    let member = world.join().await;
    let refused = ask(&world, member, "lounge").await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    let before = entitled(&world.loyalty, member, "lounge").await.unwrap();
    assert_eq!(before.entitlement.obstacles, [Obstacle::Tier]);

    world.buy(member, 100).await;
    let used = ask(&world, member, "lounge").await.unwrap();
    assert_eq!((used.period.as_str(), used.extra), ("2026-03", false));
    ask(&world, member, "lounge").await.unwrap();
    assert_eq!(left(&world, member, "lounge").await, Some(0));
    assert!(ask(&world, member, "lounge").await.is_err());

    give_back(&world, member, &used).await.unwrap();
    assert!(give_back(&world, member, &used).await.is_err(), "once");
    assert_eq!(left(&world, member, "lounge").await, Some(1));
    ask(&world, member, "lounge").await.unwrap();

    let now = entitled(&world.loyalty, member, "lounge").await.unwrap();
    assert_eq!(now.renews_on.unwrap().to_string(), "2026-04-01");
    world.at("2026-03-31T16:00:00Z").await;
    assert_eq!(left(&world, member, "lounge").await, Some(2));
    let page = uses(&world.loyalty, member, None, 10).await.unwrap();
    assert_eq!(page.rows.len(), 3);
}

#[tokio::test]
async fn an_extra_use_that_was_given_entitles_by_itself_and_does_not_lapse() {
    let world = world().await;
    let member = world.join().await;
    let mut tx = world.loyalty.db.begin().await.unwrap();
    let mut books = world
        .open(&mut tx, crate::app::books::Need::of(member))
        .await;
    let cause = GrantCause::new(CauseKind::Hand, "sorry");
    let extra = [Grant::BenefitUse(BenefitId::new("lounge"))];
    let now = books.now();
    grants::give(
        &world.loyalty,
        &mut tx,
        &mut books,
        member,
        &extra,
        &cause,
        now,
    )
    .await
    .unwrap();
    books.write(&mut tx).await.unwrap();
    tx.commit().await.unwrap();

    world.at("2026-05-01T02:00:00Z").await;
    assert_eq!(left(&world, member, "lounge").await, Some(1));
    let used = ask(&world, member, "lounge").await.unwrap();
    assert!(used.extra);
    assert!(ask(&world, member, "lounge").await.is_err());
    give_back(&world, member, &used).await.unwrap();
    assert_eq!(left(&world, member, "lounge").await, Some(1));
}

#[tokio::test]
async fn of_a_stock_of_ten_exactly_ten_are_used_however_many_ask_at_once() {
    let world = world().await;
    let mut members = Vec::new();
    for _ in 0..32 {
        members.push(world.join().await);
    }
    let asked = members.iter().map(|member| ask(&world, *member, "concert"));
    let outcomes = futures_util::future::join_all(asked).await;
    assert_eq!(
        outcomes.iter().filter(|outcome| outcome.is_ok()).count(),
        10
    );
    for refused in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
        assert_eq!(refused.code(), Code::FailedPrecondition);
    }
    let used = outcomes
        .iter()
        .zip(&members)
        .find_map(|(one, member)| Some((one.as_ref().ok()?, member)));
    let (used, member) = used.unwrap();
    give_back(&world, *member, used).await.unwrap();
    let entitled = entitled(&world.loyalty, *member, "concert").await.unwrap();
    assert_eq!(entitled.entitlement.stock_left, Some(1));
}
