use std::sync::Arc;

use tokio_rustls::rustls::client::verify_server_name;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::server::ParsedCertificate;

/// Who is at the other end of a connection, as the authority has certified it.
#[derive(Clone, Debug)]
pub(crate) struct Peer(Arc<CertificateDer<'static>>);

impl Peer {
    pub(super) fn of(certificate: &CertificateDer<'_>) -> Self {
        Self(Arc::new(certificate.clone().into_owned()))
    }

    /// Whether the certificate is that of a role: the role's name is one of its DNS names. A name of one
    /// part is matched by no wildcard.
    pub(crate) fn is_role(&self, role: &str) -> bool {
        let (Ok(certificate), Ok(name)) = (
            ParsedCertificate::try_from(&*self.0),
            ServerName::try_from(role),
        ) else {
            return false;
        };
        verify_server_name(&certificate, &name).is_ok()
    }
}
