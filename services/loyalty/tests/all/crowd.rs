//! Many at once on one member.

use std::collections::HashSet;
use std::time::Duration;

use contract::patron::loyalty::v1::member_service_client::MemberServiceClient;
use prost::Message as _;
use testkit::{Bearer, reason};
use tonic::Request;

use crate::all::support::{Bench, spending};

const CALLERS: usize = 1_000;
const CONNECTIONS: usize = 10;
const AFFORDABLE: usize = 137;

#[tokio::test(flavor = "multi_thread")]
async fn of_a_thousand_concurrent_redemptions_exactly_the_affordable_succeed() {
    // Nobody gets far by waiting for a connection: the crowd has to wait before the pool.
    let bench = Bench::start_with(|limits| limits.acquire_timeout_ms = 500).await;
    let customer_id = bench.member(i64::try_from(AFFORDABLE).unwrap()).await;
    let token = Bearer::of(&["operator"]);
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
            bench.assert_sound().await;
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

#[tokio::test(flavor = "multi_thread")]
async fn of_a_thousand_repeats_at_once_one_has_an_effect_and_all_get_identical_bytes() {
    let bench = Bench::start().await;
    let customer_id = bench.member(100).await;
    let request = spending(&bench, customer_id, 40);
    let token = Bearer::of(&["operator"]);
    let clients: Vec<_> = (0..CONNECTIONS)
        .map(|_| MemberServiceClient::with_interceptor(bench.channel(), token.clone()))
        .collect();
    let mut calls = tokio::task::JoinSet::new();
    for caller in 0..CALLERS {
        let mut client = clients[caller % CONNECTIONS].clone();
        let mut request = Request::new(request.clone());
        request.set_timeout(Duration::from_mins(1));
        calls.spawn(async move { client.create_redemption(request).await.unwrap() });
    }
    let answers = calls.join_all().await;
    let first = |answer: &&tonic::Response<_>| !answer.metadata().contains_key("patron-replayed");
    assert_eq!(answers.iter().filter(first).count(), 1);
    let bytes = answers
        .into_iter()
        .map(|answer| answer.into_inner().encode_to_vec());
    assert_eq!(bytes.collect::<HashSet<_>>().len(), 1);
    assert_eq!(bench.balance(customer_id).await.unwrap().available, 60);
    bench.assert_sound().await;
}
