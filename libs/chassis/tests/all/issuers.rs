//! Keys that an issuer publishes: fetched, rotated, out of reach, and by whose certificate.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use access::{Bearer, DevelopmentIssuer, TokenError};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chassis::config::{AccessConfig, Config, IssuerConfig, IssuerRole};
use chassis::{KeyWatch, NotVerified};
use jiff::{SignedDuration, Timestamp};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_util::sync::{CancellationToken, DropGuard};
use tonic::Code;

use crate::harness::{LIST, Role, authorization, config, unary, within};

fn now() -> Timestamp {
    "2026-03-09T10:00:00Z".parse().unwrap()
}

/// Where an issuer publishes its keys, until it is dropped.
struct Published {
    address: SocketAddr,
    text: Arc<Mutex<String>>,
    fetched: Arc<AtomicU32>,
    _stop: DropGuard,
}

impl Published {
    async fn at(address: SocketAddr, text: &str, tls: Option<TlsAcceptor>) -> Self {
        let tcp = TcpListener::bind(address).await.unwrap();
        let address = tcp.local_addr().unwrap();
        let (text, fetched) = (
            Arc::new(Mutex::new(text.to_owned())),
            Arc::new(AtomicU32::new(0)),
        );
        let (stop, told, count) = (
            CancellationToken::new(),
            Arc::clone(&text),
            Arc::clone(&fetched),
        );
        let serving = async move {
            loop {
                let (stream, _) = tcp.accept().await.unwrap();
                count.fetch_add(1, Ordering::SeqCst);
                let text = told.lock().unwrap().clone();
                match &tls {
                    // Whoever does not trust the certificate goes away.
                    Some(tls) => {
                        if let Ok(stream) = tls.accept(stream).await {
                            answer(stream, &text).await;
                        }
                    }
                    None => answer(stream, &text).await,
                }
            }
        };
        tokio::spawn(stop.clone().run_until_cancelled_owned(serving));
        Self {
            address,
            text,
            fetched,
            _stop: stop.drop_guard(),
        }
    }

    async fn start(text: &str) -> Self {
        Self::at(free(), text, None).await
    }

    fn publish(&self, text: &str) {
        text.clone_into(&mut self.text.lock().unwrap());
    }

    fn fetched(&self) -> u32 {
        self.fetched.load(Ordering::SeqCst)
    }
}

async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin, text: &str) {
    let mut head = [0; 4096];
    let _ = stream.read(&mut head).await;
    let length = text.len();
    let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{text}");
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}

fn free() -> SocketAddr {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    free.local_addr().unwrap()
}

fn issuer(folder: &Path, name: &str) -> DevelopmentIssuer {
    DevelopmentIssuer::open(&folder.join(name), "patron").unwrap()
}

fn token(issuer: &DevelopmentIssuer) -> Bearer {
    let life = SignedDuration::from_hours(1);
    issuer.operator_token(now(), life).unwrap()
}

fn access(issuer: &DevelopmentIssuer, url: String) -> AccessConfig {
    let mut access = Config::defaults().unwrap().access;
    access.issuers = vec![IssuerConfig {
        issuer: issuer.issuer().to_owned(),
        jwks_file: None,
        jwks: Some(url),
        role: IssuerRole::People,
        subject_prefix: None,
    }];
    access
}

fn pem(certificate: &[u8]) -> String {
    let text = STANDARD.encode(certificate);
    format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
}

async fn believes(keys: &KeyWatch, token: &Bearer) -> Result<(), TokenError> {
    match keys.verify(token.expose(), now()).await {
        Ok(_) => Ok(()),
        Err(NotVerified::Refused(error)) => Err(error),
        Err(NotVerified::Busy) => panic!("nobody else is there"),
    }
}

#[tokio::test]
async fn a_new_key_is_fetched_when_a_token_names_it_and_nobody_can_have_it_fetched_over_and_over() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (
        issuer(folder.path(), "old.pem"),
        issuer(folder.path(), "new.pem"),
    );
    let published = Published::start(&old.jwks().unwrap()).await;
    let keys = KeyWatch::new(&access(&old, format!("http://{}/jwks", published.address))).unwrap();
    believes(&keys, &token(&old)).await.unwrap();
    assert_eq!(published.fetched(), 1);

    published.publish(&new.jwks().unwrap());
    let calls = (0..50).map(|_| async {
        let refused = believes(&keys, &token(&new)).await.unwrap_err();
        assert!(
            matches!(refused, TokenError::UnknownKey { .. }),
            "{refused}"
        );
    });
    futures_util::future::join_all(calls).await;
    assert_eq!(published.fetched(), 1, "asked a moment ago");

    // Another role has not asked before.
    let keys = KeyWatch::new(&access(&old, format!("http://{}/jwks", published.address))).unwrap();
    let new_token = token(&new);
    let calls = (0..50).map(|_| believes(&keys, &new_token));
    let believed = futures_util::future::join_all(calls).await;
    assert!(
        believed.iter().all(Result::is_ok),
        "all wait for the one fetch"
    );
    assert_eq!(published.fetched(), 2);
    assert!(believes(&keys, &token(&old)).await.is_err(), "withdrawn");
}

