//! Rewards: nothing is oversold, nobody has more than allowed, and what comes back comes back whole.

use contract::patron::loyalty::v1 as api;
use jiff::SignedDuration;
use testkit::{metadata, reason, until};
use tonic::Code;
use uuid::Uuid;

use api::return_reward_order_request::Part;
use api::reward_offer::Obstacle;
use api::reward_order::State;

use crate::all::shop::{Shop, deduction, fiver, mug, pounds};

#[tokio::test]
async fn a_reward_costs_its_points_and_a_piece_once_for_each_request() {
    let shop = Shop::open(|document| document.rewards = vec![mug(30, 5)]).await;
    let customer_id = shop.bench.member(100).await;
    let request = api::OrderRewardRequest {
        quantity: 2,
        ..shop.ordering(customer_id, "mug")
    };
    let order = shop.order(request.clone()).await.unwrap();
    assert_eq!(shop.order(request).await.unwrap(), order);
    assert_eq!(
        (order.state(), order.points, order.available_after),
        (State::Completed, 60, 40)
    );
    assert_eq!(shop.available(customer_id).await, 40);
    assert_eq!(shop.stock("mug").await.left, 3);

    let read = api::GetRewardOrderRequest {
        customer_id: customer_id.to_string(),
        reward_order_id: order.reward_order_id.clone(),
    };
    let read = shop
        .rewards()
        .get_reward_order(read)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        api::RewardOrder {
            available_after: 40,
            ..read
        },
        order
    );

    let refused = shop.order(shop.ordering(customer_id, "mug")).await;
    assert!(refused.is_ok());
    let refused = shop
        .order(shop.ordering(customer_id, "mug"))
        .await
        .unwrap_err();
    assert_eq!(reason(&refused), "INSUFFICIENT_POINTS");
    assert_eq!(shop.stock("mug").await.left, 2);
    let refused = shop
        .order(shop.ordering(customer_id, "cup"))
        .await
        .unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused)),
        (Code::NotFound, "REWARD_NOT_FOUND".to_owned())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_64_buyers_of_10_pieces_exactly_10_get_one() {
    // Nobody gets far by waiting for a connection: the crowd has to wait before the pool.
    let limit = |limits: &mut postgres::DatabaseConfig| limits.acquire_timeout_ms = 500;
    let shop = Shop::open_with(|document| document.rewards = vec![mug(10, 10)], limit).await;
    let buyers = members(&shop, 64, 10).await;
    let orders = buyers
        .iter()
        .map(|buyer| shop.order(shop.ordering(*buyer, "mug")));
    let outcomes = futures_util::future::join_all(orders).await;
    let (got, refused): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert_eq!(got.len(), 10);
    for status in refused.into_iter().map(Result::unwrap_err) {
        assert_eq!(reason(&status), "REWARD_OUT_OF_STOCK", "{status:?}");
        assert_eq!(metadata(&status, "left"), "0");
    }
    assert_eq!(shop.stock("mug").await.left, 0);
    let mut left = 0;
    for buyer in buyers {
        left += shop.available(buyer).await;
    }
    assert_eq!(left, 540);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_gets_no_more_than_allowed_however_many_calls_race() {
    let limited = api::Reward {
        per_member_limit: 2,
        per_member_period: api::Period::Month.into(),
        ..mug(1, 0)
    };
    let shop = Shop::open(|document| document.rewards = vec![limited]).await;
    let customer_id = shop.bench.member(100).await;
    let calls = (0..16).map(|_| shop.order(shop.ordering(customer_id, "mug")));
    let outcomes = futures_util::future::join_all(calls).await;
    let orders: Vec<_> = outcomes
        .iter()
        .filter_map(|outcome| outcome.as_ref().ok())
        .collect();
    assert_eq!(orders.len(), 2);
    for status in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
        assert_eq!(reason(status), "REWARD_LIMIT_REACHED", "{status:?}");
    }
    shop.give_back(orders[0], None).await.unwrap();
    assert!(shop.order(shop.ordering(customer_id, "mug")).await.is_ok());
    // In the next month of the program's zone.
    shop.bench
        .clock
        .advance(SignedDuration::from_hours(24 * 27));
    assert!(shop.order(shop.ordering(customer_id, "mug")).await.is_ok());
}

