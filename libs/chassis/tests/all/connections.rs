//! Connections that do nothing, or stay too long, are let go.

use http_body_util::Empty;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

use crate::harness::{Role, config, unary, within};

#[tokio::test]
async fn a_client_that_says_nothing_is_let_go() {
    let mut config = config();
    config.server.header_read_timeout_ms = 20;
    let role = Role::start_with(config, unary(|_| async { Ok(()) })).await;
    let mut silent = TcpStream::connect(role.running.address()).await.unwrap();
    assert_eq!(within(silent.read(&mut [0])).await.unwrap(), 0, "closed");
}

#[tokio::test]
async fn an_old_connection_is_asked_to_go() {
    let mut config = config();
    config.server.max_connection_age_ms = 20;
    let role = Role::start_with(config, unary(|_| async { Ok(()) })).await;
    let stream = TcpStream::connect(role.running.address()).await.unwrap();
    let handshake =
        http2::handshake::<_, _, Empty<bytes::Bytes>>(TokioExecutor::new(), TokioIo::new(stream));
    let (sender, connection) = handshake.await.unwrap();
    within(connection).await.expect("a GOAWAY, not a reset");
    assert!(sender.is_closed());
}
