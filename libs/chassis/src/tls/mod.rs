//! Mutual TLS between roles: each proves by a certificate who it is, and trusts those of one authority.
//!
//! Files are read again while a role runs, so that certificates can be short-lived: whoever connects
//! after a change gets the new ones, and connections that are there go on until their age ends them.

mod connect;
mod files;
mod peer;

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::config::TlsConfig;

pub use files::TlsError;
pub(crate) use peer::Peer;

use files::{Files, Made};

/// A role's certificate, and whose certificates it believes. Cheap to clone.
#[derive(Clone)]
pub struct Tls(Arc<Inner>);

struct Inner {
    files: Files,
    made: ArcSwap<Made>,
    interval: Duration,
    read_at: Mutex<Instant>,
}

impl Tls {
    /// Reads the files; `None` where there is to be no TLS.
    ///
    /// # Errors
    /// When a file can't be read or used.
    pub fn of(config: &TlsConfig) -> Result<Option<Self>, TlsError> {
        let Some(files) = Files::of(config) else {
            return Ok(None);
        };
        let made = files.read()?;
        Ok(Some(Self(Arc::new(Inner {
            files,
            made: ArcSwap::from_pointee(made),
            interval: Duration::from_millis(config.reload_interval_ms),
            read_at: Mutex::new(Instant::now()),
        }))))
    }

    /// Takes a connection, with the certificate of who has made it.
    pub(crate) async fn accept(
        &self,
        stream: TcpStream,
    ) -> io::Result<(TlsStream<TcpStream>, Peer)> {
        let made = self.current().await;
        let acceptor = TlsAcceptor::from(Arc::clone(&made.server));
        let stream = acceptor.accept(stream).await?;
        let certificates = stream.get_ref().1.peer_certificates();
        let own = certificates.and_then(<[_]>::first);
        // Never without: the handshake asks for it.
        let own = own.ok_or(io::ErrorKind::PermissionDenied)?;
        let peer = Peer::of(own);
        Ok((stream, peer))
    }

    /// What the files say, at most so old as is configured. One that connects reads them again; the
    /// others go on with what is known meanwhile.
    async fn current(&self) -> Arc<Made> {
        if self.is_due() {
            let tls = self.clone();
            // Fails when the process ends.
            let _ = tokio::task::spawn_blocking(move || tls.read_again()).await;
        }
        self.0.made.load_full()
    }

    fn is_due(&self) -> bool {
        let mut read_at = self
            .0
            .read_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let is_due = read_at.elapsed() >= self.0.interval;
        if is_due {
            *read_at = Instant::now();
        }
        is_due
    }

    /// Half a file, or a certificate without its new key, changes nothing: they come one by one.
    fn read_again(&self) {
        match self.0.files.read() {
            Ok(made) if made.is_of_the_same_files(&self.0.made.load()) => {}
            Ok(made) => {
                self.0.made.store(Arc::new(made));
                tracing::info!("the certificates were replaced by what the files say now");
            }
            Err(error) => {
                tracing::warn!(%error, "new certificates can't be used; the old ones stay");
            }
        }
    }
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Tls")
    }
}
