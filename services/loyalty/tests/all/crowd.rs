//! Many at once on one member.

use std::time::Duration;

use contract::patron::loyalty::v1::VerifyLedgerRequest;
use contract::patron::loyalty::v1::member_service_client::MemberServiceClient;
use tonic::Request;

use crate::all::support::{Bench, reason, spending, token};

const CALLERS: usize = 1_000;
const CONNECTIONS: usize = 10;
const AFFORDABLE: usize = 137;

#[tokio::test(flavor = "multi_thread")]
async fn of_a_thousand_concurrent_redemptions_exactly_the_affordable_succeed() {
    // Nobody gets far by waiting for a connection: the crowd has to wait before the pool.
    let bench = Bench::start_with(|limits| limits.acquire_timeout_ms = 500).await;
    let customer_id = bench.member(i64::try_from(AFFORDABLE).unwrap()).await;
    let token = token(&["operator"]);
    let clients: Vec<_> = (0..CONNECTIONS)
        .map(|_| MemberServiceClient::with_interceptor(bench.channel(), token.clone()))
        .collect();
    let mut calls = tokio::task::JoinSet::new();
    for caller in 0..CALLERS {
        let mut client = clients[caller % CONNECTIONS].clone();
        let mut request = Request::new(spending(&bench, customer_id, 1));
        request.set_timeout(Duration::from_mins(1));
        calls.spawn(async move { client.create_redemption(request).await.map(drop) });
    }
    let mut outcomes = Vec::with_capacity(CALLERS);
    while let Some(outcome) = calls.join_next().await {
        outcomes.push(outcome.unwrap());
        if outcomes.len() % 250 == 0 {
            assert_balanced(&bench).await;
        }
    }
    let refused: Vec<_> = outcomes
        .iter()
        .filter_map(|outcome| outcome.as_ref().err())
        .collect();
    assert_eq!(outcomes.len() - refused.len(), AFFORDABLE);
    for status in refused {
        assert_eq!(reason(status), "INSUFFICIENT_POINTS", "{status:?}");
    }
    assert_eq!(bench.balance(customer_id).await.unwrap().available, 0);
}

/// Holds at any moment of the crowd.
async fn assert_balanced(bench: &Bench) {
    let request = VerifyLedgerRequest {
        program_id: "default".to_owned(),
    };
    let verified = bench
        .programs()
        .verify_ledger(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(verified.difference, "");
}