#[tokio::test]
async fn what_is_held_is_confirmed_or_canceled_once() {
    let shop = Shop::open(|document| document.rewards = vec![mug(30, 5)]).await;
    let customer_id = shop.bench.member(100).await;
    let holding = || api::OrderRewardRequest {
        hold: true,
        ..shop.ordering(customer_id, "mug")
    };
    let held = shop.order(holding()).await.unwrap();
    assert_eq!(
        (held.state(), held.redemption_id.as_str()),
        (State::Held, "")
    );
    assert_eq!(
        (
            shop.available(customer_id).await,
            shop.stock("mug").await.left
        ),
        (70, 4)
    );
    let confirm = |order: &api::RewardOrder| api::ConfirmRewardOrderRequest {
        customer_id: order.customer_id.clone(),
        reward_order_id: order.reward_order_id.clone(),
        request_id: shop.id(),
    };
    let confirmed = shop
        .rewards()
        .confirm_reward_order(confirm(&held))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(confirmed.state(), State::Completed);
    let refused = shop
        .rewards()
        .confirm_reward_order(confirm(&held))
        .await
        .unwrap_err();
    assert_eq!(reason(&refused), "REWARD_ORDER_STATE_FORBIDS");
    assert_eq!(metadata(&refused, "state"), "COMPLETED");

    let held = shop.order(holding()).await.unwrap();
    let cancel = api::CancelRewardOrderRequest {
        customer_id: held.customer_id.clone(),
        reward_order_id: held.reward_order_id.clone(),
        request_id: shop.id(),
    };
    let canceled = shop
        .rewards()
        .cancel_reward_order(cancel)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (canceled.state(), canceled.available_after),
        (State::Canceled, 70)
    );
    assert_eq!(shop.stock("mug").await.left, 4);

    // Confirmed and returned: as if it had never been.
    shop.give_back(&confirmed, None).await.unwrap();
    assert_eq!(
        (
            shop.available(customer_id).await,
            shop.stock("mug").await.left
        ),
        (100, 5)
    );
}

#[tokio::test]
async fn an_order_that_is_not_confirmed_in_time_gives_everything_back() {
    let shop = Shop::open(|document| document.rewards = vec![mug(30, 5)]).await;
    let customer_id = shop.bench.member(100).await;
    let held = api::OrderRewardRequest {
        hold: true,
        hold_seconds: 60,
        ..shop.ordering(customer_id, "mug")
    };
    let held = shop.order(held).await.unwrap();
    shop.bench.clock.advance(SignedDuration::from_secs(60));
    let confirm = api::ConfirmRewardOrderRequest {
        customer_id: held.customer_id.clone(),
        reward_order_id: held.reward_order_id.clone(),
        request_id: shop.id(),
    };
    let refused = shop
        .rewards()
        .confirm_reward_order(confirm)
        .await
        .unwrap_err();
    assert_eq!(metadata(&refused, "state"), "LAPSED");
    until("the stock is back", async || {
        (shop.stock("mug").await.left == 5).then_some(())
    })
    .await;
    assert_eq!(shop.available(customer_id).await, 100);
}

