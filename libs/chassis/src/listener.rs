//! Accepting connections, and letting them go.
//!
//! hyper is used directly instead of through tonic's server, which answers CANCELLED for an expired
//! deadline, closes connections by age without a GOAWAY, and cannot cut off connections that
//! outlive the drain.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::{Body, Incoming};
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::ServerConfig;
use crate::stall::Stalling;
use crate::tls::Tls;

/// The wait after a failed accept: out of file descriptors, and nothing closes within microseconds.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(50);

/// Streams that a client may open and reset at once before the connection is closed: the limit
/// against the "rapid reset" attack (CVE-2023-44487).
const MAX_PENDING_RESETS: usize = 20;

/// How many times the limit on headers an HTTP/1.1 connection buffers. A head that is somewhat too
/// large is still read, so that it can be refused in words; beyond, there is only a bare 431.
const HEAD_BUFFER_FACTOR: usize = 2;

/// What one stream of an HTTP/2 connection holds of an answer that its client does not take yet: enough to keep a
/// connection busy, and in all streams of one that stalls no more than some megabytes.
const SEND_BUFFER_BYTES: usize = 64 * 1024;

/// hyper takes no smaller buffer (it panics).
const MIN_HEAD_BUFFER_BYTES: usize = 8192;

/// Which versions of HTTP a port speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocols {
    /// HTTP/2 with prior knowledge alone: gRPC.
    Http2,
    /// HTTP/1.1 and HTTP/2, told apart by the first bytes.
    Both,
}

/// From where a request comes, among its extensions: the other end of its connection, which may be a load balancer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

/// A bound port.
pub struct Listener {
    tcp: TcpListener,
    address: SocketAddr,
    protocols: Protocols,
    config: ServerConfig,
    tls: Option<Tls>,
}

/// A port that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("can't listen on {address}")]
pub struct BindError {
    /// The address.
    pub address: SocketAddr,
    source: std::io::Error,
}

impl BindError {
    pub(crate) fn new(address: SocketAddr, source: std::io::Error) -> Self {
        Self { address, source }
    }
}

impl Listener {
    /// Takes the port; nothing is accepted yet.
    pub async fn bind(
        address: SocketAddr,
        protocols: Protocols,
        config: &ServerConfig,
    ) -> Result<Self, BindError> {
        let failed = |source| BindError::new(address, source);
        let tcp = TcpListener::bind(address).await.map_err(failed)?;
        let address = tcp.local_addr().map_err(failed)?;
        Ok(Self {
            tcp,
            address,
            protocols,
            config: config.clone(),
            tls: None,
        })
    }

    /// The same, for those alone who have a certificate.
    pub(crate) fn secured(self, tls: Option<Tls>) -> Self {
        Self { tls, ..self }
    }

    /// The real address, also when port 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves connections until `stop`; then closes the port, tells the clients to go (GOAWAY) and
    /// lets calls finish for at most the configured bound. Tells how many connections were cut off.
    pub async fn serve<S, B>(self, service: S, stop: CancellationToken) -> usize
    where
        S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>
            + Clone
            + Send
            + 'static,
        S::Future: Send + 'static,
        B: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>>
            + Send
            + 'static,
    {
        let bound = Duration::from_millis(self.config.drain_bound_ms);
        let cut = CancellationToken::new();
        let connections = TaskTracker::new();
        let slots = Arc::new(Semaphore::new(self.config.max_connections));
        let builder = Arc::new(self.builder());
        while let Some((stream, peer, slot)) =
            stop.run_until_cancelled(accept(&self.tcp, &slots)).await
        {
            let connection = self.connection(peer, slot, [&stop, &cut]);
            connections.spawn(connection.attend(stream, Arc::clone(&builder), service.clone()));
        }
        drop(self.tcp);
        drain(&connections, &cut, bound).await
    }

    fn connection(
        &self,
        peer: SocketAddr,
        slot: Option<OwnedSemaphorePermit>,
        [stop, cut]: [&CancellationToken; 2],
    ) -> Connection {
        let config = &self.config;
        Connection {
            client: ClientAddress(peer.ip()),
            stop: stop.clone(),
            cut: cut.clone(),
            first_byte: Duration::from_millis(config.header_read_timeout_ms),
            stall: Duration::from_millis(config.write_stall_timeout_ms),
            age: spread(Duration::from_millis(config.max_connection_age_ms), peer),
            grace: Duration::from_millis(config.max_connection_grace_ms),
            tls: self.tls.clone(),
            _slot: slot,
        }
    }

    fn builder(&self) -> auto::Builder<TokioExecutor> {
        let config = &self.config;
        let mut builder = auto::Builder::new(TokioExecutor::new());
        if self.protocols == Protocols::Http2 {
            builder = builder.http2_only();
        }
        builder
            .http1()
            .timer(TokioTimer::new())
            .max_buf_size(head_buffer_bytes(config.max_header_bytes))
            .header_read_timeout(Duration::from_millis(config.header_read_timeout_ms));
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(config.max_streams_per_connection)
            .max_header_list_size(config.max_header_bytes)
            .max_pending_accept_reset_streams(MAX_PENDING_RESETS)
            .max_send_buf_size(SEND_BUFFER_BYTES)
            .keep_alive_interval(Duration::from_millis(config.keepalive_interval_ms))
            .keep_alive_timeout(Duration::from_millis(config.keepalive_timeout_ms));
        builder
    }
}

