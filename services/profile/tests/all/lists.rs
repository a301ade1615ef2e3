//! Lists are walked page by page without a row lost or shown twice, whatever is added meanwhile.

use std::collections::BTreeSet;

use contract::patron::profile::v1::timeline_entry::Activity;
use contract::patron::profile::v1::{
    Customer, ListCustomersRequest, ListOrdersRequest, ListReturnsRequest, ListTimelineRequest,
    TimelineEntry,
};
use prost::Message as _;
use tonic::Code;

use crate::harness::{Profile, create, give_back, minute, order, reason};

/// Ten orders at minutes 0 to 9, each with a return at minute 20; two of each share their time.
async fn busy_customer(profile: &Profile) -> String {
    let anna = profile.customer().await;
    for nth in 0..10 {
        let mut bought = order(&anna, &format!("o-{nth}"), &[(1, 5)]);
        bought.order_time = Some(minute(nth / 2));
        profile.record_order(bought).await.unwrap();
        let back = give_back(
            &anna,
            (&format!("r-{nth}"), &format!("o-{nth}")),
            &[("1", 1)],
        );
        profile.record_return(back).await.unwrap();
    }
    anna
}

fn name_of(entry: &TimelineEntry) -> String {
    match entry.activity.as_ref().unwrap() {
        Activity::Order(order) => order.order_id.clone(),
        Activity::Return(applied) => applied.return_id.clone(),
        Activity::Interaction(it) => it.interaction_id.clone(),
    }
}

#[tokio::test]
async fn a_timeline_is_walked_latest_first_while_new_entries_arrive() {
    let profile = Profile::start().await;
    let anna = busy_customer(&profile).await;
    let mut seen: Vec<TimelineEntry> = Vec::new();
    let mut request = ListTimelineRequest {
        customer_id: anna.clone(),
        page_size: 3,
        ..Default::default()
    };
    for page in 0.. {
        let answer = profile
            .activities()
            .list_timeline(request.clone())
            .await
            .unwrap()
            .into_inner();
        assert!(answer.entries.len() <= 3);
        seen.extend(answer.entries);
        if answer.next_page_token.is_empty() {
            break;
        }
        request.page_token = answer.next_page_token;
        let mut late = order(&anna, &format!("new-{page}"), &[(1, 5)]);
        late.order_time = Some(minute(30));
        profile.record_order(late).await.unwrap();
    }
    let times: Vec<_> = seen
        .iter()
        .map(|entry| entry.occur_time.unwrap().seconds)
        .collect();
    assert!(times.is_sorted_by(|a, b| a >= b));
    let names: BTreeSet<_> = seen.iter().map(name_of).collect();
    assert_eq!((seen.len(), names.len()), (20, 20));
    assert!(names.iter().all(|name| !name.starts_with("new")));
    assert_eq!(seen[0].channel, "");
    assert_eq!(seen[19].channel, "online");
}

#[tokio::test]
async fn orders_returns_and_customers_are_walked_to_their_ends() {
    let profile = Profile::start().await;
    let anna = busy_customer(&profile).await;
    let (mut orders, mut returns) = (BTreeSet::new(), BTreeSet::new());
    let mut token = String::new();
    loop {
        let request = ListOrdersRequest {
            customer_id: anna.clone(),
            page_size: 4,
            page_token: token,
        };
        let page = profile
            .activities()
            .list_orders(request)
            .await
            .unwrap()
            .into_inner();
        orders.extend(page.orders.into_iter().map(|order| order.order_id));
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    loop {
        let request = ListReturnsRequest {
            customer_id: anna.clone(),
            page_size: 5,
            page_token: token,
        };
        let page = profile
            .activities()
            .list_returns(request)
            .await
            .unwrap()
            .into_inner();
        returns.extend(page.returns.into_iter().map(|applied| applied.return_id));
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!((orders.len(), returns.len()), (10, 10));
}

#[tokio::test]
async fn customers_are_listed_newest_first_and_by_region() {
    let profile = Profile::start().await;
    let mut created = Vec::new();
    for nth in 0..7 {
        let region_code = if nth % 2 == 0 { "GB" } else { "FR" }.to_owned();
        let request = create(Customer {
            region_code,
            ..Customer::default()
        });
        created.push(
            profile
                .customers()
                .create_customer(request)
                .await
                .unwrap()
                .into_inner(),
        );
    }
    created.reverse();
    for region in ["", "GB", "FR"] {
        let mut listed = Vec::new();
        let mut request = ListCustomersRequest {
            page_size: 2,
            page_token: String::new(),
            region_code: region.to_owned(),
        };
        loop {
            let page = profile
                .customers()
                .list_customers(request.clone())
                .await
                .unwrap()
                .into_inner();
            listed.extend(page.customers);
            request.page_token = page.next_page_token;
            if request.page_token.is_empty() {
                break;
            }
        }
        let expected = created
            .iter()
            .filter(|one| region.is_empty() || one.region_code == region);
        assert_eq!(listed, expected.cloned().collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_page_token_of_another_list_is_refused_and_an_empty_list_is_no_error() {
    let profile = Profile::start().await;
    let anna = busy_customer(&profile).await;
    let request = ListOrdersRequest {
        customer_id: anna.clone(),
        page_size: 1,
        ..Default::default()
    };
    let token = profile
        .activities()
        .list_orders(request)
        .await
        .unwrap()
        .into_inner()
        .next_page_token;
    let boris = profile.customer().await;
    let of_another = ListOrdersRequest {
        customer_id: boris.clone(),
        page_size: 1,
        page_token: token,
    };
    let refused = profile
        .activities()
        .list_orders(of_another)
        .await
        .unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::InvalidArgument, "PAGE_TOKEN_INVALID")
    );
    let nothing = ListTimelineRequest {
        customer_id: boris,
        ..Default::default()
    };
    let page = profile
        .activities()
        .list_timeline(nothing)
        .await
        .unwrap()
        .into_inner();
    assert!(page.entries.is_empty() && page.next_page_token.is_empty());
}

#[tokio::test]
async fn a_page_ends_before_it_is_too_large_to_be_received() {
    let profile = Profile::start().await;
    let anna = profile.customer().await;
    for nth in 0..9 {
        let mut large = order(&anna, &format!("o-{nth}"), &vec![(1, 5); 2000]);
        for line in &mut large.lines {
            line.product_name = "x".repeat(190);
        }
        profile.record_order(large).await.unwrap();
    }
    let mut request = ListOrdersRequest {
        customer_id: anna,
        ..Default::default()
    };
    let mut pages = Vec::new();
    loop {
        let page = profile.activities().list_orders(request.clone()).await;
        let page = page.unwrap().into_inner();
        assert!(page.encoded_len() < 4 * 1024 * 1024);
        pages.push(page.orders.len());
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    assert!(
        pages.len() > 1 && pages.iter().sum::<usize>() == 9,
        "{pages:?}"
    );
}
