//! Between roles: who has no certificate of ours, or another's than the token says, is not let in.

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;

use chassis::Clock;
use chassis::client::{Connection, Connector, ConnectorError};
use chassis::config::{Config, TlsConfig};
use contract::patron::events::v1::ListDeadLettersRequest;
use contract::patron::events::v1::event_admin_service_client::EventAdminServiceClient;
use rcgen::{
    BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType,
    date_time_ymd,
};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::version::TLS12;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tonic::{Code, Request, Status};

use crate::harness::{Role, config, machine, operator, reason, unary, within};

/// An authority, and the certificates that it has issued.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: Vec<u8>,
}

/// A certificate with its key.
struct Certified {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap().der().to_vec();
        Self {
            issuer: Issuer::new(params, key),
            certificate,
        }
    }

    /// A certificate for the role of this name, on this machine.
    fn certify(&self, role: &str) -> Certified {
        self.certify_until(role, 2099)
    }

    fn certify_until(&self, role: &str, year: i32) -> Certified {
        let mut params = CertificateParams::new(vec![role.to_owned()]).unwrap();
        let here = SanType::IpAddress("127.0.0.1".parse().unwrap());
        params.subject_alt_names.push(here);
        params.not_before = date_time_ymd(2001, 1, 1);
        params.not_after = date_time_ymd(year, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Certified {
            certificate: certificate.der().to_vec(),
            key: key.serialized_der().to_vec(),
        }
    }
}

/// The files of one role.
struct Files(TempDir);

impl Files {
    fn new(certified: &Certified, authority: &Authority) -> Self {
        let files = Self(tempfile::tempdir().unwrap());
        files.replace(certified, authority);
        files
    }

    fn replace(&self, certified: &Certified, authority: &Authority) {
        let pem = |label: &str, der: &[u8]| {
            use base64::Engine as _;
            let text = base64::engine::general_purpose::STANDARD.encode(der);
            format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
        };
        let write = |name, text| fs::write(self.path(name), text).unwrap();
        write("tls.crt", pem("CERTIFICATE", &certified.certificate));
        write("tls.key", pem("PRIVATE KEY", &certified.key));
        write("ca.crt", pem("CERTIFICATE", &authority.certificate));
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn config(&self) -> Config {
        Config {
            tls: TlsConfig {
                certificate_file: Some(self.path("tls.crt")),
                key_file: Some(self.path("tls.key")),
                ca_file: Some(self.path("ca.crt")),
                reload_interval_ms: 0,
            },
            ..config()
        }
    }
}

async fn serve(files: &Files) -> Role {
    Role::start_with(files.config(), unary(|_| async { Ok(()) })).await
}

fn https(role: &Role) -> String {
    format!("https://{}", role.running.address())
}

/// A client that is the service `loyalty` by its token, and by its certificate whoever the files say.
fn client(role: &Role, files: &Files) -> EventAdminServiceClient<Connection> {
    let mut config = files.config();
    config.client.max_retries = 0;
    let connector = Connector::new("loyalty", Clock::system(), &config).unwrap();
    EventAdminServiceClient::new(connector.connect(&https(role)).unwrap())
}

async fn list(client: &mut EventAdminServiceClient<Connection>) -> Result<(), Status> {
    let listed = client.list_dead_letters(ListDeadLettersRequest::default());
    within(listed).await.map(drop)
}

/// As somebody from outside, whose token the client sends on.
async fn list_for(
    client: &mut EventAdminServiceClient<Connection>,
    authorization: &str,
) -> Result<(), Status> {
    let mut request = Request::new(ListDeadLettersRequest::default());
    let token = authorization.parse().unwrap();
    request.metadata_mut().insert("authorization", token);
    within(client.list_dead_letters(request)).await.map(drop)
}

#[tokio::test]
async fn a_service_is_believed_by_token_and_certificate_together() {
    let authority = Authority::new();
    let role = serve(&Files::new(&authority.certify("test"), &authority)).await;
    let own = Files::new(&authority.certify("loyalty"), &authority);
    list(&mut client(&role, &own)).await.unwrap();
    // The gateway brings tokens of people over its own connection.
    let gateway = Files::new(&authority.certify("gateway"), &authority);
    let mut gateway = client(&role, &gateway);
    list_for(&mut gateway, &operator()).await.unwrap();
    let refused = list(&mut gateway).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
    assert_eq!(reason(&refused), "CERTIFICATE_OF_ANOTHER");
    // No wildcard makes a certificate one of every role.
    let anybody = Files::new(&authority.certify("*.example.com"), &authority);
    let refused = list(&mut client(&role, &anybody)).await.unwrap_err();
    assert_eq!(reason(&refused), "CERTIFICATE_OF_ANOTHER");
}

#[tokio::test]
async fn a_machines_token_is_believed_from_the_gateway_alone() {
    let authority = Authority::new();
    let role = serve(&Files::new(&authority.certify("test"), &authority)).await;
    // All roles hold the key that signs it.
    let token = machine(&["operator"], "events.*");
    let gateway = Files::new(&authority.certify("gateway"), &authority);
    list_for(&mut client(&role, &gateway), &token)
        .await
        .unwrap();
    for name in ["survey", "test", "gateway.example.com"] {
        let other = Files::new(&authority.certify(name), &authority);
        let refused = list_for(&mut client(&role, &other), &token).await;
        let refused = refused.unwrap_err();
        assert_eq!(refused.code(), Code::Unauthenticated, "{name}");
        assert_eq!(reason(&refused), "CERTIFICATE_OF_ANOTHER", "{name}");
        // People's tokens come as they are.
        list_for(&mut client(&role, &other), &operator())
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn certificates_of_another_authority_or_past_their_time_are_worth_nothing() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    let role = serve(&Files::new(&ours.certify("test"), &ours)).await;
    for files in [
        // One that the server does not believe.
        Files::new(&theirs.certify("loyalty"), &ours),
        // One that does not believe the server.
        Files::new(&ours.certify("loyalty"), &theirs),
        Files::new(&ours.certify_until("loyalty", 2002), &ours),
    ] {
        let refused = list(&mut client(&role, &files)).await.unwrap_err();
        assert_eq!(refused.code(), Code::Unavailable);
    }
    let expired = serve(&Files::new(&ours.certify_until("test", 2002), &ours)).await;
    let own = Files::new(&ours.certify("loyalty"), &ours);
    let refused = list(&mut client(&expired, &own)).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable);
}

#[tokio::test]
async fn who_has_no_certificate_speaks_plainly_or_by_an_older_tls_gets_no_answer() {
    let authority = Authority::new();
    let role = serve(&Files::new(&authority.certify("test"), &authority)).await;
    let mut plain = TcpStream::connect(role.running.address()).await.unwrap();
    plain
        .write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        .await
        .unwrap();
    assert!(!answers(&mut plain).await);

    let mut roots = RootCertStore::empty();
    let ca = CertificateDer::from(authority.certificate.clone());
    roots.add(ca).unwrap();
    let builder = || ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let nobody = builder()
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots.clone())
        .with_no_client_auth();
    let own = authority.certify("loyalty");
    let old = builder()
        .with_protocol_versions(&[&TLS12])
        .unwrap()
        .with_root_certificates(roots)
        .with_client_auth_cert(
            vec![CertificateDer::from(own.certificate)],
            PrivateKeyDer::try_from(own.key).unwrap(),
        )
        .unwrap();
    for config in [nobody, old] {
        let stream = TcpStream::connect(role.running.address()).await.unwrap();
        let connector = TlsConnector::from(Arc::new(config));
        let name = ServerName::try_from("127.0.0.1").unwrap();
        // With TLS 1.3 the client learns of its refusal when it reads.
        if let Ok(mut stream) = connector.connect(name, stream).await {
            let _ = stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
            assert!(!answers(&mut stream).await);
        }
    }
}

