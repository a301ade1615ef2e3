//! A deadline reaches the handler, ends the call, and is told as what it is.

use std::time::Duration;

use chassis::Deadline;
use tokio::sync::mpsc;
use tonic::Code;

use crate::harness::{FOLLOW, LIST, Role, authorization, config, operator, unary, within};

#[tokio::test]
async fn the_handler_sees_what_is_left_of_the_callers_deadline() {
    let (seen, mut deadlines) = mpsc::unbounded_channel();
    let role = Role::start(unary(move |request| {
        let extension = request.extensions().get::<Deadline>().copied();
        seen.send((extension, Deadline::current())).unwrap();
        async { Ok(()) }
    }))
    .await;
    let headers = [
        ("authorization", operator()),
        ("grpc-timeout", "7S".to_owned()),
    ];
    let headers = headers
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    assert_eq!(role.call(LIST, &headers).await.status.code(), Code::Ok);
    let (extension, ambient) = within(deadlines.recv()).await.unwrap();
    assert_eq!(extension, ambient);
    let left = extension.unwrap().remaining();
    assert!(
        left > Duration::from_secs(2) && left <= Duration::from_secs(7),
        "{left:?}"
    );
}

#[tokio::test]
async fn an_expired_deadline_is_told_as_such() {
    let role = Role::start(unary(|_| std::future::pending())).await;
    let operator = operator();
    for timeout in ["30m", "0n"] {
        let headers = [
            ("authorization", operator.as_str()),
            ("grpc-timeout", timeout),
        ];
        let answer = role.call(LIST, &headers).await;
        assert_eq!(answer.status.code(), Code::DeadlineExceeded);
        assert_eq!(answer.reason(), "DEADLINE_EXCEEDED");
    }
}

#[tokio::test]
async fn a_call_without_a_deadline_gets_the_default_and_a_long_one_is_shortened() {
    let mut config = config();
    config.server.default_deadline_ms = 30;
    config.server.max_deadline_ms = 60;
    let role = Role::start_with(config, unary(|_| std::future::pending())).await;
    assert_eq!(role.operate(LIST).await.reason(), "DEADLINE_EXCEEDED");
    let operator = operator();
    let headers = [("authorization", operator.as_str()), ("grpc-timeout", "8H")];
    assert_eq!(
        role.call(LIST, &headers).await.reason(),
        "DEADLINE_EXCEEDED"
    );
}

#[tokio::test]
async fn a_malformed_deadline_is_refused_by_name() {
    let role = Role::start(unary(|_| async { Ok(()) })).await;
    let operator = operator();
    let headers = [
        ("authorization", operator.as_str()),
        ("grpc-timeout", "soon"),
    ];
    let answer = role.call(LIST, &headers).await;
    assert_eq!(answer.status.code(), Code::InvalidArgument);
    assert_eq!(answer.reason(), "INVALID_ARGUMENT");
}

#[tokio::test]
async fn a_stream_ends_at_its_deadline() {
    let role = Role::start(unary(|_| async { Ok(()) })).await;
    let service = authorization(&["machine"], chassis::Clock::system().now());
    let headers = [("authorization", service.as_str()), ("grpc-timeout", "30m")];
    let answer = role.call(FOLLOW, &headers).await;
    assert_eq!(answer.status.code(), Code::DeadlineExceeded);
    assert_eq!(answer.reason(), "DEADLINE_EXCEEDED");
}
