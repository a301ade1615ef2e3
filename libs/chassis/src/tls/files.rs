use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::pem::{self, PemObject as _};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{VerifierBuilderError, WebPkiClientVerifier};
use tokio_rustls::rustls::version::TLS13;
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore, ServerConfig};

use crate::config::TlsConfig;

/// What is spoken within: gRPC, which is HTTP/2.
const ALPN: &[u8] = b"h2";

/// Why roles can't be told from others.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file can't be read.
    #[error("the file {path} of [tls] can't be read")]
    Unreadable {
        /// Where it should be.
        path: PathBuf,
        /// What the file system says.
        source: std::io::Error,
    },
    /// A file holds something else.
    #[error("the file {path} of [tls] is not what it should be")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: pem::Error,
    },
    /// A certificate can't be used, or is not that of the key.
    #[error("the certificates of [tls] can't be used")]
    Certificates(#[from] rustls::Error),
    /// Nobody could be believed.
    #[error("the authorities of [tls] can't be used")]
    Authorities(#[from] VerifierBuilderError),
}

/// Where certificates and key are.
#[derive(Clone, Debug)]
pub(super) struct Files {
    certificate: PathBuf,
    key: PathBuf,
    ca: PathBuf,
}

/// What was made of them.
pub(super) struct Made {
    pub(super) server: Arc<ServerConfig>,
    pub(super) client: Arc<ClientConfig>,
    texts: [Vec<u8>; 3],
}

impl Made {
    pub(super) fn is_of_the_same_files(&self, other: &Self) -> bool {
        self.texts == other.texts
    }
}

impl Files {
    pub(super) fn of(config: &TlsConfig) -> Option<Self> {
        Some(Self {
            certificate: config.certificate_file.clone()?,
            key: config.key_file.clone()?,
            ca: config.ca_file.clone()?,
        })
    }

    pub(super) fn read(&self) -> Result<Made, TlsError> {
        let texts = [read(&self.certificate)?, read(&self.key)?, read(&self.ca)?];
        let [certificate, key, ca] = &texts;
        let chain = certificates(&self.certificate, certificate)?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(malformed(&self.key))?;
        let mut roots = RootCertStore::empty();
        for authority in certificates(&self.ca, ca)? {
            roots.add(authority)?;
        }
        let roots = Arc::new(roots);
        let server = server(chain.clone(), key.clone_key(), Arc::clone(&roots))?;
        let client = client(chain, key, roots)?;
        Ok(Made {
            server: Arc::new(server),
            client: Arc::new(client),
            texts,
        })
    }
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|source| TlsError::Unreadable {
        path: path.to_owned(),
        source,
    })
}

fn malformed(path: &Path) -> impl Fn(pem::Error) -> TlsError {
    move |source| TlsError::Malformed {
        path: path.to_owned(),
        source,
    }
}

/// All certificates of a file, of which there must be one.
fn certificates(path: &Path, text: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text).collect();
    let read = read.and_then(|read| {
        if read.is_empty() {
            return Err(pem::Error::NoItemsFound);
        }
        Ok(read)
    });
    read.map_err(malformed(path))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn server(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    roots: Arc<RootCertStore>,
) -> Result<ServerConfig, TlsError> {
    let believed = WebPkiClientVerifier::builder_with_provider(roots, provider()).build()?;
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])?
        .with_client_cert_verifier(believed)
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![ALPN.to_vec()];
    Ok(config)
}

fn client(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    roots: Arc<RootCertStore>,
) -> Result<ClientConfig, TlsError> {
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])?
        .with_root_certificates(roots)
        .with_client_auth_cert(chain, key)?;
    config.alpn_protocols = vec![ALPN.to_vec()];
    Ok(config)
}
