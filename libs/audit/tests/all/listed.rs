//! The record as it is looked into.

use contract::patron::audit::v1::ListAuditEntriesRequest;
use futures_util::future::join_all;
use tonic::Code;

use crate::world::{World, by};

fn asked(page_size: i32, page_token: &str) -> ListAuditEntriesRequest {
    ListAuditEntriesRequest {
        service: "test".to_owned(),
        page_size,
        page_token: page_token.to_owned(),
        ..Default::default()
    }
}

#[tokio::test]
async fn pages_go_from_the_newest_on_and_what_is_added_meanwhile_moves_nothing() {
    let world = World::start().await;
    for _ in 0..5 {
        world.list_as("ann").await.unwrap();
    }
    let (mut seen, mut page_token) = (Vec::new(), String::new());
    loop {
        // Each look is put on record itself.
        let page = world.list(by("bob", asked(2, &page_token))).await.unwrap();
        seen.extend(page.entries.iter().map(|entry| entry.sequence));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(seen, [5, 4, 3, 2, 1]);
}

#[tokio::test]
async fn entries_are_found_by_customer_caller_and_time() {
    let world = World::start().await;
    let customer = "018f0000-0000-7000-8000-000000000001";
    let about = |id: &str| ListAuditEntriesRequest {
        customer_id: id.to_owned(),
        ..asked(50, "")
    };
    world.list(by("ann", about(customer))).await.unwrap();
    world.list_as("bob").await.unwrap();
    let entries = world.recorded().await;
    let find = async |request| {
        let found = world.list(by("carl", request)).await.unwrap();
        let sequences = found.entries.iter().map(|entry| entry.sequence);
        sequences.collect::<Vec<_>>()
    };
    // Who saw an entry that names the customer has seen the customer named.
    assert_eq!(find(about(customer)).await, [2, 1]);
    let ours = ListAuditEntriesRequest {
        actor: "user:bob".to_owned(),
        ..asked(50, "")
    };
    assert_eq!(find(ours).await, [2]);
    let before = ListAuditEntriesRequest {
        until: entries[1].record_time,
        ..asked(50, "")
    };
    assert_eq!(find(before).await, [1]);
    let since = ListAuditEntriesRequest {
        since: entries[1].record_time,
        until: entries[1].record_time.map(|time| prost_types::Timestamp {
            nanos: time.nanos + 1_000,
            ..time
        }),
        ..asked(50, "")
    };
    assert_eq!(find(since).await, [2]);
}

#[tokio::test]
async fn what_was_put_on_record_together_is_listed_one_by_one() {
    const CALLS: usize = 60;
    let world = World::start().await;
    let callers = ["ann", "bob", "carl"];
    let calls = (0..CALLS).map(|at| world.list_as(callers[at % callers.len()]));
    for answer in join_all(calls).await {
        answer.unwrap();
    }
    let request = ListAuditEntriesRequest {
        actor: "user:bob".to_owned(),
        ..asked(7, "")
    };
    let (mut seen, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListAuditEntriesRequest {
            page_token,
            ..request.clone()
        };
        let page = world.list(by("auditor", request)).await.unwrap();
        assert!(page.entries.iter().all(|entry| entry.actor == "user:bob"));
        assert!(page.entries.len() <= 7);
        seen.extend(page.entries.iter().map(|entry| entry.sequence));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(seen.len(), CALLS / callers.len());
    assert!(seen.is_sorted_by(|one, next| one > next), "{seen:?}");
}

#[tokio::test]
async fn a_call_for_another_services_record_and_a_foreign_token_are_refused() {
    let world = World::start().await;
    let other = ListAuditEntriesRequest {
        service: "profile".to_owned(),
        ..asked(1, "")
    };
    for request in [other, asked(1, "made-up")] {
        let refused = world.list(by("ann", request)).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
    }
}
