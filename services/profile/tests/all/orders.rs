//! An order is recorded once, however often it is sent, and never changes afterwards.

use contract::patron::profile::v1::{GetOrderRequest, OrderRecorded};
use contract::patron::r#type::v1::Money;
use jiff::SignedDuration;
use tonic::Code;

use crate::harness::{Profile, fields, gbp, give_back, metadata, minute, order, reason};

#[tokio::test]
async fn an_order_is_added_up_announced_and_counted() {
    let profile = Profile::start().await;
    let anna = profile.customer().await;
    let sent = order(&anna, "web-1", &[(2, 1000), (1, 530)]);
    let recorded = profile.record_order(sent.clone()).await.unwrap();
    assert_eq!(recorded.total, Some(gbp(1530)));
    assert!(recorded.record_time.is_some());
    assert_eq!(
        (&recorded.lines, recorded.order_time),
        (&sent.lines, sent.order_time)
    );

    let request = GetOrderRequest {
        customer_id: anna.clone(),
        order_id: "web-1".to_owned(),
    };
    let read = profile
        .activities()
        .get_order(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(read, recorded);
    let announced: Vec<OrderRecorded> = profile.payloads(&anna).await;
    assert_eq!(
        announced,
        [OrderRecorded {
            order: Some(recorded)
        }]
    );

    let traits = profile.traits(&anna).await;
    assert_eq!(
        (traits.order_count, traits.first_order_time),
        (1, Some(minute(10)))
    );
    assert_eq!(traits.spend[0].average_basket, Some(gbp(1530)));
}

#[tokio::test]
async fn the_same_order_again_is_the_same_answer_and_no_second_order() {
    let profile = Profile::start().await;
    let anna = profile.customer().await;
    let sent = order(&anna, "web-1", &[(2, 1000), (1, 530)]);
    let first = profile.record_order(sent.clone()).await.unwrap();
    let mut shuffled = sent.clone();
    shuffled.lines.reverse();
    shuffled.total = Some(gbp(1));
    assert_eq!(profile.record_order(sent).await.unwrap(), first);
    assert_eq!(profile.record_order(shuffled).await.unwrap(), first);
    assert_eq!(profile.traits(&anna).await.order_count, 1);
    assert_eq!(
        profile.event_types(&anna).await,
        ["CustomerCreated", "OrderRecorded"]
    );
}

#[tokio::test]
async fn the_same_order_id_with_other_content_is_a_conflict_that_names_what_differs() {
    let profile = Profile::start().await;
    let (anna, boris) = (profile.customer().await, profile.customer().await);
    let sent = order(&anna, "web-1", &[(2, 1000), (1, 530)]);
    profile.record_order(sent.clone()).await.unwrap();
    let mut later = sent.clone();
    later.order_time = Some(minute(11));
    let mut dearer = sent.clone();
    dearer.lines[1].amount = Some(gbp(531));
    let of_another = order(&boris, "web-1", &[(2, 1000), (1, 530)]);
    for (other, field) in [
        (later, "order.order_time"),
        (dearer, "order.lines[1].amount"),
        (of_another, "order.customer_id"),
    ] {
        let refused = profile.record_order(other).await.unwrap_err();
        assert_eq!(
            (refused.code(), reason(&refused).as_str()),
            (Code::AlreadyExists, "ORDER_CONFLICT")
        );
        assert_eq!(metadata(&refused, "field"), field);
    }
}

#[tokio::test]
async fn an_order_that_makes_no_sense_is_refused_with_its_field() {
    let profile = Profile::start().await;
    let anna = profile.customer().await;
    let good = order(&anna, "web-1", &[(2, 1000), (1, 530)]);
    let euro = |amount_minor| Money {
        currency_code: "EUR".to_owned(),
        amount_minor,
    };
    let mut cases = Vec::new();
    let mut case = |field: &'static str, change: fn(&mut contract::patron::profile::v1::Order)| {
        let mut bad = good.clone();
        change(&mut bad);
        cases.push((bad, field));
    };
    case("order.customer_id", |order| order.customer_id.clear());
    case("order.lines[1].line_id", |order| {
        order.lines[1].line_id = "1".to_owned();
    });
    case("order.lines[0].amount.amount_minor", |order| {
        order.lines[0].amount = Some(gbp(-1));
    });
    case("order.lines", |order| {
        order.lines[0].amount = Some(gbp(i64::MAX));
    });
    case("order.store_id", |order| order.store_id = "\0".to_owned());
    case("order.order_time", |order| {
        order.order_time.as_mut().unwrap().seconds = i64::MAX;
    });
    case("order.lines[0].quantity", |order| {
        order.lines[0].quantity = 0;
    });
    let mut mixed = good.clone();
    mixed.lines[1].amount = Some(euro(1));
    let mut unknown = good.clone();
    unknown.lines.truncate(1);
    unknown.lines[0].amount = Some(Money {
        currency_code: "ZZZ".to_owned(),
        amount_minor: 1,
    });
    let mut ahead = good.clone();
    let soon = chassis::Clock::system().now() + SignedDuration::from_mins(61);
    ahead.order_time = Some(contract::time::timestamp(soon));
    cases.extend([
        (mixed, "order.lines[1].amount.currency_code"),
        (unknown, "order.lines[0].amount.currency_code"),
        (ahead, "order.order_time"),
    ]);
    for (bad, field) in cases {
        let refused = profile.record_order(bad).await.unwrap_err();
        assert_eq!(
            (refused.code(), fields(&refused)),
            (Code::InvalidArgument, vec![field.to_owned()])
        );
    }
    assert_eq!(profile.count("SELECT count(*) FROM orders").await, 0);
}

#[tokio::test]
async fn sums_beyond_counting_are_refused_and_the_figures_stay_right() {
    let profile = Profile::start().await;
    let anna = profile.customer().await;
    profile
        .record_order(order(&anna, "huge", &[(1, i64::MAX)]))
        .await
        .unwrap();
    let refused = profile
        .record_order(order(&anna, "more", &[(1, 1)]))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    profile
        .record_return(give_back(&anna, ("r", "huge"), &[("1", 1)]))
        .await
        .unwrap();
    let traits = profile.traits(&anna).await;
    assert_eq!(
        (&traits.spend[0].gross, &traits.spend[0].net),
        (&Some(gbp(i64::MAX)), &Some(gbp(0)))
    );
}

#[tokio::test]
async fn the_largest_order_of_the_contract_is_taken() {
    let profile = Profile::start().await;
    let anna = profile.customer().await;
    let lines = vec![(1, 7); 2000];
    let recorded = profile
        .record_order(order(&anna, "large", &lines))
        .await
        .unwrap();
    assert_eq!(recorded.total, Some(gbp(14_000)));
    let ids: Vec<String> = (1..=2000).map(|id: i32| id.to_string()).collect();
    let all: Vec<_> = ids.iter().map(|id| (id.as_str(), 1)).collect();
    let back = profile
        .record_return(give_back(&anna, ("r", "large"), &all))
        .await
        .unwrap();
    assert_eq!(back.total, Some(gbp(14_000)));
}
