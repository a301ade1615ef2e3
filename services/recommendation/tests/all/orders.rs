//! Orders of known customers, by the events of the profile service.

use uuid::Uuid;

use super::support::{World, basket, client, order, record, together, until_popular};

#[tokio::test]
async fn orders_become_baskets_and_wholly_returned_products_leave_them() {
    let world = World::new().await;
    let replica = world.replica().await;
    let mut client = client(&replica, &["operator"]);
    let (ann, bob) = (Uuid::from_u128(1), Uuid::from_u128(2));
    world
        .profile
        .sold(ann, order("o-1", &[("tea", 2, 0), ("mug", 1, 0)]))
        .await;
    world
        .profile
        .sold(bob, order("o-2", &[("tea", 1, 0)]))
        .await;
    until_popular(&mut client, &[("tea", 2), ("mug", 1)]).await;

    // A part of the tea changes nothing; the mug goes, and comes to be nobody's.
    world
        .profile
        .returned(ann, order("o-1", &[("tea", 2, 1), ("mug", 1, 0)]))
        .await;
    world
        .profile
        .returned(ann, order("o-1", &[("tea", 2, 1), ("mug", 1, 1)]))
        .await;
    until_popular(&mut client, &[("tea", 2)]).await;
    assert_eq!(
        together(&mut client, "mug").await.unwrap_err().code(),
        tonic::Code::NotFound
    );

    // The last product takes its basket with it.
    world
        .profile
        .returned(bob, order("o-2", &[("tea", 1, 1)]))
        .await;
    until_popular(&mut client, &[("tea", 1)]).await;
    assert_eq!(
        together(&mut client, "tea")
            .await
            .unwrap()
            .total_basket_count,
        1
    );
}

#[tokio::test]
async fn an_order_and_a_basket_of_one_id_are_one_sale_and_the_first_counts() {
    let world = World::new().await;
    let replica = world.replica().await;
    let mut client = client(&replica, &["operator"]);
    record(
        &mut client,
        vec![basket("o-1", &["tea"]), basket("o-2", &["ink"])],
    )
    .await;
    let ann = Uuid::from_u128(1);
    world
        .profile
        .sold(ann, order("o-1", &[("tea", 1, 0)]))
        .await;
    world
        .profile
        .sold(ann, order("o-2", &[("pen", 1, 0)]))
        .await;
    world
        .profile
        .sold(ann, order("o-3", &[("mug", 1, 0)]))
        .await;
    until_popular(&mut client, &[("ink", 1), ("mug", 1), ("tea", 1)]).await;

    // The return of the same sale counts; that of an order under another's id does not.
    world
        .profile
        .returned(ann, order("o-1", &[("tea", 1, 1)]))
        .await;
    world
        .profile
        .returned(ann, order("o-2", &[("pen", 1, 1)]))
        .await;
    world
        .profile
        .returned(ann, order("o-3", &[("mug", 1, 1)]))
        .await;
    until_popular(&mut client, &[("ink", 1)]).await;
    let again = record(
        &mut client,
        vec![basket("o-1", &["tea"]), basket("o-3", &["mug"])],
    )
    .await;
    assert!(
        again
            .iter()
            .all(|result| !result.recorded && result.error.is_none())
    );
}

#[tokio::test]
async fn a_return_whose_order_was_never_told_brings_its_order_along() {
    let world = World::new().await;
    let replica = world.replica().await;
    let mut client = client(&replica, &["operator"]);
    let ann = Uuid::from_u128(1);
    world
        .profile
        .returned(ann, order("o-1", &[("tea", 1, 0), ("mug", 1, 1)]))
        .await;
    until_popular(&mut client, &[("tea", 1)]).await;
    let resent = record(&mut client, vec![basket("o-1", &["tea", "mug"])]).await;
    assert!(!resent[0].recorded && resent[0].error.is_none());
}

#[tokio::test]
async fn what_a_customer_buys_while_restricted_is_not_counted() {
    let world = World::new().await;
    let ann = Uuid::from_u128(1);
    // All of it is told at once.
    for (is_restricted, product) in [(true, "tea"), (false, "mug"), (true, "pot"), (false, "jug")] {
        world.profile.restricted(ann, is_restricted).await;
        let order = order(product, &[(product, 1, 0)]);
        world.profile.sold(ann, order).await;
    }
    let replica = world.replica().await;
    let mut client = client(&replica, &["operator"]);
    until_popular(&mut client, &[("jug", 1), ("mug", 1)]).await;
}
