use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, HOST, USER_AGENT};
use http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::{InvalidDnsNameError, ServerName};

/// How long an issuer may take.
const BOUND: Duration = Duration::from_secs(5);
/// The longest key set; those of large issuers have 10 kB.
const MAX_BYTES: usize = 256 * 1024;

/// Why keys could not be fetched.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    #[error("it can't be connected to: {0}")]
    Connect(#[from] std::io::Error),
    #[error("its host can't be certified: {0}")]
    Host(#[from] InvalidDnsNameError),
    #[error("the call failed: {0}")]
    Http(#[from] hyper::Error),
    #[error("the call can't be made: {0}")]
    Request(#[from] http::Error),
    #[error("it answered {status}")]
    Status { status: StatusCode },
    #[error("its answer broke off, or has more than {MAX_BYTES} bytes: {0}")]
    Body(Box<dyn std::error::Error + Send + Sync>),
    #[error("its answer is no text")]
    Text,
    #[error("it did not answer within {} s", BOUND.as_secs())]
    Silent,
}

/// Fetches a text. Redirects are not followed: nobody but the address that was configured is asked.
pub(super) async fn fetch(url: &Uri, tls: Option<&TlsConnector>) -> Result<String, FetchError> {
    let fetched = tokio::time::timeout(BOUND, connect_and_fetch(url, tls));
    fetched.await.unwrap_or(Err(FetchError::Silent))
}

async fn connect_and_fetch(url: &Uri, tls: Option<&TlsConnector>) -> Result<String, FetchError> {
    let host = url.host().unwrap_or_default();
    let port = url
        .port_u16()
        .unwrap_or(if tls.is_some() { 443 } else { 80 });
    let name = host.trim_start_matches('[').trim_end_matches(']');
    let stream = TcpStream::connect((name, port)).await?;
    match tls {
        Some(tls) => {
            let name = ServerName::try_from(name.to_owned())?;
            get(url, tls.connect(name, stream).await?).await
        }
        None => get(url, stream).await,
    }
}

async fn get<S>(url: &Uri, stream: S) -> Result<String, FetchError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let path = url.path_and_query().map_or("/", |path| path.as_str());
    let request = Request::get(path)
        .header(HOST, url.authority().map_or("", |host| host.as_str()))
        .header(ACCEPT, "application/json")
        .header(USER_AGENT, "patron")
        .body(Empty::<Bytes>::new())?;
    let exchange = async {
        let response = sender.send_request(request).await?;
        let status = response.status();
        if status != StatusCode::OK {
            return Err(FetchError::Status { status });
        }
        let body = Limited::new(response.into_body(), MAX_BYTES).collect();
        let bytes = body.await.map_err(FetchError::Body)?.to_bytes();
        String::from_utf8(bytes.into()).map_err(|_| FetchError::Text)
    };
    // The connection lives as long as its one call, and dies with it when that is given up. That it has
    // ended tells nothing: the call knows whether it got what it wanted.
    let carried = async {
        drop(connection.await);
        std::future::pending::<()>().await;
    };
    tokio::select! {
        fetched = exchange => fetched,
        () = carried => Err(FetchError::Silent),
    }
}
