//! The queue of cases of whoever is confined to regions: all cases of these, and nothing of others.

use access::Claims;
use contract::patron::complaints::v1 as api;
use contract::patron::profile::v1::{CustomerCreated, CustomerRemoved};
use testkit::{metadata, reason, until};
use tonic::Code;

use crate::all::confined::opened;
use crate::all::support::{Bench, Client};

/// All pages of all cases, by their ids.
async fn pages(client: &mut Client, page_size: i32) -> Vec<Vec<String>> {
    let (mut pages, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = api::ListCasesRequest {
            page_size,
            page_token,
            ..api::ListCasesRequest::default()
        };
        let page = client.list_cases(request).await.unwrap().into_inner();
        let ids = page.cases.into_iter().map(|case| case.case_id);
        pages.push(ids.collect());
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return pages;
        }
    }
}

async fn queue(bench: &Bench, region: &str) -> Vec<String> {
    let mut client = bench.client_within("agent", region);
    pages(&mut client, 50).await.concat()
}

/// A case of a customer of whom the role knows where it is.
async fn case_in(bench: &Bench, region: &str) -> api::Case {
    let case = opened(bench, region).await;
    bench.place(&case.customer_id, region, 1).await;
    case
}

#[tokio::test]
async fn a_queue_is_all_of_its_regions_and_its_full_pages_tell_of_nobody_else() {
    let bench = Bench::start().await;
    let mut british = Vec::new();
    for region in [
        "GB", "DE", "DE", "", "GB", "DE", "GB", "GB", "DE", "GB", "DE",
    ] {
        let case = case_in(&bench, region).await;
        if region == "GB" {
            british.push(case.case_id);
        }
    }
    british.reverse();
    let mut agent = bench.client_within("agent", "GB");
    // Full pages: of two cases that are followed by others, and the rest.
    let expected: Vec<_> = british.chunks(2).map(<[String]>::to_vec).collect();
    assert_eq!(pages(&mut agent, 2).await, expected);
    // The token ends with the last case of the caller's, though others' stand behind it.
    assert_eq!(pages(&mut agent, 5).await, [british.clone()]);
    let both = Claims {
        subject: "ann".to_owned(),
        roles: vec!["agent".to_owned()],
        regions: vec!["GB".to_owned(), "DE".to_owned()],
        ..Claims::default()
    };
    let mut both = bench.client_claiming(&both);
    assert_eq!(pages(&mut both, 50).await.concat().len(), 10);
    let mut all = bench.client();
    assert_eq!(pages(&mut all, 50).await.concat().len(), 11);
}

#[tokio::test]
async fn whoever_moves_is_listed_where_the_customer_is_now() {
    let bench = Bench::start().await;
    let (moves, stays) = (case_in(&bench, "GB").await, case_in(&bench, "GB").await);
    assert_eq!(
        queue(&bench, "GB").await,
        [&*stays.case_id, &*moves.case_id]
    );
    bench.place(&moves.customer_id, "DE", 2).await;
    assert_eq!(queue(&bench, "GB").await, [&*stays.case_id]);
    assert_eq!(queue(&bench, "DE").await, [&*moves.case_id]);
}

#[tokio::test]
async fn whoever_has_left_is_not_listed_though_that_was_not_told_yet() {
    let bench = Bench::start().await;
    let (left, stays) = (case_in(&bench, "GB").await, case_in(&bench, "GB").await);
    bench.regions.put(&left.customer_id, "DE");
    assert_eq!(queue(&bench, "GB").await, [&*stays.case_id]);
    // Nor there yet: it is listed when it was told.
    assert_eq!(queue(&bench, "DE").await, [""; 0]);
}

#[tokio::test]
async fn of_whom_nothing_is_told_or_who_is_gone_nothing_is_listed() {
    let bench = Bench::start().await;
    let unknown = opened(&bench, "GB").await;
    assert_eq!(queue(&bench, "GB").await, [""; 0]);
    let created = CustomerCreated {
        customer_id: unknown.customer_id.clone(),
        region_code: "GB".to_owned(),
        ..CustomerCreated::default()
    };
    bench.profile_says(&unknown.customer_id, &created).await;
    until("it is in the queue", async || {
        (queue(&bench, "GB").await == [&*unknown.case_id]).then_some(())
    })
    .await;
    let erased = case_in(&bench, "GB").await;
    let removed = CustomerRemoved {
        customer_id: unknown.customer_id.clone(),
        ..CustomerRemoved::default()
    };
    bench.profile_says(&unknown.customer_id, &removed).await;
    bench.erase(&erased.customer_id).await;
    for gone in [unknown, erased] {
        until("nothing is known of where it was", async || {
            let known = bench.region_known(&gone.customer_id).await;
            known.is_none().then_some(())
        })
        .await;
    }
    assert_eq!(queue(&bench, "GB").await, [""; 0]);
}

#[tokio::test]
async fn a_caller_who_sees_own_customers_alone_names_one() {
    let bench = Bench::start().await;
    case_in(&bench, "GB").await;
    let ann = Claims {
        subject: "ann".to_owned(),
        roles: vec!["account-manager".to_owned()],
        regions: vec!["GB".to_owned()],
        ..Claims::default()
    };
    let mut ann = bench.client_claiming(&ann);
    let refused = ann.list_cases(api::ListCasesRequest::default()).await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    assert_eq!(reason(&refused), "PERMISSION_DENIED");
    assert_eq!(metadata(&refused, "limited_by"), "records");
}