#[tokio::test]
async fn what_an_issuer_says_is_not_taken_for_keys_when_it_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let issuer = issuer(folder.path(), "key.pem");
    for nonsense in ["", "{\"keys\":[]}", &"x".repeat(300_000)] {
        let published = Published::start(nonsense).await;
        let url = format!("http://{}/jwks", published.address);
        let keys = KeyWatch::new(&access(&issuer, url)).unwrap();
        let refused = believes(&keys, &token(&issuer)).await.unwrap_err();
        assert!(matches!(refused, TokenError::NoKeysYet { .. }), "{refused}");
    }
}

#[tokio::test]
async fn an_issuer_that_is_down_at_the_start_is_told_and_then_followed_and_its_keys_outlive_it() {
    let folder = tempfile::tempdir().unwrap();
    let issuer = issuer(folder.path(), "key.pem");
    let mut config = config();
    let (address, local) = (free(), config.access.issuers.remove(0));
    config.access.issuers = access(&issuer, format!("http://{address}/jwks")).issuers;
    // Of a name of its own, beside one whose keys are known.
    config.access.issuers[0].issuer = "elsewhere".to_owned();
    config.access.issuers[0].subject_prefix = Some("elsewhere:".to_owned());
    config.access.issuers.push(local);
    let signer = access::Signer::from_pem("elsewhere", "patron", issuer.pem()).unwrap();
    let claims = access::Claims {
        subject: "ann".to_owned(),
        roles: vec!["operator".to_owned()],
        ..access::Claims::default()
    };
    let at = chassis::Clock::system().now();
    let token = signer
        .sign(&claims, at, SignedDuration::from_hours(1))
        .unwrap();
    let bearer = format!("Bearer {}", token.expose());

    let role = Role::start_with(config, unary(|_| async { Ok(()) })).await;
    let answer = role.call(LIST, &[("authorization", &bearer)]).await;
    assert_eq!(answer.status.code(), Code::Unavailable);
    assert_eq!(answer.reason(), "ISSUER_UNAVAILABLE");
    let others = authorization(&["operator"], at);
    let answer = role.call(LIST, &[("authorization", &others)]).await;
    assert_eq!(answer.status.code(), Code::Ok, "others are served");
    let (status, unready) = role.admin("/ready").await;
    assert!(status == 503 && unready.contains("issuers"), "{unready}");

    let published = Published::at(address, &issuer.jwks().unwrap(), None).await;
    role.ready().await;
    let call = async || role.call(LIST, &[("authorization", bearer.as_str())]).await;
    assert_eq!(call().await.status.code(), Code::Ok);

    drop(published);
    assert_eq!(call().await.status.code(), Code::Ok, "its keys stay");
}

#[tokio::test]
async fn by_https_keys_are_taken_from_a_server_with_a_certificate_that_is_trusted_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let issuer = issuer(folder.path(), "key.pem");
    let certified = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = PrivatePkcs8KeyDer::from(certified.signing_key.serialize_der());
    let tls = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], PrivateKeyDer::from(key))
        .unwrap();
    let tls = TlsAcceptor::from(Arc::new(tls));
    let published = Published::at(free(), &issuer.jwks().unwrap(), Some(tls)).await;
    let url = format!("https://localhost:{}/jwks", published.address.port());

    let authorities = folder.path().join("ca.pem");
    std::fs::write(&authorities, pem(certified.cert.der())).unwrap();
    let mut trusting = access(&issuer, url.clone());
    trusting.issuers_ca_file = Some(authorities);
    let keys = KeyWatch::new(&trusting).unwrap();
    within(believes(&keys, &token(&issuer))).await.unwrap();

    let other = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let authorities = folder.path().join("other.pem");
    std::fs::write(&authorities, pem(other.cert.der())).unwrap();
    let mut distrusting = access(&issuer, url);
    distrusting.issuers_ca_file = Some(authorities);
    let keys = KeyWatch::new(&distrusting).unwrap();
    let refused = within(believes(&keys, &token(&issuer))).await.unwrap_err();
    assert!(matches!(refused, TokenError::NoKeysYet { .. }), "{refused}");
}
