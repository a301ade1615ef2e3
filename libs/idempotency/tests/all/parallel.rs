//! Many callers at once.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use chassis::Deadline;
use idempotency::{Claim, Keeping, Key};
use prost::Message as _;
use tokio::task::JoinSet;
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::world::{METHOD, World, deadline, is_replayed, now, request};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_repeats_at_once_have_one_effect_and_identical_answers() {
    let world = Arc::new(World::with_funds(100).await);
    let mut calls = JoinSet::new();
    for _ in 0..100 {
        let world = Arc::clone(&world);
        calls.spawn(async move { world.redeem(&request(1, 40)).await });
    }
    let answers = calls.join_all().await;
    assert_eq!(
        answers.iter().filter(|answer| !is_replayed(answer)).count(),
        1
    );
    let bytes = answers
        .into_iter()
        .map(|answer| answer.unwrap().into_inner().encode_to_vec());
    assert_eq!(bytes.collect::<HashSet<_>>().len(), 1);
    assert_eq!(world.count("effect").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn refusals_of_one_request_at_once_are_all_the_same_one() {
    let world = Arc::new(World::with_funds(10).await);
    let mut calls = JoinSet::new();
    for _ in 0..50 {
        let world = Arc::clone(&world);
        calls.spawn(async move { world.redeem(&request(1, 40)).await.unwrap_err() });
    }
    let details = calls
        .join_all()
        .await
        .into_iter()
        .map(|status| status.details().to_vec());
    assert_eq!(details.collect::<HashSet<_>>().len(), 1);
    assert_eq!(world.count("effect").await, 0);
    assert_eq!(world.count("idempotency_keys").await, 1);
}

#[tokio::test]
async fn a_caller_whose_time_runs_out_behind_the_same_key_is_told_so_and_has_no_effect() {
    let world = World::with_funds(100).await;
    let request = request(1, 40);
    let key = || Key::new("user:anna", METHOD, &request.request_id).unwrap();
    let first = idempotency::claim(
        world.db(),
        &Keeping::Clear,
        deadline(),
        key(),
        &request,
        now(),
    )
    .await
    .unwrap();
    let Claim::Fresh(first) = first else {
        panic!("the first claim is fresh")
    };
    let soon = Deadline::after(Duration::from_millis(200));
    let second: Result<Claim<_, contract::patron::loyalty::v1::Redemption>, _> =
        idempotency::claim(world.db(), &Keeping::Clear, soon, key(), &request, now()).await;
    assert_eq!(second.unwrap_err().code(), Code::DeadlineExceeded);
    let redemption = request.redemption.clone().unwrap();
    first.finish(Ok(redemption)).await.unwrap();
    assert!(is_replayed(&world.redeem(&request).await));
}

#[tokio::test]
async fn a_key_that_is_locked_for_too_long_answers_that_it_is_in_progress() {
    let world = World::with_funds(100).await;
    let impatient = postgres::DatabaseConfig {
        lock_timeout_ms: 100,
        ..world.test.config()
    };
    let impatient = postgres::Database::connect(&impatient).await.unwrap();
    let request = request(1, 40);
    let key = || Key::new("user:anna", METHOD, &request.request_id).unwrap();
    let first: Claim<_, contract::patron::loyalty::v1::Redemption> = idempotency::claim(
        world.db(),
        &Keeping::Clear,
        deadline(),
        key(),
        &request,
        now(),
    )
    .await
    .unwrap();
    let second: Result<Claim<_, contract::patron::loyalty::v1::Redemption>, _> =
        idempotency::claim(
            &impatient,
            &Keeping::Clear,
            deadline(),
            key(),
            &request,
            now(),
        )
        .await;
    let status = tonic::Status::from(second.unwrap_err());
    assert_eq!(status.code(), Code::Aborted);
    assert_eq!(
        status.get_details_error_info().unwrap().reason,
        "REQUEST_IN_PROGRESS"
    );
    assert!(status.get_details_retry_info().is_some());
    drop(first);
}
