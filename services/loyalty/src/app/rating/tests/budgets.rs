//! Budgets stop exactly, also when many take from them at once.

use futures_util::future::join_all;
use uuid::Uuid;

use super::shop::{Shop, bought, returned, sale};
use crate::app::rating::Fact;

/// 7 points for each purchase, 1,000 for all.
const BOUNDED: &str = "
displayName: Bounded
timeZone: Asia/Shanghai
wallets:
  - walletId: POINTS
    displayName: Points
campaigns:
  - campaignId: gift
    displayName: Gift
    budgetPoints: 1000
    rules:
      - ruleId: gift
        displayName: Gift
        order: {}
        fixedPoints: 7
";

#[tokio::test]
async fn a_crowd_takes_a_budget_to_the_last_point_and_not_beyond() {
    let shop = Shop::with(BOUNDED).await;
    let buys = (0..200_u128).map(|number| {
        let mut sale = sale("o", "2026-05-01T00:00:00Z", &[100]);
        sale.customer_id = Uuid::from_u128(number + 1);
        let shop = &shop;
        async move { shop.try_hear(&[Fact::Bought(sale)]).await }
    });
    for heard in join_all(buys).await {
        heard.unwrap();
    }
    let earned = "SELECT coalesce(sum(lifetime_earned), 0)::bigint FROM wallets";
    assert_eq!(shop.count(earned).await, 1_000);
    assert_eq!(
        shop.count("SELECT spent FROM campaign_budgets").await,
        1_000
    );
    let of_seven = "SELECT count(*) FROM wallets WHERE lifetime_earned = 7";
    assert_eq!(shop.count(of_seven).await, 142);
}

#[tokio::test]
async fn a_return_gives_the_budget_back_and_the_members_next_purchase_has_it() {
    let bounded = BOUNDED.replace("1000", "10");
    let shop = Shop::with(&bounded).await;
    shop.hear(bought("o", "2026-05-01T00:00:00Z", &[100])).await;
    shop.hear(bought("p", "2026-05-02T00:00:00Z", &[100])).await;
    assert_eq!(shop.figures().await, [10, 0, 0, 10]);
    shop.hear(returned("r", "o", (0, 2, 100))).await;
    assert_eq!(
        shop.figures().await,
        [7, 0, 0, 7],
        "as if the first had never been"
    );
    assert_eq!(shop.count("SELECT spent FROM campaign_budgets").await, 7);
    shop.hear(bought("early", "2026-04-30T00:00:00Z", &[100]))
        .await;
    assert_eq!(shop.figures().await, [10, 0, 0, 10]);
}
