//! Statement and lots, page by page.

use std::collections::BTreeMap;

use contract::patron::loyalty::v1 as api;
use testkit::reason;
use tonic::Code;
use uuid::Uuid;

use crate::all::support::{Bench, spending};

async fn entries(
    bench: &Bench,
    customer_id: Uuid,
    page_size: i32,
    page_token: &str,
) -> api::ListLedgerEntriesResponse {
    let request = api::ListLedgerEntriesRequest {
        customer_id: customer_id.to_string(),
        page_size,
        page_token: page_token.to_owned(),
    };
    bench
        .members()
        .list_ledger_entries(request)
        .await
        .unwrap()
        .into_inner()
}

async fn lots(
    bench: &Bench,
    customer_id: Uuid,
    page_size: i32,
    page_token: &str,
) -> api::ListLotsResponse {
    let request = api::ListLotsRequest {
        customer_id: customer_id.to_string(),
        page_size,
        page_token: page_token.to_owned(),
    };
    bench
        .members()
        .list_lots(request)
        .await
        .unwrap()
        .into_inner()
}

#[tokio::test]
async fn a_statement_walked_in_pages_is_whole_also_when_it_grows_meanwhile() {
    let bench = Bench::start().await;
    let customer_id = bench.member(100).await;
    for order in 2..=7 {
        bench.bought(customer_id, &format!("o-{order}"), 10).await;
    }
    let whole = entries(&bench, customer_id, 0, "").await;
    assert_eq!(
        (whole.entries.len(), whole.next_page_token.as_str()),
        (7, "")
    );

    let mut walked = Vec::new();
    let mut token = String::new();
    loop {
        let page = entries(&bench, customer_id, 3, &token).await;
        walked.extend(page.entries);
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
        bench
            .bought(customer_id, &format!("late-{}", walked.len()), 1)
            .await;
    }
    assert_eq!(walked, whole.entries);
    assert!(
        entries(&bench, customer_id, 9, "")
            .await
            .next_page_token
            .is_empty()
    );
}

#[tokio::test]
async fn the_lines_of_a_statement_explain_each_balance() {
    let bench = Bench::start().await;
    let customer_id = bench.member(100).await;
    bench
        .members()
        .create_redemption(spending(&bench, customer_id, 70))
        .await
        .unwrap();
    bench.returned(customer_id, "o-1", 100).await;
    bench.bought(customer_id, "o-2", 80).await;

    let mut lines = entries(&bench, customer_id, 0, "").await.entries;
    lines.reverse();
    let told = lines.iter().map(|line| {
        (
            line.operation().as_str_name(),
            line.account().as_str_name(),
            line.amount,
            line.balance_after,
        )
    });
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            ("OPERATION_EARN", "ACCOUNT_AVAILABLE", 100, 100),
            ("OPERATION_REDEEM", "ACCOUNT_AVAILABLE", -70, 30),
            ("OPERATION_CLAW_BACK", "ACCOUNT_AVAILABLE", -30, 0),
            ("OPERATION_CLAW_BACK", "ACCOUNT_DEBT", -70, -70),
            ("OPERATION_EARN", "ACCOUNT_AVAILABLE", 80, 80),
            ("OPERATION_REPAY_DEBT", "ACCOUNT_AVAILABLE", -70, 10),
            ("OPERATION_REPAY_DEBT", "ACCOUNT_DEBT", 70, 0),
        ]
    );
    let mut sums = BTreeMap::new();
    for line in &lines {
        *sums.entry(line.account).or_insert(0) += line.amount;
    }
    assert_eq!(sums.into_values().collect::<Vec<_>>(), [10, 0]);
    assert_eq!(
        (lines[0].reference.as_str(), lines[2].reference.as_str()),
        ("o-1", "return-of-o-1")
    );
    assert!(
        lines
            .iter()
            .all(|line| line.lot_id.is_empty()
                == (line.account() == api::ledger_entry::Account::Debt))
    );
}

#[tokio::test]
async fn lots_are_listed_in_the_order_of_consumption_and_only_while_they_hold_points() {
    let bench = Bench::start().await;
    let customer_id = bench.member(10).await;
    for order in 2..=6 {
        bench.bought(customer_id, &format!("o-{order}"), 10).await;
    }
    bench
        .members()
        .create_redemption(spending(&bench, customer_id, 15))
        .await
        .unwrap();
    let whole = lots(&bench, customer_id, 0, "").await.lots;
    let told: Vec<_> = whole
        .iter()
        .map(|lot| (lot.reference.as_str(), lot.remaining_amount))
        .collect();
    assert_eq!(
        told,
        [
            ("o-2", 5),
            ("o-3", 10),
            ("o-4", 10),
            ("o-5", 10),
            ("o-6", 10)
        ]
    );

    let first = lots(&bench, customer_id, 2, "").await;
    let second = lots(&bench, customer_id, 2, &first.next_page_token).await;
    let third = lots(&bench, customer_id, 2, &second.next_page_token).await;
    assert_eq!(third.next_page_token, "");
    assert_eq!([first.lots, second.lots, third.lots].concat(), whole);
}

#[tokio::test]
async fn a_page_token_is_good_for_its_own_list_only() {
    let bench = Bench::start().await;
    let customer_id = bench.member(10).await;
    bench.bought(customer_id, "o-2", 10).await;
    let token = entries(&bench, customer_id, 1, "").await.next_page_token;
    let other_member = api::ListLedgerEntriesRequest {
        customer_id: bench.member(10).await.to_string(),
        page_size: 1,
        page_token: token.clone(),
    };
    let refused = bench
        .members()
        .list_ledger_entries(other_member)
        .await
        .unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::InvalidArgument, "PAGE_TOKEN_INVALID")
    );
    let other_list = api::ListLotsRequest {
        customer_id: customer_id.to_string(),
        page_size: 1,
        page_token: token,
    };
    let refused = bench.members().list_lots(other_list).await.unwrap_err();
    assert_eq!(reason(&refused), "PAGE_TOKEN_INVALID");
}
