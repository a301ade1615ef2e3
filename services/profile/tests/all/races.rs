//! Many calls at once leave what one after the other would have left.

use contract::patron::profile::v1::activity_result::Outcome;
use contract::patron::profile::v1::{BatchRecordActivitiesRequest, RecordOrderRequest};
use contract::patron::profile::v1::{Order, RecordReturnRequest};
use tonic::Code;

use crate::harness::{
    Profile, at_once, gbp, give_back, identifier, order, order_input, reason, return_input,
};

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_is_delivered_fifty_times_at_once_is_one_order_and_one_event() {
    let profile = Profile::start().await;
    let anna = profile.customer().await;
    let sent = order(&anna, "o", &[(3, 100)]);
    let answers = at_once((0..50).map(|_| {
        let mut client = profile.activities();
        let request = RecordOrderRequest {
            order: Some(sent.clone()),
        };
        async move {
            client
                .record_order(request)
                .await
                .map(tonic::Response::into_inner)
        }
    }))
    .await;
    let first: Order = answers[0].clone().unwrap();
    assert!(
        answers
            .iter()
            .all(|answer| answer.as_ref().unwrap() == &first)
    );
    assert_eq!(profile.count("SELECT count(*) FROM orders").await, 1);
    assert_eq!(
        profile.event_types(&anna).await,
        ["CustomerCreated", "OrderRecorded"]
    );
    assert_eq!(profile.traits(&anna).await.spend[0].gross, Some(gbp(100)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_return_that_races_its_order_takes_effect_whoever_wins() {
    let profile = Profile::start().await;
    let anna = profile.customer().await;
    let calls = (0..20)
        .flat_map(|nth| [(nth, true), (nth, false)])
        .map(|(nth, is_order)| {
            let mut client = profile.activities();
            let id = format!("o-{nth}");
            let bought = order(&anna, &id, &[(3, 100)]);
            let back = give_back(&anna, (&format!("r-{nth}"), &id), &[("1", 1)]);
            async move {
                if is_order {
                    client
                        .record_order(RecordOrderRequest {
                            order: Some(bought),
                        })
                        .await
                        .map(drop)
                } else {
                    let request = RecordReturnRequest {
                        r#return: Some(back),
                    };
                    client.record_return(request).await.map(drop)
                }
            }
        });
    let answers = at_once(calls).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    let traits = profile.traits(&anna).await;
    assert_eq!((traits.order_count, traits.return_count), (20, 20));
    assert_eq!(
        profile
            .count("SELECT count(*) FROM returns WHERE state <> 'applied'")
            .await,
        0
    );
    assert_eq!(profile.event_types(&anna).await.len(), 41);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_and_a_foreign_return_of_it_never_miss_each_other() {
    let profile = Profile::start().await;
    let (anna, boris) = (profile.customer().await, profile.customer().await);
    let calls = (0..20)
        .flat_map(|nth| [(nth, true), (nth, false)])
        .map(|(nth, is_order)| {
            let mut client = profile.activities();
            let id = format!("o-{nth}");
            let item = if is_order {
                order_input(order(&anna, &id, &[(3, 100)]))
            } else {
                return_input(give_back(&boris, (&format!("r-{nth}"), &id), &[("1", 1)]))
            };
            let request = BatchRecordActivitiesRequest { items: vec![item] };
            async move { client.batch_record_activities(request).await.map(drop) }
        });
    let answers = at_once(calls).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(profile.traits(&anna).await.order_count, 20);
    // Each was refused, or had waited and was rejected; none waits for ever.
    assert_eq!(
        profile
            .count("SELECT count(*) FROM returns WHERE state <> 'rejected'")
            .await,
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_id_that_two_customers_claim_at_once_goes_to_one() {
    let profile = Profile::start().await;
    let (anna, boris) = (profile.customer().await, profile.customer().await);
    let calls = [&anna, &boris]
        .into_iter()
        .cycle()
        .take(20)
        .map(|customer| {
            let mut client = profile.activities();
            let request = RecordOrderRequest {
                order: Some(order(customer, "o", &[(1, 5)])),
            };
            async move { client.record_order(request).await.map(drop) }
        });
    let answers = at_once(calls).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 10);
    let refused = answers.into_iter().filter_map(Result::err);
    for status in refused {
        assert_eq!(
            (status.code(), reason(&status).as_str()),
            (Code::AlreadyExists, "ORDER_CONFLICT")
        );
    }
    assert_eq!(profile.count("SELECT count(*) FROM orders").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_that_meet_the_same_newcomers_at_once_make_each_of_them_once() {
    let profile = Profile::start().await;
    let calls = (0..8).map(|batch| {
        let mut client = profile.activities();
        let item = |nth: i32| {
            // Each batch names the newcomers in another order.
            let phone = format!("1{}", (nth * 7 + batch * 13) % 40);
            let mut item = order_input(order("", &format!("o-{batch}-{nth}"), &[(1, 5)]));
            item.identifier = Some(identifier("phone", &phone));
            item
        };
        let request = BatchRecordActivitiesRequest {
            items: (0..40).map(item).collect(),
        };
        async move {
            client
                .batch_record_activities(request)
                .await
                .unwrap()
                .into_inner()
                .results
        }
    });
    let results: Vec<_> = at_once(calls).await.into_iter().flatten().collect();
    assert!(
        results
            .iter()
            .all(|result| result.outcome() == Outcome::Recorded)
    );
    assert_eq!(profile.count("SELECT count(*) FROM customers").await, 40);
    assert_eq!(
        profile
            .count("SELECT count(*) FROM identifier_owners")
            .await,
        40
    );
    let of_each = "SELECT count(*) FROM customer_traits WHERE order_count = 8";
    assert_eq!(profile.count(of_each).await, 40);
}
