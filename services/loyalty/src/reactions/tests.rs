//! Hand-made events on a real database.

mod bench;
mod identities;
mod throughput;

use contract::patron::loyalty::v1 as announced;
use contract::patron::r#type::v1::Money;

use super::*;
use crate::app::read;
use crate::app::writer::try_out;
use bench::{Bench, CUSTOMER, bought, event, gave_back, order, redeem};

#[tokio::test]
async fn a_customer_becomes_a_member_once() {
    let bench = Bench::new().await;
    let created = CustomerCreated {
        customer_id: CUSTOMER.to_string(),
        ..CustomerCreated::default()
    };
    bench.hear(&created).await.unwrap();
    bench.hear(&created).await.unwrap();
    assert_eq!(bench.figures().await, (0, 0, 0));
    assert_eq!(bench.names_announced().await, ["MemberEnrolled"]);
}

#[tokio::test]
async fn an_order_earns_once_however_often_it_comes_and_makes_a_member_where_there_is_none() {
    let bench = Bench::new().await;
    for _ in 0..3 {
        bench.hear(&bought("o-1", 12_399)).await.unwrap();
    }
    bench.hear(&bought("o-2", 99)).await.unwrap();
    assert_eq!(bench.figures().await, (123, 0, 123));
    assert_eq!(
        bench.names_announced().await,
        ["MemberEnrolled", "PointsEarned"]
    );
    let earned: announced::PointsEarned = bench.last_announced().await;
    assert_eq!(
        (earned.amount, earned.debt_repaid, earned.available_after),
        (123, 0, 123)
    );
    assert_eq!(earned.reference, "o-1");
}

#[tokio::test]
async fn a_return_takes_from_its_own_lot_then_from_others_then_into_debt_which_is_repaid_first() {
    let bench = Bench::new().await;
    let (first, second) = (bought("o-1", 10_000), bought("o-2", 5_000));
    bench.hear(&first).await.unwrap();
    bench.hear(&second).await.unwrap();
    bench.spend(80).await;
    assert_eq!(bench.figures().await, (70, 0, 150));

    let half = gave_back("r-1", &first, 5_000, 5);
    bench.hear(&half).await.unwrap();
    bench.hear(&half).await.unwrap();
    assert_eq!(
        bench.figures().await,
        (20, 0, 100),
        "20 of its own lot, 30 of the other's 50"
    );

    bench
        .hear(&gave_back("r-2", &first, 4_000, 5))
        .await
        .unwrap();
    assert_eq!(
        bench.figures().await,
        (0, 30, 50),
        "nothing is left of the goods, fee or not"
    );
    let taken: announced::PointsClawedBack = bench.last_announced().await;
    assert_eq!(
        (taken.amount, taken.debt_added, taken.available_after),
        (50, 30, 0)
    );
    assert_eq!(
        (taken.reference.as_str(), taken.order_reference.as_str()),
        ("r-2", "o-1")
    );

    bench.hear(&bought("o-3", 4_500)).await.unwrap();
    assert_eq!(bench.figures().await, (15, 0, 95));
    let earned: announced::PointsEarned = bench.last_announced().await;
    assert_eq!(
        (earned.amount, earned.debt_repaid, earned.available_after),
        (45, 30, 15)
    );
}

#[tokio::test]
async fn many_events_at_once_do_what_they_would_one_by_one_and_once() {
    let bench = Bench::new().await;
    let created = CustomerCreated {
        customer_id: CUSTOMER.to_string(),
        ..CustomerCreated::default()
    };
    let (first, second) = (bought("o-1", 10_000), bought("o-2", 5_000));
    let events = [
        event(&created),
        event(&first),
        event(&first),
        event(&second),
        event(&gave_back("r-1", &first, 5_000, 5)),
        event(&bought("o-3", 4_500)),
    ];
    for _ in 0..2 {
        bench.hear_all(&events).await.unwrap();
        assert_eq!(bench.figures().await, (145, 0, 145));
    }
    let (enrolled, earned, taken) = ("MemberEnrolled", "PointsEarned", "PointsClawedBack");
    assert_eq!(
        bench.names_announced().await,
        [enrolled, earned, earned, taken, earned]
    );

    bench.spend(145).await;
    let repaying = [
        event(&gave_back("r-2", &second, 5_000, 10)),
        event(&bought("o-4", 3_000)),
        event(&bought("o-5", 3_000)),
    ];
    bench.hear_all(&repaying).await.unwrap();
    assert_eq!(bench.figures().await, (10, 0, 155));
    let earned: announced::PointsEarned = bench.last_announced().await;
    assert_eq!((earned.debt_repaid, earned.available_after), (20, 10));
}

