use std::net::SocketAddr;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Request, Response, Uri};
use hyper::client::conn::http2::{self, SendRequest};
use hyper::rt::{Read, Write};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio_rustls::rustls::pki_types::ServerName;
use tonic::body::Body;

use super::CallError;
use crate::config::ClientConfig;
use crate::tls::Tls;

/// The connection to one replica: made when it is first needed, and again whenever it has been lost.
///
/// A call goes to hyper as it is. tonic's channel has a queue and a task of its own before that, which cost each
/// call a change of threads.
#[derive(Debug)]
pub(super) struct Link {
    address: SocketAddr,
    scheme: Scheme,
    authority: Authority,
    config: ClientConfig,
    tls: Option<(Tls, ServerName<'static>)>,
    live: ArcSwapOption<SendRequest<Body>>,
    connecting: Mutex<()>,
}

impl Link {
    /// To this address of the name in `uri`, which the other side is asked for and, with TLS, must prove to have.
    /// Nothing is connected yet. `None` for a URI without a name.
    pub(super) fn new(
        address: SocketAddr,
        uri: &Uri,
        config: &ClientConfig,
        tls: Option<&Tls>,
    ) -> Option<Self> {
        let tls = match tls {
            Some(tls) => Some((tls.clone(), name(uri)?)),
            None => None,
        };
        Some(Self {
            address,
            scheme: uri.scheme().cloned().unwrap_or(Scheme::HTTP),
            authority: uri.authority()?.clone(),
            config: config.clone(),
            tls,
            live: ArcSwapOption::empty(),
            connecting: Mutex::default(),
        })
    }

    /// Sends a call. One that met a connection in the moment of its end, and was not sent, is sent by another.
    pub(super) async fn send(&self, request: Request<Body>) -> Result<Response<Body>, CallError> {
        let request = self.addressed(request);
        let mut unsent = match self.connected().await?.try_send_request(request).await {
            Ok(answer) => return Ok(answer.map(Body::new)),
            Err(unsent) => unsent,
        };
        let Some(request) = unsent.take_message() else {
            return Err(unsent.into_error().into());
        };
        let answer = self.connected().await?.send_request(request).await?;
        Ok(answer.map(Body::new))
    }

    /// With the scheme and the name that the other side is known by.
    fn addressed(&self, request: Request<Body>) -> Request<Body> {
        let (mut head, body) = request.into_parts();
        let mut uri = head.uri.into_parts();
        uri.scheme = Some(self.scheme.clone());
        uri.authority = Some(self.authority.clone());
        uri.path_and_query
            .get_or_insert(PathAndQuery::from_static("/"));
        // Fails for parts that contradict each other only, which these can't.
        head.uri = Uri::from_parts(uri).unwrap_or_default();
        Request::from_parts(head, body)
    }

    async fn connected(&self) -> Result<SendRequest<Body>, CallError> {
        if let Some(live) = self.live() {
            return Ok(live);
        }
        let _one = self.connecting.lock().await;
        if let Some(live) = self.live() {
            return Ok(live);
        }
        let bound = Duration::from_millis(self.config.connect_timeout_ms);
        let made = tokio::time::timeout(bound, self.connect()).await;
        let made = made.map_err(|_| self.unreachable(std::io::ErrorKind::TimedOut.into()))??;
        self.live.store(Some(made.clone().into()));
        Ok(made)
    }

    fn live(&self) -> Option<SendRequest<Body>> {
        let live = self.live.load();
        let live = live.as_deref().filter(|live| live.is_ready());
        live.cloned()
    }

    async fn connect(&self) -> Result<SendRequest<Body>, CallError> {
        let failed = |source| self.unreachable(source);
        if let Some((tls, name)) = &self.tls {
            let stream = tls.connect(self.address, name.clone()).await;
            return self.greet(TokioIo::new(stream.map_err(failed)?)).await;
        }
        let stream = prompt(self.address).await;
        self.greet(TokioIo::new(stream.map_err(failed)?)).await
    }

    async fn greet<I>(&self, io: I) -> Result<SendRequest<Body>, CallError>
    where
        I: Read + Write + Unpin + Send + 'static,
    {
        let (sender, connection) = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .keep_alive_interval(Duration::from_millis(self.config.keepalive_interval_ms))
            .keep_alive_timeout(Duration::from_millis(self.config.keepalive_timeout_ms))
            // Also between calls: a peer that has gone must be known before the next call needs it.
            .keep_alive_while_idle(true)
            .handshake(io)
            .await?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection to another service broke");
            }
        });
        Ok(sender)
    }

    fn unreachable(&self, source: std::io::Error) -> CallError {
        CallError::Unreachable {
            address: self.address,
            source,
        }
    }
}

async fn prompt(address: SocketAddr) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    // Small calls must not wait for more to send with them.
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Whom the replica must prove to be: the name, not the address that it was resolved to.
fn name(uri: &Uri) -> Option<ServerName<'static>> {
    let host = uri.host()?.trim_start_matches('[').trim_end_matches(']');
    ServerName::try_from(host.to_owned()).ok()
}
