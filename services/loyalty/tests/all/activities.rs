//! Acts and purchases over the API: recorded once, listed, explained, and refused by name.

use contract::patron::loyalty::v1 as api;
use contract::patron::loyalty::v1::activity_service_client::ActivityServiceClient;
use contract::patron::loyalty::v1::sale_service_client::SaleServiceClient;
use testkit::{Bearer, Caller, reason};
use tonic::Code;
use uuid::Uuid;

use crate::all::support::Bench;

fn activities(bench: &Bench) -> ActivityServiceClient<Caller> {
    ActivityServiceClient::with_interceptor(bench.channel(), Bearer::of(&["operator"]))
}

fn sales(bench: &Bench) -> SaleServiceClient<Caller> {
    SaleServiceClient::with_interceptor(bench.channel(), Bearer::of(&["operator"]))
}

fn sign_in(customer_id: Uuid, activity_id: &str) -> api::Activity {
    api::Activity {
        customer_id: customer_id.to_string(),
        activity_type: "sign_in".to_owned(),
        activity_id: activity_id.to_owned(),
        channel: "app".to_owned(),
        attributes: [("device".to_owned(), "phone".to_owned())].into(),
        ..api::Activity::default()
    }
}

fn recording(activity: api::Activity) -> api::RecordActivityRequest {
    api::RecordActivityRequest {
        activity: Some(activity),
    }
}

#[tokio::test]
async fn an_act_is_recorded_once_and_the_same_again_answers_the_same() {
    let bench = Bench::start().await;
    let mut client = activities(&bench);
    let customer_id = bench.clock.new_id();
    let first = client
        .record_activity(recording(sign_in(customer_id, "a-1")))
        .await;
    let first = first.unwrap().into_inner();
    assert!(first.occur_time.is_some());
    let mut other = sign_in(customer_id, "a-1");
    other.channel = "web".to_owned();
    let again = client
        .record_activity(recording(other))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(again, first);
    let get = api::GetActivityRequest {
        customer_id: customer_id.to_string(),
        activity_type: "sign_in".to_owned(),
        activity_id: "a-1".to_owned(),
    };
    assert_eq!(client.get_activity(get).await.unwrap().into_inner(), first);
}

#[tokio::test]
async fn a_batch_tells_how_many_acts_were_new_and_the_list_has_them_page_by_page() {
    let bench = Bench::start().await;
    let mut client = activities(&bench);
    let customer_id = bench.clock.new_id();
    let acts = ["a", "b", "c", "a"].map(|id| sign_in(customer_id, id));
    let request = api::BatchRecordActivitiesRequest {
        activities: acts.to_vec(),
    };
    let recorded = client
        .batch_record_activities(request.clone())
        .await
        .unwrap();
    assert_eq!(recorded.into_inner().recorded_count, 3);
    let again = client.batch_record_activities(request).await.unwrap();
    assert_eq!(again.into_inner().recorded_count, 0);

    let mut page_token = String::new();
    let mut listed = Vec::new();
    loop {
        let request = api::ListActivitiesRequest {
            customer_id: customer_id.to_string(),
            page_size: 2,
            page_token,
        };
        let page = client.list_activities(request).await.unwrap().into_inner();
        listed.extend(page.activities.into_iter().map(|act| act.activity_id));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(listed, ["c", "b", "a"]);
}

#[tokio::test]
async fn what_is_wrong_with_an_act_is_named() {
    let bench = Bench::start().await;
    let mut client = activities(&bench);
    let customer_id = bench.clock.new_id();
    let mut ahead = sign_in(customer_id, "a");
    let hours = jiff::SignedDuration::from_hours(2);
    ahead.occur_time = Some(contract::time::timestamp(bench.clock.now() + hours));
    let refused = client.record_activity(recording(ahead)).await.unwrap_err();
    assert_eq!(
        (refused.code(), &*reason(&refused)),
        (Code::InvalidArgument, "TIME_OUT_OF_RANGE")
    );
    let mut wordy = sign_in(customer_id, "a");
    wordy.attributes.insert("note".to_owned(), "x".repeat(257));
    let refused = client.record_activity(recording(wordy)).await.unwrap_err();
    assert_eq!(
        (refused.code(), &*reason(&refused)),
        (Code::InvalidArgument, "INVALID_ARGUMENT")
    );
    let get = api::GetActivityRequest {
        customer_id: customer_id.to_string(),
        activity_type: "sign_in".to_owned(),
        activity_id: "none".to_owned(),
    };
    let refused = client.get_activity(get).await.unwrap_err();
    assert_eq!(
        (refused.code(), &*reason(&refused)),
        (Code::NotFound, "ACTIVITY_NOT_FOUND")
    );
    client
        .record_activity(recording(sign_in(customer_id, "b")))
        .await
        .unwrap();
    bench.arrange("UPDATE holders SET state = 3").await;
    let late = client
        .record_activity(recording(sign_in(customer_id, "c")))
        .await;
    let refused = late.unwrap_err();
    let expected = (Code::FailedPrecondition, "MEMBERSHIP_ENDED");
    assert_eq!((refused.code(), &*reason(&refused)), expected);
}

#[tokio::test]
async fn a_purchase_is_shown_with_what_is_left_of_it_and_what_its_rules_award() {
    let bench = Bench::start().await;
    let customer_id = bench.member(120).await;
    bench.bought(customer_id, "o-2", 30).await;
    bench.returned(customer_id, "o-2", 30).await;
    let mut client = sales(&bench);
    let get = |order_id: &str| api::GetSaleRequest {
        customer_id: customer_id.to_string(),
        order_id: order_id.to_owned(),
    };
    let sale = client.get_sale(get("o-1")).await.unwrap().into_inner();
    assert_eq!(sale.program_version, 1);
    let base = sale
        .points
        .iter()
        .find(|points| points.rule_id == "purchases")
        .unwrap();
    assert_eq!((base.points, &base.line_points[..]), (120, &[120][..]));
    let list = api::ListSalesRequest {
        customer_id: customer_id.to_string(),
        ..api::ListSalesRequest::default()
    };
    let listed = client.list_sales(list).await.unwrap().into_inner().sales;
    let listed: Vec<(&str, usize)> = listed
        .iter()
        .map(|sale| (sale.order_id.as_str(), sale.points.len()))
        .collect();
    assert_eq!(
        listed.iter().find(|(id, _)| *id == "o-2").unwrap().1,
        0,
        "it is given back"
    );
    let refused = client.get_sale(get("none")).await.unwrap_err();
    assert_eq!(
        (refused.code(), &*reason(&refused)),
        (Code::NotFound, "SALE_NOT_FOUND")
    );
}

#[tokio::test]
async fn nothing_is_parked_where_all_can_be_rated() {
    let bench = Bench::start().await;
    let mut client = sales(&bench);
    let parked = client
        .list_parked_ratings(api::ListParkedRatingsRequest::default())
        .await;
    assert_eq!(parked.unwrap().into_inner().parked_ratings, []);
    let retry = api::RetryParkedRatingRequest {
        customer_id: bench.clock.new_id().to_string(),
        order_id: "o".to_owned(),
        ..api::RetryParkedRatingRequest::default()
    };
    let refused = client.retry_parked_rating(retry.clone()).await.unwrap_err();
    assert_eq!(
        (refused.code(), &*reason(&refused)),
        (Code::NotFound, "PARKED_RATING_NOT_FOUND")
    );
    let both = api::RetryParkedRatingRequest {
        activity_type: "sign_in".to_owned(),
        ..retry
    };
    let refused = client.retry_parked_rating(both).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
}
