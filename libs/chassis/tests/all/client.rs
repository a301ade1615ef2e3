//! What a call to another role hands on, and when it is repeated.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use chassis::client::{Connection, Connector};
use chassis::{Clock, Deadline, telemetry};
use contract::patron::events::v1::ListDeadLettersRequest;
use contract::patron::events::v1::event_admin_service_client::EventAdminServiceClient;
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc};
use tonic::{Code, Request, Status};

use crate::harness::{LIST, Role, config, operator, reason, replay, unary, within};

const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// A server that begins to end each of its connections with the first call that comes by it.
async fn restless() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(one_call(TokioIo::new(stream)));
        }
    });
    address
}

async fn one_call(stream: TokioIo<TcpStream>) {
    let called = Notify::new();
    let answer = service_fn(|_| {
        called.notify_one();
        let trailers = HeaderMap::from_iter([(GRPC_STATUS, HeaderValue::from_static("0"))]);
        // A message without fields, and that all went well.
        let body = Full::new(Bytes::from_static(&[0; 5]))
            .with_trailers(std::future::ready(Some(Ok::<_, Infallible>(trailers))));
        std::future::ready(Ok::<_, Infallible>(Response::new(body)))
    });
    let mut connection =
        pin!(http2::Builder::new(TokioExecutor::new()).serve_connection(stream, answer));
    tokio::select! {
        _ = &mut connection => return,
        () = called.notified() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

/// A client with the identity `service:caller`.
fn connect(role: &Role) -> EventAdminServiceClient<Connection> {
    client(&role.url())
}

fn client(address: &str) -> EventAdminServiceClient<Connection> {
    let mut config = config();
    config.client.retry_initial_ms = 1;
    let connector = Connector::new("caller", Clock::system(), &config).unwrap();
    EventAdminServiceClient::new(connector.connect(address).unwrap())
}

async fn list(client: &mut EventAdminServiceClient<Connection>) -> Result<(), Status> {
    within(client.list_dead_letters(ListDeadLettersRequest::default()))
        .await
        .map(drop)
}

#[tokio::test]
async fn a_trace_passes_through_a_client_to_a_server() {
    let (seen, mut traces) = mpsc::unbounded_channel();
    let role = Role::start(unary(move |request| {
        let received = request
            .metadata()
            .get("traceparent")
            .map(|v| v.to_str().unwrap().to_owned());
        seen.send((received, telemetry::current_traceparent().unwrap()))
            .unwrap();
        async { Ok(()) }
    }))
    .await;
    let mut client = connect(&role);
    let parent = format!("00-{TRACE}-00f067aa0ba902b7-01");
    telemetry::with_traceparent(Some(&parent), list(&mut client))
        .await
        .unwrap();
    let (received, handled) = within(traces.recv()).await.unwrap();
    let received = received.unwrap();
    assert!(
        received.contains(TRACE) && handled.contains(TRACE),
        "{received} {handled}"
    );
    assert_ne!(received, parent, "each step has a span of its own");
    assert_ne!(handled, received, "each step has a span of its own");
}

#[tokio::test]
async fn a_call_within_a_call_hands_on_deadline_and_originator() {
    let (seen, mut calls) = mpsc::unbounded_channel();
    let inner = Role::start(unary(move |request| {
        let caller = chassis::caller(&request).unwrap().clone();
        seen.send((caller, Deadline::current().unwrap().remaining()))
            .unwrap();
        async { Ok(()) }
    }))
    .await;
    let client = connect(&inner);
    let outer = Role::start(unary(move |_| {
        let mut client = client.clone();
        async move { list(&mut client).await }
    }))
    .await;
    let operator = operator();
    let headers = [("authorization", operator.as_str()), ("grpc-timeout", "3S")];
    assert_eq!(outer.call(LIST, &headers).await.status.code(), Code::Ok);
    let (caller, left) = within(calls.recv()).await.unwrap();
    assert_eq!(caller.id(), "service:caller");
    assert_eq!(caller.originator(), "user:somebody");
    assert!(left < Duration::from_secs(3), "{left:?}");
}

/// A role that is unavailable a few times, and how often it was called.
async fn flaky(failures: usize) -> (Role, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let role = Role::start(unary(move |_| {
        let earlier = counted.fetch_add(1, Ordering::Relaxed);
        async move {
            if earlier < failures {
                Err(Status::unavailable("not now"))
            } else {
                Ok(())
            }
        }
    }))
    .await;
    (role, calls)
}

#[tokio::test]
async fn an_idempotent_call_is_repeated_while_the_server_is_unavailable() {
    let (role, calls) = flaky(2).await;
    list(&mut connect(&role)).await.unwrap();
    assert_eq!(calls.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn retries_end_and_the_last_answer_is_told() {
    let (role, calls) = flaky(usize::MAX).await;
    let status = list(&mut connect(&role)).await.unwrap_err();
    assert_eq!(reason(&status), "UNAVAILABLE");
    assert_eq!(calls.load(Ordering::Relaxed), 4);
}

#[tokio::test]
async fn a_call_that_is_not_idempotent_is_never_repeated() {
    let (role, calls) = flaky(usize::MAX).await;
    let mut request = Request::new(replay());
    // The permission to replay is the operator's, not a service's.
    request
        .metadata_mut()
        .insert("authorization", operator().parse().unwrap());
    let status = within(connect(&role).replay_dead_letters(request))
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    assert_eq!(calls.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn other_errors_are_not_repeated() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let role = Role::start(unary(move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
        async { Err(Status::aborted("conflict")) }
    }))
    .await;
    assert_eq!(
        list(&mut connect(&role)).await.unwrap_err().code(),
        Code::Aborted
    );
    assert_eq!(calls.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_peer_that_is_not_there_is_unavailable() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let status = list(&mut client(&format!("http://{address}")))
        .await
        .unwrap_err();
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::Unavailable, "UNAVAILABLE")
    );
}

#[tokio::test]
async fn a_peer_that_does_not_answer_costs_no_more_than_the_deadline() {
    let role = Role::start(unary(|_| std::future::pending())).await;
    let mut request = Request::new(ListDeadLettersRequest::default());
    request.set_timeout(Duration::from_millis(50));
    let status = within(connect(&role).list_dead_letters(request))
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
}

#[tokio::test]
async fn a_broken_connection_is_replaced() {
    let (role, _) = flaky(0).await;
    let address = role.running.address();
    let mut client = connect(&role);
    list(&mut client).await.unwrap();
    role.shutdown.cancel();
    within(role.running.stopped()).await;
    let mut config = config();
    config.server.listen = address;
    let _again = Role::start_with(config, unary(|_| async { Ok(()) })).await;
    list(&mut client).await.unwrap();
}

#[tokio::test]
async fn no_call_is_lost_to_a_connection_that_is_ending() {
    let client = client(&restless().await);
    let calls = (0..300).map(|_| {
        let mut client = client.clone();
        // Never repeated, so each of them has to be sent well the first time.
        async move { within(client.replay_dead_letters(replay())).await }
    });
    for call in calls {
        call.await.unwrap();
    }
}
