use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject as _};
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};

/// Why servers of issuers can't be told from others.
#[derive(Debug, thiserror::Error)]
pub enum CertificatesError {
    /// The file of authorities can't be read, or holds something else.
    #[error("the certificates in {path}")]
    File {
        /// Where it should be.
        path: PathBuf,
        /// What is wrong.
        source: pem::Error,
    },
    /// A certificate can't be used, or TLS can't be set up.
    #[error(transparent)]
    Tls(#[from] rustls::Error),
    /// Nobody is trusted.
    #[error("neither the system nor access.issuers_ca_file names an authority")]
    NoAuthority,
}

/// Connects to servers that are certified by an authority of the system or of this file.
pub(super) fn connector(authorities: Option<&Path>) -> Result<TlsConnector, CertificatesError> {
    let mut roots = RootCertStore::empty();
    // Certificates of the system that can't be used are passed over: it is full of them.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(path) = authorities {
        let file = |source| CertificatesError::File {
            path: path.to_owned(),
            source,
        };
        for certificate in CertificateDer::pem_file_iter(path).map_err(file)? {
            roots.add(certificate.map_err(file)?)?;
        }
    }
    if roots.is_empty() {
        return Err(CertificatesError::NoAuthority);
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}
