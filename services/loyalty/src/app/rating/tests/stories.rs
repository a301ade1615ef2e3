//! What becomes of points when purchases are told in every order.

use contract::patron::loyalty::v1 as contract;

use super::shop::{MEMBER, PLAIN, Shop, act, at, bought, returned};
use crate::app::books::Books;
use crate::app::rating::Fact;
use crate::app::redeem::Redeem;
use crate::app::writer::Command as _;
use crate::domain::ledger::{Points, WalletId};

#[tokio::test]
async fn a_return_takes_back_what_the_rest_would_not_have_earned_and_comes_once() {
    let shop = Shop::with(PLAIN).await;
    shop.hear(bought("o", "2026-05-01T00:00:00Z", &[9_950, 10_050]))
        .await;
    assert_eq!(shop.figures().await, [200, 0, 0, 200]);
    let back = returned("r", "o", (0, 1, 4_975));
    shop.hear(back.clone()).await;
    shop.hear(back).await;
    assert_eq!(
        shop.figures().await,
        [150, 0, 0, 150],
        "200.00 less 49.75, rounded once"
    );
    shop.hear(returned("r2", "o", (0, 1, 4_000))).await;
    assert_eq!(
        shop.figures().await,
        [100, 0, 0, 100],
        "no piece of the line is left, fee or not"
    );
    shop.hear(returned("r3", "o", (1, 2, 10_050))).await;
    assert_eq!(shop.figures().await, [0, 0, 0, 0]);
}

#[tokio::test]
async fn a_return_that_comes_before_its_purchase_waits_for_it() {
    let shop = Shop::with(PLAIN).await;
    shop.hear(returned("r", "o", (0, 1, 5_000))).await;
    assert_eq!(shop.count("SELECT count(*) FROM holders").await, 0);
    shop.hear(bought("o", "2026-05-01T00:00:00Z", &[10_000]))
        .await;
    assert_eq!(shop.figures().await, [50, 0, 0, 50]);
    shop.hear(returned("r", "o", (0, 1, 5_000))).await;
    assert_eq!(
        shop.figures().await,
        [50, 0, 0, 50],
        "the same return again"
    );
}

#[tokio::test]
async fn a_purchase_and_its_return_in_one_batch_are_told_one_after_the_other() {
    let shop = Shop::with(PLAIN).await;
    let facts = [
        bought("o", "2026-05-01T00:00:00Z", &[10_000]),
        bought("p", "2026-05-02T00:00:00Z", &[10_000]),
        returned("r", "o", (0, 1, 5_000)),
        returned("r2", "o", (0, 1, 5_000)),
        bought("q", "2026-05-03T00:00:00Z", &[300]),
    ];
    shop.try_hear(&facts).await.unwrap();
    assert_eq!(shop.figures().await, [103, 0, 0, 103]);
    let taken: Vec<contract::PointsClawedBack> = shop.0.announced().await;
    let amounts = taken.iter().map(|one| (one.reference.as_str(), one.amount));
    assert_eq!(amounts.collect::<Vec<_>>(), [("r", 50), ("r2", 50)]);
}

#[tokio::test]
async fn a_purchase_earns_by_the_version_of_its_time_and_gives_back_by_the_same() {
    let shop = Shop::with(PLAIN).await;
    let triple = PLAIN.replace("numerator: 1", "numerator: 3");
    shop.supersede(2, &triple, "2026-04-01T00:00:00Z").await;
    shop.hear(bought("new", "2026-05-01T00:00:00Z", &[10_000]))
        .await;
    shop.hear(bought("old", "2026-03-31T23:59:59Z", &[10_000]))
        .await;
    assert_eq!(shop.figures().await, [400, 0, 0, 400]);
    shop.hear(returned("r", "old", (0, 1, 4_050))).await;
    assert_eq!(shop.figures().await, [359, 0, 0, 359]);
}

/// The first purchase of a day is capped at 100 points, the first of all brings 1,000.
const LOOKING_BACK: &str = "
displayName: Looking back
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
    caps: [{period: PERIOD_DAY, points: 100}]
  - ruleId: first
    displayName: First
    order: {}
    condition: member.is_first_order
    fixedPoints: 1000
";

#[tokio::test]
async fn a_purchase_that_comes_late_takes_the_cap_and_the_first_place_that_are_its_own() {
    let shop = Shop::with(LOOKING_BACK).await;
    shop.hear(bought("noon", "2026-05-01T04:00:00Z", &[8_000]))
        .await;
    shop.hear(bought("evening", "2026-05-01T10:00:00Z", &[5_000]))
        .await;
    assert_eq!(shop.figures().await, [1_100, 0, 0, 1_100]);
    shop.hear(bought("morning", "2026-05-01T01:00:00Z", &[6_000]))
        .await;
    assert_eq!(shop.figures().await, [1_100, 0, 0, 1_100]);
    let awards = |order: &str| {
        format!(
            "SELECT sum((award->>'points')::bigint)::bigint FROM ratings, jsonb_array_elements(awards) \
         AS award WHERE reference = '{order}'"
        )
    };
    for (order, points) in [("morning", 1_060), ("noon", 40)] {
        let sum: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(awards(order)))
            .fetch_one(shop.0.database.owner_pool())
            .await
            .unwrap();
        assert_eq!(sum, points, "{order}");
    }
}

#[tokio::test]
async fn what_is_wholly_returned_leaves_its_cap_and_its_first_place_to_others() {
    let shop = Shop::with(LOOKING_BACK).await;
    shop.hear(bought("morning", "2026-05-01T01:00:00Z", &[9_000]))
        .await;
    shop.hear(bought("noon", "2026-05-01T04:00:00Z", &[8_000]))
        .await;
    assert_eq!(shop.figures().await, [1_100, 0, 0, 1_100]);
    shop.hear(returned("r", "morning", (0, 2, 9_000))).await;
    assert_eq!(
        shop.figures().await,
        [1_080, 0, 0, 1_080],
        "as if only noon had been"
    );
}

