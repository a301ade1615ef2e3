use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http::Uri;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;
use tower::Service;

use super::Tls;

/// What a connection is made of.
type Io = TokioIo<TlsStream<TcpStream>>;

impl Tls {
    /// Connects to this address, where somebody must prove to have this name.
    pub(crate) fn connector(
        &self,
        address: SocketAddr,
        name: ServerName<'static>,
    ) -> impl Service<
        Uri,
        Response = Io,
        Error = io::Error,
        Future = BoxFuture<'static, io::Result<Io>>,
    > + Send
    + 'static {
        let tls = self.clone();
        tower::service_fn(move |_: Uri| tls.clone().connect(address, name.clone()).boxed())
    }

    async fn connect(self, address: SocketAddr, name: ServerName<'static>) -> io::Result<Io> {
        let made = self.current().await;
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let connector = TlsConnector::from(Arc::clone(&made.client));
        Ok(TokioIo::new(connector.connect(name, stream).await?))
    }
}
