//! Taking in baskets: once each, whoever sends them and how often.

use tonic::Code;

use super::support::{World, basket, client, record, together, until_popular};

#[tokio::test]
async fn a_basket_is_recorded_once_and_another_sale_under_its_id_is_refused() {
    let world = World::new().await;
    let replica = world.replica().await;
    let mut client = client(&replica, &["operator"]);
    let baskets = vec![
        basket("b-2", &["tea", "mug", "tea"]),
        basket("b-1", &["tea"]),
        basket("b-2", &["mug", "tea"]),
        basket("b-2", &["pen"]),
    ];
    let results = record(&mut client, baskets.clone()).await;
    let recorded: Vec<bool> = results.iter().map(|result| result.recorded).collect();
    assert_eq!(recorded, [true, true, false, false]);
    let refused: Vec<bool> = results
        .iter()
        .map(|result| result.error.is_some())
        .collect();
    assert_eq!(refused, [false, false, false, true]);
    let error = results[3].error.as_ref().unwrap();
    assert_eq!(error.code, i32::from(Code::AlreadyExists));

    let again = record(&mut client, baskets).await;
    assert!(again.iter().all(|result| !result.recorded));
    assert_eq!(again[3].error, results[3].error);
    until_popular(&mut client, &[("tea", 2), ("mug", 1)]).await;
}

#[tokio::test]
async fn one_basket_out_of_range_does_not_hold_up_the_others() {
    let world = World::new().await;
    let replica = world.replica().await;
    let mut client = client(&replica, &["operator"]);
    let mut broken = basket("b-1", &["tea"]);
    broken.purchase_time = Some(prost_types::Timestamp {
        seconds: i64::MAX,
        nanos: 0,
    });
    let results = record(&mut client, vec![broken, basket("b-2", &["tea"])]).await;
    assert_eq!(
        results[0].error.as_ref().unwrap().code,
        i32::from(Code::InvalidArgument)
    );
    assert!(results[1].recorded);
}

#[tokio::test]
async fn the_same_baskets_sent_many_times_at_once_are_recorded_once_each() {
    let world = World::new().await;
    let replica = world.replica().await;
    let mut client = client(&replica, &["operator"]);
    let mut calls = tokio::task::JoinSet::new();
    for call in 0..16 {
        let mut client = client.clone();
        calls.spawn(async move {
            let mut baskets: Vec<_> = (0..50)
                .map(|n| basket(&format!("b-{n}"), &["tea"]))
                .collect();
            // Each caller has another order, which must not make them lock each other out.
            baskets.rotate_left(call * 3);
            let results = record(&mut client, baskets).await;
            assert!(results.iter().all(|result| result.error.is_none()));
            results.iter().filter(|result| result.recorded).count()
        });
    }
    assert_eq!(calls.join_all().await.into_iter().sum::<usize>(), 50);
    until_popular(&mut client, &[("tea", 50)]).await;
}

#[tokio::test]
async fn what_one_replica_takes_in_all_answer_from_and_a_new_one_loads() {
    let world = World::new().await;
    let (first, second) = (world.replica().await, world.replica().await);
    let mut writer = client(&first, &["operator"]);
    let mut reader = client(&second, &["operator"]);
    let baskets = (0..600).map(|n| match n % 3 {
        0 => basket(&format!("b-{n}"), &["tea", "mug"]),
        1 => basket(&format!("b-{n}"), &["tea", "pen"]),
        _ => basket(&format!("b-{n}"), &["pen", "ink"]),
    });
    let baskets: Vec<_> = baskets.collect();
    for batch in baskets.chunks(500) {
        record(&mut writer, batch.to_vec()).await;
    }
    until_popular(
        &mut reader,
        &[("pen", 400), ("tea", 400), ("ink", 200), ("mug", 200)],
    )
    .await;
    let third = world.replica().await;
    let mut newcomer = client(&third, &["operator"]);
    let expected = together(&mut reader, "tea").await.unwrap();
    assert_eq!(expected.associations.len(), 1);
    assert_eq!(together(&mut newcomer, "tea").await.unwrap(), expected);
}
