use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use http::Uri;
use tokio::time::Instant;

use super::replica::Replica;
use crate::client::BodyEnd;
use tower::ServiceExt as _;

use super::*;
use crate::config::Config;

fn config() -> ClientConfig {
    Config::defaults().unwrap().client
}

fn replicas(count: u16) -> Vec<Arc<Replica>> {
    let uri = Uri::from_static("http://role:50051");
    let address = |port| SocketAddr::from(([127, 0, 0, 1], port));
    let replica = |number| Replica::new(address(1000 + number), &uri, &config(), None).unwrap();
    (0..count).map(|number| Arc::new(replica(number))).collect()
}

fn fail(replica: &Arc<Replica>, now: Instant) {
    let broken: Result<Response<Body>, ()> = Err(());
    assert!(replica.begin(now, None, None).ended(&broken, now));
}

fn succeed(replica: &Arc<Replica>) {
    let (answer, now) = (Response::new(Body::empty()), Instant::now());
    let answer: Result<Response<Body>, ()> = Ok(answer);
    assert!(!replica.begin(now, None, None).ended(&answer, now));
}

/// A call that was given so much time, and up after this part of it.
fn give_up(replica: &Arc<Replica>, given: Duration, percent: u32) -> bool {
    give_up_sending(replica, None, given, percent)
}

fn give_up_sending(
    replica: &Arc<Replica>,
    body: Option<BodyWatch>,
    given: Duration,
    percent: u32,
) -> bool {
    let deadline = Deadline::after(given);
    let begun = deadline.instant() - given;
    let call = replica.begin(begun, Some(deadline), body);
    call.given_up(begun + given * percent / 100)
}

#[tokio::test]
async fn calls_spread_and_avoid_who_has_more_to_do() {
    let (all, now) = (replicas(3), Instant::now());
    let busy: Vec<_> = (0..10).map(|_| all[0].begin(now, None, None)).collect();
    let mut counts: BTreeMap<SocketAddr, u32> = BTreeMap::new();
    for _ in 0..3_000 {
        let picked = pick::one_of(&all, now).unwrap();
        *counts.entry(picked.address()).or_default() += 1;
    }
    assert_eq!(counts.get(&all[0].address()), None);
    for other in &all[1..] {
        assert!(
            (1_200..1_800).contains(&counts[&other.address()]),
            "{counts:?}"
        );
    }
    drop(busy);
    let mut idle = (0..200).map(|_| pick::one_of(&all, now).unwrap().address());
    assert!(idle.any(|address| address == all[0].address()));
}

#[tokio::test]
async fn a_replica_that_fails_is_left_alone_and_then_tried_by_one_call() {
    let (all, now) = (replicas(2), Instant::now());
    fail(&all[0], now);
    let picked = |at| pick::one_of(&all, at).unwrap().address();
    assert!((0..100).all(|_| picked(now) == all[1].address()));
    let later = now + Duration::from_millis(501);
    let tried = (0..100).filter(|_| picked(later) == all[0].address());
    let tried = tried.count();
    assert!(tried <= 1, "{tried} calls tried it");
    succeed(&all[0]);
    assert!((0..100).any(|_| picked(later) == all[0].address()));
}

#[tokio::test]
async fn each_failure_in_a_row_makes_the_pause_longer_up_to_a_bound() {
    let all = replicas(1);
    let mut now = Instant::now();
    let mut pauses = Vec::new();
    for _ in 0..9 {
        fail(&all[0], now);
        let begun = now;
        while !all[0].is_usable(now) {
            now += Duration::from_millis(100);
        }
        pauses.push((now - begun).as_millis());
    }
    assert_eq!(pauses[..4], [500, 1_000, 2_000, 4_000]);
    assert_eq!(pauses[8], 30_000);
}

#[tokio::test]
async fn when_all_are_left_alone_all_are_tried() {
    let (all, now) = (replicas(2), Instant::now());
    fail(&all[0], now);
    fail(&all[1], now);
    assert!(pick::one_of(&all, now).is_some());
}

#[tokio::test]
async fn a_name_without_an_address_is_an_error_that_names_it() {
    let unknown = Uri::from_static("http://no-such-role.invalid:50051");
    let replicas = Replicas::new(unknown, Arc::default(), &config(), None);
    let request = Request::new(Body::empty());
    let error = replicas.oneshot(request).await.unwrap_err();
    assert!(matches!(error, CallError::Unresolved { host, .. } if host == "no-such-role.invalid"));
}

#[tokio::test]
async fn calls_that_fail_together_make_one_pause() {
    let (all, now) = (replicas(1), Instant::now());
    let broken: Result<Response<Body>, ()> = Err(());
    let calls: Vec<_> = (0..20).map(|_| all[0].begin(now, None, None)).collect();
    let later = now + Duration::from_millis(1);
    let told = calls.into_iter().map(|call| call.ended(&broken, later));
    assert_eq!(told.filter(|told| *told).count(), 1);
    assert!(all[0].is_usable(later + Duration::from_millis(500)));
}

#[tokio::test]
async fn a_replica_that_lets_calls_run_into_their_deadlines_is_left_alone() {
    let (all, given) = (replicas(1), Duration::from_secs(1));
    for _ in 0..4 {
        assert!(!give_up(&all[0], given, 100));
    }
    succeed(&all[0]);
    for _ in 0..4 {
        assert!(!give_up(&all[0], given, 100));
    }
    assert!(give_up(&all[0], given, 95), "callers give up just before");
    assert!(!all[0].is_usable(Instant::now()));
}

#[tokio::test]
async fn callers_who_go_early_or_want_their_answers_at_once_say_nothing_of_a_replica() {
    let (all, moment) = (replicas(1), Duration::from_millis(20));
    for _ in 0..20 {
        assert!(!give_up(&all[0], Duration::from_secs(1), 80));
        assert!(!give_up(&all[0], moment, 100));
        drop(all[0].begin(Instant::now(), None, None));
    }
    assert!(all[0].is_usable(Instant::now()));
}

#[tokio::test]
async fn a_request_that_fails_or_does_not_come_says_nothing_of_a_replica() {
    let (all, now) = (replicas(1), Instant::now());
    let broken: Result<Response<Body>, ()> = Err(());
    for end in [BodyEnd::Broken, BodyEnd::TooLarge] {
        let body = BodyWatch::default();
        let call = all[0].begin(now, None, Some(body.clone()));
        body.note(end);
        assert!(!call.ended(&broken, now));
    }
    let (coming, given) = (BodyWatch::default(), Duration::from_secs(1));
    for _ in 0..20 {
        assert!(!give_up_sending(&all[0], Some(coming.clone()), given, 100));
    }
    assert!(all[0].is_usable(Instant::now()));

    coming.note(BodyEnd::Whole);
    let call = all[0].begin(now, None, Some(coming));
    assert!(call.ended(&broken, now), "then it is the replica's doing");
}
