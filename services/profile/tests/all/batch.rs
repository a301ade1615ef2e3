//! A batch: each item for itself, in order, as a call of its own would have been answered.

use contract::patron::profile::v1::activity_result::Outcome::{
    AlreadyRecorded, AwaitingOrder, Recorded, Refused,
};
use contract::patron::profile::v1::{
    ActivityInput, ActivityResult, BatchRecordActivitiesRequest, LookupCustomerRequest,
};
use prost::Message as _;
use tonic::{Code, Status};

use crate::harness::{
    Profile, fields, gbp, give_back, identifier, metadata, order, order_input, reason, return_input,
};

pub(crate) async fn record(profile: &Profile, items: Vec<ActivityInput>) -> Vec<ActivityResult> {
    let request = BatchRecordActivitiesRequest { items };
    let results = profile.activities().batch_record_activities(request).await;
    results.unwrap().into_inner().results
}

fn named(input: ActivityInput, phone: &str) -> ActivityInput {
    let identifier = Some(identifier("phone", phone));
    ActivityInput {
        identifier,
        region_code: "CN-31".to_owned(),
        ..input
    }
}

pub(crate) fn error(result: &ActivityResult) -> Status {
    let error = result.error.clone().expect("a refused item has an error");
    let details = error.encode_to_vec().into();
    Status::with_details(Code::from_i32(error.code), error.message, details)
}

#[tokio::test]
async fn each_item_is_recorded_or_refused_on_its_own_and_in_order() {
    let profile = Profile::start().await;
    let anna = profile.customer().await;
    let nobody = "0190a000-0000-7000-8000-000000000000";
    let mut ahead = order(&anna, "o-ahead", &[(1, 1)]);
    ahead.order_time.as_mut().unwrap().seconds = 253_402_300_799;
    let results = record(
        &profile,
        vec![
            return_input(give_back(&anna, ("r-1", "o-1"), &[("1", 1)])),
            order_input(order(&anna, "o-1", &[(3, 100)])),
            order_input(order(&anna, "o-1", &[(3, 100)])),
            order_input(order(&anna, "o-1", &[(3, 101)])),
            order_input(ahead),
            order_input(order(nobody, "o-2", &[(1, 1)])),
            return_input(give_back(&anna, ("r-2", "o-1"), &[("1", 3)])),
            return_input(give_back(&anna, ("r-2", "o-1"), &[("1", 2)])),
            order_input(order("", "o-3", &[(1, 1)])),
        ],
    )
    .await;
    let outcomes: Vec<_> = results.iter().map(ActivityResult::outcome).collect();
    assert_eq!(
        outcomes,
        [
            AwaitingOrder,
            Recorded,
            AlreadyRecorded,
            Refused,
            Refused,
            Refused,
            Refused,
            Recorded,
            Refused,
        ]
    );
    assert!(
        results
            .iter()
            .zip(0..)
            .all(|(result, index)| result.index == index)
    );
    assert_eq!(
        metadata(&error(&results[3]), "field"),
        "order.lines[0].amount"
    );
    assert_eq!(fields(&error(&results[4])), ["order.order_time"]);
    assert_eq!(reason(&error(&results[5])), "CUSTOMER_NOT_FOUND");
    assert_eq!(reason(&error(&results[6])), "RETURN_EXCEEDS_ORDER");
    assert_eq!(fields(&error(&results[8])), ["order.customer_id"]);
    let types = profile.event_types(&anna).await;
    assert_eq!(
        types,
        [
            "CustomerCreated",
            "OrderRecorded",
            "ReturnRecorded",
            "ReturnRecorded"
        ]
    );
    assert_eq!(
        profile.traits(&anna).await.spend[0].refunded,
        Some(gbp(100))
    );
}

#[tokio::test]
async fn an_identifier_that_nobody_has_makes_one_customer_and_is_found_again() {
    let profile = Profile::start().await;
    let items = ["o-1", "o-2"].map(|id| named(order_input(order("", id, &[(1, 5)])), "138"));
    let results = record(&profile, items.to_vec()).await;
    let customer_id = results[0].customer_id.clone();
    assert_eq!(results[1].customer_id, customer_id);
    let lookup = LookupCustomerRequest {
        kind: "phone".to_owned(),
        value: "138".to_owned(),
    };
    let found = profile
        .customers()
        .lookup_customer(lookup)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (&found.customer_id, found.region_code.as_str()),
        (&customer_id, "CN-31")
    );
    let types = profile.event_types(&customer_id).await;
    assert_eq!(types, ["CustomerCreated", "OrderRecorded", "OrderRecorded"]);
    let later = named(
        return_input(give_back("", ("r", "o-1"), &[("1", 1)])),
        "138",
    );
    assert_eq!(
        record(&profile, vec![later]).await[0].customer_id,
        customer_id
    );
}

#[tokio::test]
async fn an_item_that_is_refused_creates_nobody() {
    let profile = Profile::start().await;
    let anna = profile.customer().await;
    profile
        .record_order(order(&anna, "taken", &[(1, 5)]))
        .await
        .unwrap();
    let conflict = named(order_input(order("", "taken", &[(1, 5)])), "138");
    let alone = record(&profile, vec![conflict.clone()]).await;
    assert_eq!(reason(&error(&alone[0])), "ORDER_CONFLICT");
    let good = named(order_input(order("", "free", &[(1, 5)])), "139");
    let both = record(&profile, vec![conflict, good]).await;
    assert_eq!(both[1].outcome(), Recorded);
    assert_eq!(profile.count("SELECT count(*) FROM customers").await, 2);
    assert_eq!(
        profile
            .count("SELECT count(*) FROM identifier_owners")
            .await,
        1
    );
}

#[tokio::test]
async fn an_item_with_both_names_for_its_customer_is_refused() {
    let profile = Profile::start().await;
    let anna = profile.customer().await;
    let both = named(order_input(order(&anna, "o", &[(1, 5)])), "138");
    let results = record(&profile, vec![both]).await;
    assert_eq!(fields(&error(&results[0])), ["identifier"]);
}

#[tokio::test]
async fn a_return_that_waits_is_enough_to_make_a_customer() {
    let profile = Profile::start().await;
    let waiting = named(return_input(give_back("", ("r", "o"), &[("1", 1)])), "138");
    let results = record(&profile, vec![waiting]).await;
    assert_eq!(results[0].outcome(), AwaitingOrder);
    let bought = named(order_input(order("", "o", &[(1, 5)])), "138");
    let results = record(&profile, vec![bought]).await;
    let types = profile.event_types(&results[0].customer_id).await;
    assert_eq!(
        types,
        ["CustomerCreated", "OrderRecorded", "ReturnRecorded"]
    );
}