#[tokio::test]
async fn partial_returns_leave_nothing_of_a_purchase() {
    let bench = Bench::new().await;
    let order = bought("o-1", 9_999);
    bench.hear(&order).await.unwrap();
    for (number, refund) in [333, 1, 4_665, 5_000].into_iter().enumerate() {
        let pieces = if number == 0 { 7 } else { 1 };
        bench
            .hear(&gave_back(&format!("r-{number}"), &order, refund, pieces))
            .await
            .unwrap();
    }
    assert_eq!(bench.figures().await, (0, 0, 0));
}

#[tokio::test]
async fn a_return_of_an_order_that_earned_nothing_here_takes_nothing() {
    let bench = Bench::new().await;
    let unknown = gave_back("r-1", &bought("o-9", 10_000), 10_000, 10);
    bench.hear(&unknown).await.unwrap();
    bench.hear(&bought("o-1", 10_000)).await.unwrap();
    bench.hear(&unknown).await.unwrap();
    assert_eq!(bench.figures().await, (100, 0, 100));
}

#[tokio::test]
async fn segments_are_noted_and_forgotten() {
    let bench = Bench::new().await;
    let (customer_id, segment_id) = (CUSTOMER.to_string(), "vip".to_owned());
    let entered = SegmentEntered {
        customer_id: customer_id.clone(),
        segment_id: segment_id.clone(),
    };
    bench.hear(&entered).await.unwrap();
    bench.hear(&entered).await.unwrap();
    let segments = || async {
        let pool = bench.loyalty.db.pool();
        segments::of_members(pool, &[CUSTOMER]).await.unwrap().len()
    };
    assert_eq!(segments().await, 1);
    let left = SegmentLeft {
        customer_id,
        segment_id,
    };
    bench.hear(&left).await.unwrap();
    assert_eq!(segments().await, 0);
}

#[tokio::test]
async fn a_suspended_member_earns_and_a_membership_that_has_ended_does_not() {
    let bench = Bench::new().await;
    bench.hear(&bought("o-1", 1_000)).await.unwrap();
    bench.arrange("UPDATE holders SET state = 2").await;
    bench.hear(&bought("o-2", 1_000)).await.unwrap();
    bench.arrange("UPDATE holders SET state = 3").await;
    let late = bought("o-3", 1_000);
    bench.hear(&late).await.unwrap();
    bench
        .hear(&gave_back("r-1", &late, 1_000, 10))
        .await
        .unwrap();
    assert_eq!(bench.figures().await, (20, 0, 20));
}

#[tokio::test]
async fn an_event_that_breaks_its_contract_is_refused_by_field_and_leaves_nothing() {
    let bench = Bench::new().await;
    let mut mixed = bought("o-1", 1_000);
    let mut line = mixed.order.clone().unwrap().lines.remove(0);
    line.amount = Some(Money {
        currency_code: "JPY".to_owned(),
        amount_minor: 5,
    });
    mixed.order.as_mut().unwrap().lines.push(line);
    let error = bench.hear(&mixed).await.unwrap_err().to_string();
    assert!(
        error.contains("amounts in JPY and GBP do not add up"),
        "{error}"
    );

    let mut timeless = bought("o-1", 1_000);
    timeless.order.as_mut().unwrap().order_time = None;
    let error = bench.hear(&timeless).await.unwrap_err().to_string();
    assert!(error.contains("order.order_time"), "{error}");
    assert_eq!(bench.names_announced().await, [""; 0]);
}

#[tokio::test]
async fn lots_are_spent_in_order_and_those_that_have_lapsed_are_ignored() {
    let bench = Bench::new().await;
    for (order_id, bought_at) in [
        ("late", "2025-05-03T00:00:00Z"),
        ("soon", "2025-05-02T00:00:00Z"),
    ] {
        let order = Some(order(order_id, bought_at, 10_000));
        bench.hear(&OrderRecorded { order }).await.unwrap();
    }
    bench.hear(&bought("lapsed", 10_000)).await.unwrap();
    bench
        .arrange(
            "UPDATE lots SET expires_at = '2025-06-01T12:00:00.123456Z' WHERE reference = 'lapsed'",
        )
        .await;
    let deadline = chassis::Deadline::after(std::time::Duration::from_secs(30));
    let spent = try_out(&bench.loyalty, &redeem(150), deadline).await;
    let shares = spent.unwrap().lots;
    assert_eq!(
        shares.iter().map(|share| share.amount).collect::<Vec<_>>(),
        [100, 50]
    );
    let refused = try_out(&bench.loyalty, &redeem(201), deadline).await;
    assert_eq!(
        refused.unwrap_err().message(),
        "201 points are required and 200 available"
    );

    let page = read::lots(&bench.loyalty, CUSTOMER, None, 10)
        .await
        .unwrap();
    let listed: Vec<String> = page
        .rows
        .into_iter()
        .map(|owned| owned.lot.reference)
        .collect();
    assert_eq!(
        listed,
        ["lapsed", "soon", "late"],
        "what lapses comes before what never does"
    );
}
