use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use http::Uri;
use hyper::client::conn::http2::{self, SendRequest};
use hyper::rt::{Read, Write};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::rustls::pki_types::ServerName;
use tonic::body::Body;

use crate::config::ClientConfig;
use crate::tls::Tls;

/// How one replica is connected.
#[derive(Debug)]
pub(super) struct Dial {
    pub(super) address: SocketAddr,
    config: ClientConfig,
    tls: Option<(Tls, ServerName<'static>)>,
}

impl Dial {
    /// `None` for a URI without a name, where it must be proven.
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
            config: config.clone(),
            tls,
        })
    }

    /// Connects, or gives up within the bound.
    pub(super) async fn connect(&self) -> io::Result<SendRequest<Body>> {
        let bound = Duration::from_millis(self.config.connect_timeout_ms);
        let made = timeout(bound, self.reach()).await;
        made.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }

    async fn reach(&self) -> io::Result<SendRequest<Body>> {
        if let Some((tls, name)) = &self.tls {
            let stream = tls.connect(self.address, name.clone()).await?;
            return self.greet(TokioIo::new(stream)).await;
        }
        let stream = prompt(self.address).await?;
        self.greet(TokioIo::new(stream)).await
    }

    async fn greet<I>(&self, io: I) -> io::Result<SendRequest<Body>>
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
            .await
            .map_err(io::Error::other)?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection to another service broke");
            }
        });
        Ok(sender)
    }
}

async fn prompt(address: SocketAddr) -> io::Result<TcpStream> {
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