#[tokio::test]
async fn parts_of_a_cash_deduction_come_back_exactly() {
    let shop = Shop::open(|document| document.rewards = vec![deduction(7, 10)]).await;
    let customer_id = shop.bench.member(100).await;
    let quote = |basket| api::QuoteRewardRequest {
        customer_id: customer_id.to_string(),
        reward_id: "off".to_owned(),
        basket: Some(pounds(basket)),
        ..api::QuoteRewardRequest::default()
    };
    let quote = shop
        .rewards()
        .quote_reward(quote(1_000))
        .await
        .unwrap()
        .into_inner();
    // Of 100 points, 14 steps of 7.
    assert_eq!((quote.quantity, quote.points), (14, 98));
    assert_eq!(quote.deduction, Some(pounds(140)));
    let request = api::OrderRewardRequest {
        quote: quote.quote.clone(),
        ..shop.ordering(customer_id, "off")
    };
    let order = shop.order(request.clone()).await.unwrap();
    assert_eq!(order.available_after, 2);
    let again = api::OrderRewardRequest {
        request_id: shop.id(),
        ..request
    };
    shop.bench.bought(customer_id, "o-2", 200).await;
    assert_eq!(
        reason(&shop.order(again).await.unwrap_err()),
        "QUOTE_INVALID"
    );

    let mut restored = 0;
    for (part, state) in [
        (33, State::PartlyReturned),
        (50, State::PartlyReturned),
        (57, State::Returned),
    ] {
        let back = shop
            .give_back(&order, Some(Part::Deduction(pounds(part))))
            .await
            .unwrap();
        assert_eq!(back.state(), state);
        assert!(back.restored_points > restored);
        restored = back.restored_points;
    }
    assert_eq!(restored, 98);
    assert_eq!(shop.available(customer_id).await, 300);
    let refused = shop.give_back(&order, None).await.unwrap_err();
    assert_eq!(reason(&refused), "REWARD_ORDER_STATE_FORBIDS");
}

#[tokio::test]
async fn a_quote_is_good_for_its_member_and_its_time_alone() {
    let shop = Shop::open(|document| document.rewards = vec![deduction(1, 1), mug(5, 0)]).await;
    let (anna, boris) = (shop.bench.member(100).await, shop.bench.member(100).await);
    let quote = api::QuoteRewardRequest {
        customer_id: anna.to_string(),
        reward_id: "off".to_owned(),
        basket: Some(pounds(50)),
        ..api::QuoteRewardRequest::default()
    };
    let quote = shop
        .rewards()
        .quote_reward(quote)
        .await
        .unwrap()
        .into_inner()
        .quote;
    let with = |customer_id: Uuid, reward_id: &str, quote: &str| api::OrderRewardRequest {
        quote: quote.to_owned(),
        ..shop.ordering(customer_id, reward_id)
    };
    for request in [
        with(boris, "off", &quote),
        with(anna, "mug", &quote),
        with(anna, "off", "x"),
        with(anna, "off", ""),
    ] {
        assert_eq!(
            reason(&shop.order(request).await.unwrap_err()),
            "QUOTE_INVALID"
        );
    }
    shop.bench.clock.advance(SignedDuration::from_mins(15));
    let refused = shop.order(with(anna, "off", &quote)).await.unwrap_err();
    assert_eq!(reason(&refused), "QUOTE_EXPIRED");
    assert_eq!(shop.available(anna).await, 100);
}

#[tokio::test]
async fn offers_tell_what_stands_in_the_way() {
    let gold = api::TierGate {
        ladder_id: "status".to_owned(),
        tier_ids: vec!["gold".to_owned()],
    };
    let later = contract::time::timestamp("2026-04-01T00:00:00Z".parse().unwrap());
    let rewards = vec![
        mug(10, 0),
        api::Reward {
            reward_id: "ring".to_owned(),
            gates: vec![gold],
            ..mug(10, 0)
        },
        api::Reward {
            reward_id: "vase".to_owned(),
            start_time: Some(later),
            ..mug(1_000, 0)
        },
    ];
    let shop = Shop::open(|document| document.rewards = rewards).await;
    let customer_id = shop.bench.member(100).await;
    let list = api::ListRewardsRequest {
        customer_id: customer_id.to_string(),
        page_size: 2,
        page_token: String::new(),
    };
    let first = shop
        .rewards()
        .list_rewards(list.clone())
        .await
        .unwrap()
        .into_inner();
    let second = api::ListRewardsRequest {
        page_token: first.next_page_token,
        ..list
    };
    let second = shop
        .rewards()
        .list_rewards(second)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(second.next_page_token, "");
    let obstacles: Vec<Vec<_>> = first
        .offers
        .iter()
        .chain(&second.offers)
        .map(|offer| offer.obstacles().collect())
        .collect();
    assert_eq!(
        obstacles,
        [
            vec![],
            vec![Obstacle::Tier],
            vec![Obstacle::NotStarted, Obstacle::Points]
        ]
    );
    assert!(first.offers[0].can_order);
    assert_eq!(second.offers[0].points_missing, 900);
    for (reward_id, why) in [
        ("ring", "REWARD_NOT_ELIGIBLE"),
        ("vase", "REWARD_NOT_ON_OFFER"),
    ] {
        let refused = shop
            .order(shop.ordering(customer_id, reward_id))
            .await
            .unwrap_err();
        assert_eq!(reason(&refused), why);
    }
}