/// Whether anything of HTTP/2 comes: its first frame has the type of settings.
async fn answers(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> bool {
    let mut answer = Vec::new();
    let _ = within(stream.read_to_end(&mut answer)).await;
    answer.get(3) == Some(&4)
}

#[tokio::test]
async fn certificates_and_authority_are_changed_while_calls_go_on() {
    let (old, new) = (Authority::new(), Authority::new());
    let server = Files::new(&old.certify("test"), &old);
    let own = Files::new(&old.certify("loyalty"), &old);
    let role = serve(&server).await;
    let mut connected = client(&role, &own);
    list(&mut connected).await.unwrap();

    // Half of a change is none: the key of another certificate.
    fs::write(server.path("tls.key"), "half").unwrap();
    list(&mut client(&role, &own)).await.unwrap();

    server.replace(&new.certify("test"), &new);
    let refused = list(&mut client(&role, &own)).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable);
    // The connection that is there goes on.
    list(&mut connected).await.unwrap();
    own.replace(&new.certify("loyalty"), &new);
    list(&mut client(&role, &own)).await.unwrap();
}

#[tokio::test]
async fn addresses_and_certificates_that_do_not_fit_are_refused_at_the_start() {
    let authority = Authority::new();
    let files = Files::new(&authority.certify("loyalty"), &authority);
    let connect = |config: &Config, address: &str| {
        let connector = Connector::new("loyalty", Clock::system(), config).unwrap();
        connector.connect(address).map(drop)
    };
    for (config, address) in [(files.config(), "http://a:1"), (config(), "https://a:1")] {
        let refused = connect(&config, address).unwrap_err();
        assert!(
            matches!(refused, ConnectorError::Scheme { .. }),
            "{refused}"
        );
    }
    let mut half = files.config();
    half.tls.ca_file = None;
    assert_eq!(half.check().unwrap_err().setting, "tls");
    let mut other = files.config();
    other.tls.key_file = Some(files.path("ca.crt"));
    let refused = Connector::new("loyalty", Clock::system(), &other);
    assert!(matches!(refused, Err(ConnectorError::Tls(_))));
}

#[tokio::test]
async fn calls_that_wait_for_a_connection_share_what_comes_of_it() {
    let authority = Authority::new();
    let files = Files::new(&authority.certify("loyalty"), &authority);
    // It takes connections, and never says who it is.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    silent.set_nonblocking(true).unwrap();
    let address = format!("https://{}", silent.local_addr().unwrap());
    let mut config = files.config();
    (config.client.max_retries, config.client.connect_timeout_ms) = (0, 500);
    let connector = Connector::new("loyalty", Clock::system(), &config).unwrap();
    let client = EventAdminServiceClient::new(connector.connect(&address).unwrap());
    let call = |_| {
        let mut client = client.clone();
        tokio::spawn(async move { list(&mut client).await })
    };
    let calls: Vec<_> = (0..8).map(call).collect();
    for call in calls {
        let status = call.await.unwrap().unwrap_err();
        assert_eq!(status.code(), Code::Unavailable);
    }
    let connections = std::iter::from_fn(|| silent.accept().ok()).count();
    assert_eq!(connections, 1);
}
