//! A role whose handler speaks HTTP lives and stops as all roles do.

use std::net::SocketAddr;

use bytes::Bytes;
use chassis::config::ServerConfig;
use chassis::listener::Protocols;
use chassis::{Clock, Drained, ServeError, Service};
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::harness::{Role, config, endless, service, unary, within};

type Page = Response<Full<Bytes>>;

/// Says where it was asked.
async fn page(request: Request<Incoming>) -> Page {
    Response::new(Full::new(request.uri().path().to_owned().into()))
}

async fn serve<F>(
    handler: impl Fn(Request<Incoming>) -> F + Clone + Send + 'static,
    change: impl FnOnce(&mut ServerConfig),
) -> Role
where
    F: Future<Output = Page> + Send + 'static,
{
    let mut config = config();
    change(&mut config.server);
    let (service, shutdown) = (
        Service::new("pages", Clock::system()),
        CancellationToken::new(),
    );
    let running = chassis::serve_http(service, handler, Protocols::Both, &config, shutdown.clone())
        .await
        .unwrap();
    Role { running, shutdown }
}

/// Sends one HTTP/1.1 request and reads until the server closes.
async fn exchange(address: SocketAddr, head: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // The server may close before it has read everything, which resets the connection.
    let _ = within(stream.read_to_end(&mut answer)).await;
    String::from_utf8(answer).unwrap()
}

fn get(path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\r\n")
}

#[tokio::test]
async fn its_port_answers_and_its_admin_port_tells_its_health() {
    let role = serve(page, |_| {}).await;
    role.ready().await;
    let answer = exchange(role.running.address(), &get("/a", "")).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.ends_with("/a"), "{answer}");
    assert_eq!(role.admin("/ready").await.0, 200);
}

#[tokio::test]
async fn it_tells_its_connections_to_go_and_stops() {
    let role = serve(page, |_| {}).await;
    let stream = TcpStream::connect(role.running.address()).await.unwrap();
    let handshake =
        http2::handshake::<_, _, Full<Bytes>>(TokioExecutor::new(), TokioIo::new(stream));
    let (mut sender, connection) = handshake.await.unwrap();
    let url = format!("{}/a", role.url());
    let request = Request::get(url).body(Full::default()).unwrap();
    let served = tokio::spawn(connection);
    assert_eq!(
        within(sender.send_request(request)).await.unwrap().status(),
        200
    );
    role.shutdown.cancel();
    within(served)
        .await
        .unwrap()
        .expect("a GOAWAY, not a reset");
    assert_eq!(within(role.running.stopped()).await, Drained::default());
}

#[tokio::test]
async fn what_outlives_the_bound_is_cut_off_and_counted() {
    let (begun, mut calls) = mpsc::unbounded_channel();
    let hang = move |_| {
        begun.send(()).unwrap();
        std::future::pending()
    };
    let role = serve(hang, |server| server.drain_bound_ms = 100).await;
    let mut stream = TcpStream::connect(role.running.address()).await.unwrap();
    stream.write_all(get("/", "").as_bytes()).await.unwrap();
    within(calls.recv()).await.unwrap();
    role.shutdown.cancel();
    let drained = within(role.running.stopped()).await;
    assert_eq!(drained.connections_cut, 1);
    assert_eq!(
        within(stream.read(&mut [0])).await.unwrap_or(0),
        0,
        "closed"
    );
}

#[tokio::test]
async fn headers_beyond_the_limit_end_the_connection_before_the_handler() {
    let role = serve(page, |server| server.max_header_bytes = 8192).await;
    let address = role.running.address();
    let accepted = exchange(
        address,
        &get("/a", &format!("long: {}\r\n", "a".repeat(8000))),
    )
    .await;
    assert!(accepted.starts_with("HTTP/1.1 200"), "{accepted}");
    let refused = exchange(
        address,
        &get("/a", &format!("long: {}\r\n", "a".repeat(20_000))),
    )
    .await;
    assert!(refused.starts_with("HTTP/1.1 431"), "{refused}");
    let many = "h: x\r\n".repeat(200);
    let refused = exchange(address, &get("/a", &many)).await;
    assert!(refused.starts_with("HTTP/1.1 431"), "{refused}");
}

#[tokio::test]
async fn a_grpc_service_beside_a_handler_is_refused_because_nothing_would_reach_it() {
    let service = service(unary(|_| async { Ok(()) }), endless);
    let stop = CancellationToken::new();
    let refused = chassis::serve_http(service, page, Protocols::Both, &config(), stop).await;
    match refused.err() {
        Some(ServeError::Unreachable { service }) => {
            assert_eq!(service, "patron.events.v1.EventAdminService");
        }
        other => panic!("{other:?}"),
    }
}