#[tokio::test]
async fn operators_put_pieces_in_and_take_out_no_more_than_are_left() {
    let shop = Shop::open(|document| document.rewards = vec![mug(1, 5)]).await;
    let adjust = |change, etag: &str| api::AdjustRewardStockRequest {
        program_id: "default".to_owned(),
        reward_id: "mug".to_owned(),
        change,
        etag: etag.to_owned(),
        request_id: shop.id(),
    };
    let first = shop.stock("mug").await;
    let more = shop
        .rewards()
        .adjust_reward_stock(adjust(3, &first.etag))
        .await
        .unwrap()
        .into_inner();
    assert_eq!((more.planned, more.adjusted, more.left), (5, 3, 8));
    let stale = shop
        .rewards()
        .adjust_reward_stock(adjust(1, &first.etag))
        .await
        .unwrap_err();
    assert_eq!(reason(&stale), "ETAG_MISMATCH");
    let refused = shop
        .rewards()
        .adjust_reward_stock(adjust(-9, ""))
        .await
        .unwrap_err();
    assert_eq!(
        (reason(&refused), metadata(&refused, "left")),
        ("REWARD_OUT_OF_STOCK".to_owned(), "8".to_owned())
    );
    let none = shop
        .rewards()
        .adjust_reward_stock(adjust(-8, ""))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(none.left, 0);
    let customer_id = shop.bench.member(10).await;
    let refused = shop
        .order(shop.ordering(customer_id, "mug"))
        .await
        .unwrap_err();
    assert_eq!(reason(&refused), "REWARD_OUT_OF_STOCK");
}

#[tokio::test]
async fn a_coupon_that_was_bought_comes_back_while_it_is_unused() {
    let reward = api::Reward {
        reward_id: "coupon".to_owned(),
        kind: api::reward::Kind::Coupon.into(),
        grant: Some(api::Grant {
            grant: Some(api::grant::Grant::CouponTemplateId("fiver".to_owned())),
        }),
        ..mug(40, 0)
    };
    let shop = Shop::open(|document| {
        document.rewards = vec![reward];
        document.coupon_templates = vec![fiver()];
    })
    .await;
    let customer_id = shop.bench.member(100).await;
    let mut orders = Vec::new();
    for _ in 0..2 {
        orders.push(
            shop.order(shop.ordering(customer_id, "coupon"))
                .await
                .unwrap(),
        );
    }
    let grants = api::ListGrantsRequest {
        customer_id: customer_id.to_string(),
        ..api::ListGrantsRequest::default()
    };
    let grants = shop
        .grants()
        .list_grants(grants)
        .await
        .unwrap()
        .into_inner()
        .grants;
    let code_of = |order: &api::RewardOrder| {
        let given = grants
            .iter()
            .find(|given| order.grant_ids.contains(&given.grant_id));
        given.unwrap().coupon_code.clone()
    };
    let (used, unused) = (code_of(&orders[0]), code_of(&orders[1]));
    let reservation = shop
        .reserve(shop.reserving(customer_id, &[&used], &[2_000]))
        .await
        .unwrap();
    shop.use_coupons(&reservation, "o-9").await.unwrap();

    let refused = shop.give_back(&orders[0], None).await.unwrap_err();
    assert_eq!(reason(&refused), "COUPON_ALREADY_USED");
    let back = shop.give_back(&orders[1], None).await.unwrap();
    assert_eq!((back.state(), back.available_after), (State::Returned, 60));
    let unused = shop.coupon(&unused).await.unwrap();
    assert_eq!(unused.state(), api::coupon::State::Voided);
}

/// Members with so many points each.
async fn members(shop: &Shop, count: usize, points: i64) -> Vec<Uuid> {
    let members = (0..count).map(|_| shop.bench.member(points));
    futures_util::future::join_all(members).await
}
