use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;

use super::Tls;

impl Tls {
    /// Connects to this address, where somebody must prove to have this name.
    pub(crate) async fn connect(
        &self,
        address: SocketAddr,
        name: ServerName<'static>,
    ) -> io::Result<TlsStream<TcpStream>> {
        let made = self.current().await;
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let connector = TlsConnector::from(Arc::clone(&made.client));
        connector.connect(name, stream).await
    }
}
