//! A gateway, the service behind it, and clients of all three kinds.

pub(crate) mod client;
pub(crate) mod contract;
pub(crate) mod mortal;
pub(crate) mod spans;
pub(crate) mod upstream;

use std::net::SocketAddr;
use std::time::Duration;

use access::DevelopmentIssuer;
use chassis::client::replicas_at;
use chassis::config::{IssuerConfig, IssuerRole};
use chassis::{Clock, KeyWatch, Service};
use gateway::{ApiKeyFile, Gateway, GatewayConfig, Running};
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use prost_reflect::DescriptorPool;
use tokio_util::sync::CancellationToken;

use client::RestClient;
use upstream::Upstream;

const NOW: &str = "2026-03-09T10:00:00Z";

/// A gateway in front of one echo service.
pub(crate) struct Bench {
    pub(crate) running: Running,
    pub(crate) upstream: Upstream,
    pub(crate) token: String,
    pub(crate) rest: RestClient,
    issuer: DevelopmentIssuer,
    shutdown: CancellationToken,
}

impl Bench {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut GatewayConfig)) -> Self {
        Self::made(&contract::pool(), &[], change).await
    }

    /// In front of these replicas of the service instead of one of its own.
    pub(crate) async fn before(
        known: &[SocketAddr],
        change: impl FnOnce(&mut GatewayConfig),
    ) -> Self {
        Self::made(&contract::pool(), known, change).await
    }

    /// Of another contract.
    pub(crate) async fn of(pool: &DescriptorPool, change: impl FnOnce(&mut GatewayConfig)) -> Self {
        Self::made(pool, &[], change).await
    }

    async fn made(
        pool: &DescriptorPool,
        known: &[SocketAddr],
        change: impl FnOnce(&mut GatewayConfig),
    ) -> Self {
        let upstream = Upstream::start().await;
        let keys = tempfile::tempdir().unwrap();
        let issuer = DevelopmentIssuer::open(&keys.path().join("key.pem"), "patron").unwrap();
        let config = config(&upstream, &issuer, change);
        let clock = Clock::manual(now());
        let role = Service::new("gateway", clock.clone());
        let issuers = KeyWatch::new(&config.access).unwrap();
        let mut gateway = Gateway::new(&config, pool, issuers, clock, role.metrics()).unwrap();
        if let Some(path) = &config.gateway.api_keys_file {
            let file = ApiKeyFile::open(path, &config.access).unwrap();
            gateway = gateway.with_api_keys(file.exchange());
        }
        if !known.is_empty() {
            let replicas = replicas_at("http://shapes", known, &config.client, None);
            gateway = gateway.with_replicas("shapes", replicas.unwrap());
        }
        let shutdown = CancellationToken::new();
        let running = gateway::serve_gateway(gateway, role, &config, shutdown.clone())
            .await
            .unwrap();
        let token = token(&issuer, SignedDuration::from_hours(1));
        let rest = RestClient::new(running.address(), token.clone());
        Self {
            running,
            upstream,
            token,
            rest,
            issuer,
            shutdown,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.running.address()
    }

    /// A client of another caller.
    pub(crate) fn rest_of(&self, subject: &str) -> RestClient {
        let life = SignedDuration::from_hours(1);
        let token = self.issuer.token(subject, &["operator"], now(), life);
        RestClient::new(self.address(), token.unwrap().expose().to_owned())
    }

    /// A token that is no longer valid.
    pub(crate) fn expired_token(&self) -> String {
        token(&self.issuer, SignedDuration::from_secs(-60))
    }

    /// Tells the gateway to stop, and what does so.
    pub(crate) fn stop(self) -> (Running, RestClient) {
        self.shutdown.cancel();
        (self.running, self.rest)
    }
}

/// Calls, within a bound, until it is answered.
pub(crate) async fn until_ok(rest: &RestClient, path: &str) {
    for _ in 0..500 {
        if rest.get(path).await.status == StatusCode::OK {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{path} was never answered");
}

/// Waits, within a bound, for something that happens elsewhere.
pub(crate) async fn wait_until(condition: impl Fn() -> bool) {
    for _ in 0..500 {
        if condition() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the condition was never met");
}

fn config(
    upstream: &Upstream,
    issuer: &DevelopmentIssuer,
    change: impl FnOnce(&mut GatewayConfig),
) -> GatewayConfig {
    let mut config = GatewayConfig::defaults().unwrap();
    let local = SocketAddr::from(([127, 0, 0, 1], 0));
    config.server.listen = local;
    config.server.admin_listen = local;
    config.access.issuers = vec![IssuerConfig {
        issuer: issuer.issuer().to_owned(),
        jwks_file: None,
        jwks: Some(issuer.jwks().unwrap()),
        role: IssuerRole::People,
        subject_prefix: None,
    }];
    config.gateway.upstreams.clear();
    let addresses = [
        ("shapes", format!("http://{}", upstream.address)),
        // The port of a listener that has gone: nobody is there.
        ("absent", format!("http://{}", upstream::free_address())),
    ];
    config
        .gateway
        .upstreams
        .extend(addresses.map(|(role, address)| (role.to_owned(), address)));
    change(&mut config);
    config
}

fn token(issuer: &DevelopmentIssuer, ttl: SignedDuration) -> String {
    issuer
        .operator_token(now(), ttl)
        .unwrap()
        .expose()
        .to_owned()
}

pub(crate) fn now() -> Timestamp {
    NOW.parse().unwrap()
}