#[tokio::test]
async fn points_that_were_spent_on_what_is_returned_come_back_in_proportion() {
    let shop = Shop::with(PLAIN).await;
    shop.hear(bought("earlier", "2026-05-01T00:00:00Z", &[100_000]))
        .await;
    let spend = Redeem {
        customer_id: MEMBER,
        wallet_id: None,
        points: Points::new(301),
        reference: "o".to_owned(),
        reward_id: String::new(),
    };
    let mut tx = shop.0.loyalty.db.begin().await.unwrap();
    let mut books = Books::open(&shop.0.loyalty, &mut tx, &[spend.need()])
        .await
        .unwrap();
    spend.decide(&books).unwrap().enter(&mut books, "").unwrap();
    books.write(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    shop.hear(bought("o", "2026-05-02T00:00:00Z", &[3_000, 3_000]))
        .await;
    assert_eq!(shop.figures().await[0], 1_000 - 301 + 60);

    shop.hear(returned("r", "o", (0, 2, 3_000))).await;
    assert_eq!(shop.figures().await[0], 1_000 - 301 + 30 + 151);
    shop.hear(returned("r2", "o", (1, 2, 3_000))).await;
    assert_eq!(
        shop.figures().await,
        [1_000, 0, 0, 1_000],
        "as if it had never been"
    );
    let restored: Vec<contract::PointsRestored> = shop.0.announced().await;
    assert_eq!(
        restored.iter().map(|one| one.amount).collect::<Vec<_>>(),
        [151, 150]
    );
}

/// Points of a purchase wait for its delivery, or for two weeks.
const PENDING: &str = "
displayName: Pending
timeZone: Asia/Shanghai
wallets:
  - walletId: POINTS
    displayName: Points
    debt: {mode: MODE_UNLIMITED}
    pending: {days: 14, activityType: delivered}
earningRules:
  - ruleId: base
    displayName: Base
    order: {}
    perCurrencyUnit: {numerator: 1}
";

#[tokio::test]
async fn points_wait_for_the_delivery_whichever_of_the_two_is_told_first() {
    let shop = Shop::with(PENDING).await;
    let delivered = |order_id: &str| {
        let mut act = act(
            "delivered",
            &format!("d-{order_id}"),
            "2026-05-31T00:00:00Z",
        );
        act.attributes
            .insert("order_id".to_owned(), order_id.to_owned());
        Fact::Did(act)
    };
    shop.hear(bought("o", "2026-05-30T00:00:00Z", &[10_000]))
        .await;
    assert_eq!(shop.figures().await, [0, 100, 0, 100]);
    shop.hear(returned("r", "o", (0, 1, 5_000))).await;
    assert_eq!(
        shop.figures().await,
        [0, 50, 0, 50],
        "pending points are cancelled exactly"
    );
    shop.hear(delivered("o")).await;
    assert_eq!(shop.figures().await, [50, 0, 0, 50]);
    shop.hear(delivered("p")).await;
    shop.hear(bought("p", "2026-05-30T00:00:00Z", &[700])).await;
    assert_eq!(shop.figures().await, [57, 0, 0, 57]);
    shop.hear(bought("old", "2026-05-10T00:00:00Z", &[100]))
        .await;
    assert_eq!(
        shop.figures().await,
        [58, 0, 0, 58],
        "its two weeks are over"
    );
    let due: Option<jiff_sqlx::Timestamp> =
        sqlx::query_scalar("SELECT active_at FROM lots WHERE reference = 'o'")
            .fetch_one(shop.0.database.owner_pool())
            .await
            .unwrap();
    assert_eq!(due.unwrap().to_jiff(), at("2026-06-12T16:00:00Z"));
}

#[tokio::test]
async fn each_operation_is_explained_by_rules_limits_and_lines() {
    use contract::operation_details::Details;
    use prost::Message as _;
    let shop = Shop::with(LOOKING_BACK).await;
    shop.hear(bought("o", "2026-05-01T01:00:00Z", &[9_000, 3_000]))
        .await;
    let details: Vec<u8> = sqlx::query_scalar("SELECT details FROM operations")
        .fetch_one(shop.0.database.owner_pool())
        .await
        .unwrap();
    let details = contract::OperationDetails::decode(details.as_slice()).unwrap();
    let Some(Details::Rated(rated)) = details.details else {
        panic!("{details:?}");
    };
    assert_eq!((details.program_version, rated.points), (1, 1_100));
    let rules = rated
        .rules
        .iter()
        .map(|rule| (rule.rule_id.as_str(), &*rule.exact, rule.points));
    assert_eq!(
        rules.collect::<Vec<_>>(),
        [("base", "12000/100", 100), ("first", "1000/1", 1_000)]
    );
    let limit = &rated.rules[0].limits[0];
    assert_eq!((limit.limit, limit.used_before), (100, 0));
    let lines = rated
        .lines
        .iter()
        .map(|line| (line.line_id.as_str(), line.points));
    assert_eq!(lines.collect::<Vec<_>>(), [("0", 825), ("1", 275)]);
    assert_eq!(
        rated
            .facts
            .unwrap()
            .read
            .get("member.is_first_order")
            .unwrap(),
        "true"
    );
    let wallet = WalletId::POINTS.to_string();
    let earned: Vec<contract::PointsEarned> = shop.0.announced().await;
    assert_eq!((earned[0].amount, &earned[0].wallet_id), (1_100, &wallet));
}
