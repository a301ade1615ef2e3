//! Every error that leaves has one `ErrorInfo`, and none tells what is not meant for callers.

use std::task::Poll;

use bytes::Bytes;
use contract::patron::events::v1::{FollowResponse, ListDeadLettersRequest};
use prost::Message as _;
use tokio::sync::watch;
use tonic::{Code, Status};

use crate::harness::{FOLLOW, Feed, LIST, REPLAY, Role, config, operator, unary, within};

#[tokio::test]
async fn an_unknown_method_is_unimplemented() {
    let role = Role::start(unary(|_| async { Ok(()) })).await;
    for path in [
        "/patron.events.v1.EventAdminService/Nothing",
        "/nobody.Service/Do",
        "/",
    ] {
        let answer = role.operate(path).await;
        assert_eq!(answer.status.code(), Code::Unimplemented, "{path}");
        assert_eq!(answer.reason(), "METHOD_NOT_FOUND");
    }
}

#[tokio::test]
async fn a_request_that_breaks_the_contract_is_refused_by_field() {
    use tonic_types::StatusExt as _;
    let role = Role::start(unary(|_| async { Ok(()) })).await;
    let answer = role
        .call_with(REPLAY, &[("authorization", &operator())], b"")
        .await;
    assert_eq!(answer.reason(), "INVALID_ARGUMENT");
    let broken = answer.status.get_details_bad_request().unwrap();
    assert_eq!(broken.field_violations[0].field, "parking_key");
}

#[tokio::test]
async fn a_call_without_a_message_is_a_fault_of_its_caller() {
    let role = Role::start(unary(|_| async { Ok(()) })).await;
    let operator = operator();
    let mut headers = vec![("authorization", operator.as_str())];
    let unknown_flag = Bytes::from_static(&[7, 0, 0, 0, 0]);
    for body in [Bytes::new(), unknown_flag] {
        for path in [LIST, FOLLOW] {
            let answer = role.call_raw(path, &headers, body.clone()).await;
            assert_eq!(answer.status.code(), Code::InvalidArgument, "{path}");
            assert_eq!(answer.reason(), "INVALID_ARGUMENT");
        }
    }
    headers.push(("grpc-encoding", "gzip"));
    let not_zipped = Bytes::from_static(&[1, 0, 0, 0, 2, 3, 4]);
    let answer = role.call_raw(LIST, &headers, not_zipped).await;
    assert_eq!(answer.status.code(), Code::InvalidArgument);
}

#[tokio::test]
async fn a_message_beyond_the_limit_is_refused() {
    let role = Role::start(unary(|_| async { Ok(()) })).await;
    let service = "x".repeat(chassis::MAX_MESSAGE_BYTES + 1);
    let message = ListDeadLettersRequest {
        service,
        ..Default::default()
    }
    .encode_to_vec();
    let answer = role
        .call_with(LIST, &[("authorization", &operator())], &message)
        .await;
    assert_eq!(answer.status.code(), Code::ResourceExhausted);
    assert_eq!(answer.reason(), "TOO_LARGE");
}

#[tokio::test]
async fn an_internal_text_stays_inside() {
    let role = Role::start(unary(|_| async {
        Err(Status::internal("password=hunter2"))
    }))
    .await;
    let answer = role.operate(LIST).await;
    assert_eq!(
        (answer.status.code(), answer.status.message()),
        (Code::Internal, "internal error")
    );
    assert_eq!(answer.reason(), "INTERNAL");
}

#[tokio::test]
async fn a_panic_ends_its_call_and_nothing_else() {
    let role = Role::start(unary(|request| async move {
        assert!(!request.metadata().contains_key("panic"), "told to");
        Ok(())
    }))
    .await;
    let operator = operator();
    let headers = [("authorization", operator.as_str()), ("panic", "now")];
    let answer = role.call(LIST, &headers).await;
    assert_eq!(answer.reason(), "INTERNAL");
    assert_eq!(answer.status.message(), "internal error");
    assert_eq!(role.operate(LIST).await.status.code(), Code::Ok);
    assert!(
        role.admin("/metrics")
            .await
            .1
            .contains("rpc_server_panics_total{service=\"test\"} 1")
    );
}

fn panicking() -> Feed {
    let mut parts = 0;
    Box::pin(futures_util::stream::poll_fn(move |_| {
        parts += 1;
        assert!(parts < 3, "told to");
        Poll::Ready(Some(Ok(FollowResponse::default())))
    }))
}

#[tokio::test]
async fn a_panic_in_a_stream_ends_it_with_an_error() {
    let role = Role::start_feed(panicking).await;
    let answer = role.operate(FOLLOW).await;
    assert_eq!(answer.reason(), "INTERNAL");
}

#[tokio::test]
async fn a_call_too_many_is_refused_with_a_time_to_come_back() {
    use tonic_types::StatusExt as _;
    let mut config = config();
    config.server.max_concurrent_calls = 1;
    let (state, _) = watch::channel((0, false));
    let handling = state.clone();
    let handler = unary(move |_| {
        handling.send_modify(|(running, _)| *running += 1);
        let mut released = handling.subscribe();
        async move {
            released.wait_for(|(_, released)| *released).await.unwrap();
            Ok(())
        }
    });
    let role = Role::start_with(config, handler).await;
    let mut changes = state.subscribe();
    let full = async {
        within(changes.wait_for(|(running, _)| *running == 1))
            .await
            .unwrap();
        let answer = role.operate(LIST).await;
        state.send_modify(|(_, released)| *released = true);
        answer
    };
    let (first, second) = tokio::join!(role.operate(LIST), full);
    assert_eq!(first.status.code(), Code::Ok);
    assert_eq!(second.status.code(), Code::ResourceExhausted);
    assert_eq!(second.reason(), "OVERLOADED");
    assert!(
        second
            .status
            .get_details_retry_info()
            .unwrap()
            .retry_delay
            .is_some()
    );
}
