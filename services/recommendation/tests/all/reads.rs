//! Reads: figures, names, limits, and who may ask.

use contract::patron::recommendation::v1::{
    BatchRecordBasketsRequest, ListBoughtTogetherRequest, ListPopularProductsRequest,
};
use tonic::Code;

use super::support::{World, basket, client, record, together, until_popular};

#[tokio::test]
async fn an_answer_explains_itself_by_its_counts() {
    let world = World::new().await;
    let replica = world.replica().await;
    let mut client = client(&replica, &["operator"]);
    let sold: [&[&str]; 10] = [
        &["tea", "mug"],
        &["tea", "mug"],
        &["tea", "mug"],
        &["tea"],
        &["mug"],
        &["mug"],
        &["pen"],
        &["pen"],
        &["pen"],
        &["pen"],
    ];
    let baskets = sold
        .iter()
        .enumerate()
        .map(|(n, set)| basket(&n.to_string(), set));
    record(&mut client, baskets.collect()).await;
    until_popular(&mut client, &[("mug", 5), ("pen", 4), ("tea", 4)]).await;

    let answer = together(&mut client, "tea").await.unwrap();
    assert_eq!((answer.basket_count, answer.total_basket_count), (4, 10));
    assert_eq!(answer.product.unwrap().display_name, "The tea");
    let [mug] = &answer.associations[..] else {
        panic!("{:?}", answer.associations)
    };
    assert_eq!((mug.basket_count, mug.confidence, mug.lift), (3, 0.75, 1.5));
    assert!(mug.confidence_lower < mug.confidence && mug.support < mug.confidence);

    // By default fewer than five baskets are taken for chance.
    let request = ListBoughtTogetherRequest {
        product_id: "tea".into(),
        ..Default::default()
    };
    let cautious = client
        .list_bought_together(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(cautious.associations, []);
}

#[tokio::test]
async fn a_renamed_product_shows_its_latest_name_whenever_the_sale_is_told() {
    let world = World::new().await;
    let replica = world.replica().await;
    let mut client = client(&replica, &["operator"]);
    let named = |id: &str, name: &str, seconds| {
        let mut basket = basket(id, &["tea"]);
        basket.items[0].product_name = name.to_owned();
        basket.purchase_time = Some(prost_types::Timestamp { seconds, nanos: 0 });
        basket
    };
    record(&mut client, vec![named("2", "New name", 2_000)]).await;
    record(
        &mut client,
        vec![named("1", "Old name", 1_000), named("3", "", 3_000)],
    )
    .await;
    until_popular(&mut client, &[("tea", 3)]).await;
    let answer = together(&mut client, "tea").await.unwrap();
    assert_eq!(answer.product.unwrap().display_name, "New name");
}

#[tokio::test]
async fn callers_need_a_permission_and_requests_their_shape() {
    let world = World::new().await;
    let replica = world.replica().await;
    let mut operator = client(&replica, &["operator"]);
    let mut analyst = client(&replica, &["analyst"]);
    let mut nobody = client(&replica, &["nobody"]);

    let popular = ListPopularProductsRequest::default();
    assert!(analyst.list_popular_products(popular).await.is_ok());
    let refused = nobody.list_popular_products(popular).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    let baskets = BatchRecordBasketsRequest {
        baskets: vec![basket("1", &["tea"])],
    };
    let refused = analyst.batch_record_baskets(baskets).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);

    assert_eq!(
        together(&mut operator, "tea").await.unwrap_err().code(),
        Code::NotFound
    );
    assert_eq!(
        together(&mut operator, "").await.unwrap_err().code(),
        Code::InvalidArgument
    );
    let empty = BatchRecordBasketsRequest {
        baskets: vec![basket("1", &[])],
    };
    let refused = operator.batch_record_baskets(empty).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let negative = ListPopularProductsRequest { page_size: -1 };
    let refused = operator.list_popular_products(negative).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
}
