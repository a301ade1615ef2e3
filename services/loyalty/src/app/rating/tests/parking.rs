//! What can't be rated is not lost.

use contract::patron::loyalty::v1 as contract;

use super::super::Fact;
use super::super::parked::try_all;
use super::shop::{MEMBER, PLAIN, Shop, bought, returned, sale};
use crate::domain::sales::Sale;

const BROKEN: &str = "
displayName: Broken
timeZone: Asia/Shanghai
wallets:
  - walletId: POINTS
    displayName: Points
    debt: {mode: MODE_UNLIMITED}
earningRules:
  - ruleId: base
    displayName: Base
    order: {}
    perCurrencyUnit: {numerator: 1}
    condition: 100 / (order.total_minor - 5000) >= -100
";

#[tokio::test]
async fn a_purchase_that_cant_be_rated_is_parked_and_rated_when_another_version_is_in_force() {
    let shop = Shop::with(BROKEN).await;
    shop.hear(bought("o", "2026-05-01T00:00:00Z", &[5_000]))
        .await;
    shop.hear(bought("p", "2026-05-02T00:00:00Z", &[6_000]))
        .await;
    assert_eq!(
        shop.figures().await,
        [60, 0, 0, 60],
        "later purchases go on"
    );
    let parked: Vec<contract::RatingParked> = shop.0.announced().await;
    assert_eq!(
        (parked[0].order_id.as_str(), parked[0].rule_id.as_str()),
        ("o", "base")
    );
    assert!(
        parked[0].detail.contains("division by zero"),
        "{}",
        parked[0].detail
    );
    try_all(&shop.0.loyalty).await.unwrap();
    assert_eq!(
        shop.count("SELECT attempts::bigint FROM parked_ratings")
            .await,
        1
    );
    assert_eq!(shop.0.loyalty.parked.get(), 1);

    shop.supersede(2, PLAIN, "2026-05-31T00:00:00Z").await;
    try_all(&shop.0.loyalty).await.unwrap();
    assert_eq!(shop.figures().await, [110, 0, 0, 110]);
    assert_eq!(shop.count("SELECT count(*) FROM parked_ratings").await, 0);
    assert_eq!(shop.0.loyalty.parked.get(), 0);
    shop.hear(returned("r", "o", (0, 1, 1_000))).await;
    assert_eq!(
        shop.figures().await,
        [100, 0, 0, 100],
        "by the version that rated it"
    );
}

#[tokio::test]
async fn a_return_that_cant_be_rated_leaves_the_points_until_it_can() {
    let shop = Shop::with(BROKEN).await;
    shop.hear(bought("o", "2026-05-01T00:00:00Z", &[5_000, 1_000]))
        .await;
    assert_eq!(shop.figures().await, [60, 0, 0, 60]);
    shop.hear(returned("r", "o", (1, 2, 1_000))).await;
    assert_eq!(shop.figures().await, [60, 0, 0, 60]);
    assert_eq!(shop.count("SELECT count(*) FROM parked_ratings").await, 1);
    shop.hear(returned("r2", "o", (0, 1, 1_000))).await;
    assert_eq!(shop.figures().await, [40, 0, 0, 40]);
    assert_eq!(shop.count("SELECT count(*) FROM parked_ratings").await, 0);
}

#[tokio::test]
async fn what_can_not_be_tried_again_keeps_nothing_else_from_it() {
    let shop = Shop::with(BROKEN).await;
    let broken = shop.0.loyalty.clock.new_id();
    let earlier = Sale {
        customer_id: broken,
        ..sale("n", "2026-05-01T00:00:00Z", &[5_000])
    };
    shop.hear(Fact::Bought(earlier)).await;
    shop.hear(bought("o", "2026-05-02T00:00:00Z", &[5_000]))
        .await;
    shop.supersede(2, PLAIN, "2026-05-31T00:00:00Z").await;
    shop.0.break_down("ratings", broken).await;
    try_all(&shop.0.loyalty).await.unwrap();
    assert_eq!(shop.figures().await, [50, 0, 0, 50], "of {MEMBER}");
    assert_eq!(shop.0.loyalty.parked.get(), 1, "the other one waits");
    shop.0.repair().await;
    try_all(&shop.0.loyalty).await.unwrap();
    assert_eq!(shop.0.loyalty.parked.get(), 0);
}
