//! Acts earn by their rules, and stand before purchases of the same instant.

use super::shop::{Shop, act, bought};
use crate::app::rating::Fact;

const SHARING: &str = "
displayName: Sharing
timeZone: Asia/Shanghai
wallets:
  - walletId: POINTS
    displayName: Points
earningRules:
  - ruleId: share
    displayName: Share
    activityType: share
    condition: \"activity.attributes[?'network'].orValue('') == 'wechat'\"
    fixedPoints: 5
    caps: [{period: PERIOD_MONTH, times: 2}]
    cooldownSeconds: 3600
  - ruleId: after-share
    displayName: After a share
    order: {}
    condition: \"!member.is_first_order\"
    fixedPoints: 3
";

fn share(activity_id: &str, occurred_at: &str, network: &str) -> Fact {
    let mut act = act("share", activity_id, occurred_at);
    act.attributes
        .insert("network".to_owned(), network.to_owned());
    Fact::Did(act)
}

#[tokio::test]
async fn an_act_earns_once_under_its_condition_its_cap_and_its_cool_down() {
    let shop = Shop::with(SHARING).await;
    let first = share("a", "2026-05-01T00:00:00Z", "wechat");
    shop.hear(first.clone()).await;
    shop.hear(first).await;
    shop.hear(share("b", "2026-05-01T00:59:59Z", "wechat"))
        .await;
    shop.hear(share("c", "2026-05-02T00:00:00Z", "weibo")).await;
    assert_eq!(shop.figures().await, [5, 0, 0, 5]);
    shop.hear(share("d", "2026-05-03T00:00:00Z", "wechat"))
        .await;
    shop.hear(share("e", "2026-05-04T00:00:00Z", "wechat"))
        .await;
    assert_eq!(shop.figures().await, [10, 0, 0, 10], "twice a month");
    shop.hear(share("f", "2026-04-30T23:30:00Z", "wechat"))
        .await;
    assert_eq!(
        shop.figures().await,
        [10, 0, 0, 10],
        "1 May in Shanghai: it cools down `a`, frees nobody, and `b` is over an hour after it"
    );
}

#[tokio::test]
async fn an_act_of_a_stranger_makes_a_member() {
    let shop = Shop::with(SHARING).await;
    shop.hear(share("a", "2026-05-01T00:00:00Z", "wechat"))
        .await;
    shop.hear(bought("o", "2026-05-02T00:00:00Z", &[100])).await;
    shop.hear(bought("p", "2026-05-03T00:00:00Z", &[100])).await;
    assert_eq!(shop.figures().await, [8, 0, 0, 8]);
    assert_eq!(shop.count("SELECT count(*) FROM holders").await, 1);
}