fn head_buffer_bytes(max_header_bytes: u32) -> usize {
    let limit = usize::try_from(max_header_bytes).unwrap_or(usize::MAX);
    limit
        .saturating_mul(HEAD_BUFFER_FACTOR)
        .max(MIN_HEAD_BUFFER_BYTES)
}

/// The next connection, once there is a slot for it. Others wait in the kernel's bounded queue.
async fn accept(
    tcp: &TcpListener,
    slots: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, Option<OwnedSemaphorePermit>) {
    // Never closed, so there is always a permit in the end.
    let slot = Arc::clone(slots).acquire_owned().await.ok();
    loop {
        match tcp.accept().await {
            Ok((stream, peer)) => return (stream, peer, slot),
            Err(error) => {
                tracing::warn!(%error, "a connection can't be accepted");
                tokio::time::sleep(ACCEPT_RETRY_DELAY).await;
            }
        }
    }
}

/// Up to a tenth more, by the client's port: connections that were opened together, after a
/// restart, do not all end together.
fn spread(age: Duration, peer: SocketAddr) -> Duration {
    age + age / 1000 * u32::from(peer.port() % 100)
}

/// Waits for the connections to end; cuts them off at the bound and says how many.
async fn drain(connections: &TaskTracker, cut: &CancellationToken, bound: Duration) -> usize {
    connections.close();
    if tokio::time::timeout(bound, connections.wait())
        .await
        .is_ok()
    {
        return 0;
    }
    let left = connections.len();
    cut.cancel();
    connections.wait().await;
    left
}

/// One connection, from its first byte to its last.
struct Connection {
    client: ClientAddress,
    stop: CancellationToken,
    cut: CancellationToken,
    first_byte: Duration,
    stall: Duration,
    age: Duration,
    grace: Duration,
    tls: Option<Tls>,
    _slot: Option<OwnedSemaphorePermit>,
}

impl Connection {
    async fn attend<S, B>(
        self,
        stream: TcpStream,
        builder: Arc<auto::Builder<TokioExecutor>>,
        service: S,
    ) where
        S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Send,
        S::Future: Send + 'static,
        B: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>>
            + Send
            + 'static,
    {
        if !self.is_begun(&stream).await {
            return;
        }
        match &self.tls {
            None => self.serve(stream, &builder, service).await,
            // In a box, so that connections without TLS, of which a gateway holds thousands, do not carry its weight.
            Some(tls) => Box::pin(self.attend_certified(tls, stream, &builder, service)).await,
        }
    }

    async fn attend_certified<S, B>(
        &self,
        tls: &Tls,
        stream: TcpStream,
        builder: &auto::Builder<TokioExecutor>,
        service: S,
    ) where
        S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Send,
        S::Future: Send + 'static,
        B: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>>
            + Send
            + 'static,
    {
        match tokio::time::timeout(self.first_byte, tls.accept(stream)).await {
            Ok(Ok((stream, peer))) => {
                let service = service_fn(move |mut request: Request<Incoming>| {
                    request.extensions_mut().insert(peer.clone());
                    service.call(request)
                });
                self.serve(stream, builder, service).await;
            }
            Ok(Err(error)) => tracing::debug!(%error, "a connection was not certified"),
            Err(_) => tracing::debug!("a connection was not certified in time"),
        }
    }

    async fn serve<I, S, B>(&self, stream: I, builder: &auto::Builder<TokioExecutor>, service: S)
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Send,
        S::Future: Send + 'static,
        B: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>>
            + Send
            + 'static,
    {
        let client = self.client;
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(client);
            service.call(request)
        });
        let stream = TokioIo::new(Stalling::new(stream, self.stall));
        let mut connection = pin!(builder.serve_connection(stream, service));
        tokio::select! {
            ended = connection.as_mut() => return log(ended),
            () = self.stop.cancelled() => {}
            () = tokio::time::sleep(self.age) => {}
        }
        connection.as_mut().graceful_shutdown();
        // Dropping a connection that does not end by itself drops its calls, too, in HTTP/2 by
        // their next look at their stream.
        tokio::select! {
            ended = connection => log(ended),
            () = self.cut.cancelled() => {}
            () = tokio::time::sleep(self.grace) => {}
        }
    }

    /// False for clients that connect and then say nothing: they would hold their slot for ever.
    async fn is_begun(&self, stream: &TcpStream) -> bool {
        // Small answers must not wait for more to send with them.
        let prompt = stream.set_nodelay(true).is_ok();
        let mut byte = [0];
        let first = tokio::time::timeout(self.first_byte, stream.peek(&mut byte));
        let begun = self.stop.run_until_cancelled(first).await;
        prompt && matches!(begun, Some(Ok(Ok(1..))))
    }
}

fn log(ended: Result<(), Box<dyn std::error::Error + Send + Sync>>) {
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke");
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::Empty;

    use super::*;
    use crate::config::Config;

    /// Thousands of connections idle, and each holds this.
    #[tokio::test]
    async fn a_connection_is_small_while_it_idles() {
        let config = Config::defaults().unwrap().server;
        let any = "127.0.0.1:0".parse().unwrap();
        let listener = Listener::bind(any, Protocols::Both, &config).await.unwrap();
        let stop = CancellationToken::new();
        let connection = listener.connection(listener.address(), None, [&stop, &stop]);
        let stream = TcpStream::connect(listener.address()).await.unwrap();
        let service = service_fn(async |_| Ok(Response::new(Empty::<Bytes>::new())));
        let attended = connection.attend(stream, Arc::new(listener.builder()), service);
        let bytes = size_of_val(&attended);
        assert!(bytes < 4500, "{bytes} bytes");
    }
}
