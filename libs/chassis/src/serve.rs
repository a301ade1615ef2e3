//! Starting a role.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use access::{MethodRules, Roles, RulesError, UndeclaredMethod};
use bytes::Bytes;
use futures_util::FutureExt as _;
use http::{Request, Response};
use hyper::body::Incoming;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::body::Body;

use crate::config::{AccessConfigError, Config, UnsafeSetting};
use crate::health::Health;
use crate::issuers::KeyWatch;
use crate::listener::{BindError, Listener, Protocols};
use crate::role::Role;
use crate::service::Service;
use crate::stack::{self, Call, Handler as _};
use crate::tls::{Tls, TlsError};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why a role does not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// A setting would do harm.
    #[error(transparent)]
    Unsafe(#[from] UnsafeSetting),
    /// A port cannot be used.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// A method is served for which nobody declared who may call it.
    #[error(transparent)]
    Undeclared(#[from] UndeclaredMethod),
    /// The contract's declarations cannot be read.
    #[error("the contract's access rules can't be read")]
    Rules(#[from] RulesError),
    /// The configured keys cannot be used.
    #[error("the access settings can't be used")]
    Access(#[from] AccessConfigError),
    /// The certificates cannot be used.
    #[error("the settings for TLS can't be used")]
    Tls(#[from] TlsError),
    /// A gRPC service was added to a role whose handler answers everything itself.
    #[error("{service} can't be reached: the role's handler answers every call")]
    Unreachable {
        /// The service's full name.
        service: &'static str,
    },
    /// The reflection service cannot be built from the contract.
    #[error("the contract can't be reflected")]
    Reflection(#[from] tonic_reflection::server::Error),
}

/// A role that is being served.
pub struct Running {
    address: SocketAddr,
    admin_address: SocketAddr,
    health: Health,
    stopped: JoinHandle<Drained>,
}

/// How a role has stopped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drained {
    /// Connections with calls that had not finished within the bound.
    pub connections_cut: usize,
    /// Background tasks that had not ended within the bound.
    pub tasks_cut: usize,
}

impl Running {
    /// The address of the main port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address of the admin port.
    pub fn admin_address(&self) -> SocketAddr {
        self.admin_address
    }

    /// The role's health, for whoever runs several.
    pub fn health(&self) -> &Health {
        &self.health
    }

    /// Waits until the role has been told to stop and has drained.
    pub async fn stopped(self) -> Drained {
        self.stopped.await.unwrap_or_else(|error| {
            tracing::error!(%error, "the drain broke off");
            Drained::default()
        })
    }
}

/// Starts a role; returns as soon as its ports are bound. It stops, after a drain, when `shutdown`
/// is cancelled. May be called many times in one process.
pub async fn serve(
    mut service: Service,
    config: &Config,
    shutdown: CancellationToken,
) -> Result<Running, ServeError> {
    config.check()?;
    let rules = MethodRules::from_pool(contract::pool())?;
    rules.require_all(service.grpc.iter().copied())?;
    add_health(&mut service);
    add_reflection(&mut service)?;
    let keys = KeyWatch::new(&config.access)?;
    let mut service = service.following(keys.clone());
    let parts = stack::Parts {
        service: Arc::clone(&service.name),
        clock: service.clock.clone(),
        rules: rules.only(&service.grpc),
        keys,
        roles: Roles::default(),
        metrics: service.metrics.clone(),
        auditor: service.auditor.take(),
    };
    let routes = std::mem::take(&mut service.routes).routes();
    let stack = Arc::new(stack::build(routes, parts, &config.server));
    let answer = move |request: Request<Incoming>| {
        let stack = Arc::clone(&stack);
        async move { stack.handle(Call::new(request.map(Body::new))).await }
    };
    let port = Port {
        protocols: Protocols::Http2,
        tls: Tls::of(&config.tls)?,
    };
    start(service, answer, port, config, shutdown).await
}

/// Starts a role whose main port answers as `handler` does, in these protocols. It lives and stops
/// as with [`serve`]: admin port, checks, tasks, drain with its bound.
///
/// The handler gets every request as it came. Tokens, deadlines, traces and metrics of calls are
/// its own affair, and so are panics: one that gets out of it breaks its connection.
pub async fn serve_http<F, B>(
    service: Service,
    handler: impl Fn(Request<Incoming>) -> F + Clone + Send + 'static,
    protocols: Protocols,
    config: &Config,
    shutdown: CancellationToken,
) -> Result<Running, ServeError>
where
    F: Future<Output = Response<B>> + Send + 'static,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    config.check()?;
    if let Some(unreachable) = service.grpc.first() {
        return Err(ServeError::Unreachable {
            service: unreachable,
        });
    }
    let answer = move |request| handler(request).map(|response| response.map(Body::new));
    let port = Port {
        protocols,
        // Whoever is outside has no certificate of ours.
        tls: None,
    };
    start(service, answer, port, config, shutdown).await
}

/// How the main port is spoken to.
struct Port {
    protocols: Protocols,
    tls: Option<Tls>,
}

/// What every role has in common: its ports, its checks, its tasks and its end.
async fn start<F>(
    service: Service,
    answer: impl Fn(Request<Incoming>) -> F + Clone + Send + 'static,
    port: Port,
    config: &Config,
    shutdown: CancellationToken,
) -> Result<Running, ServeError>
where
    F: Future<Output = Response<Body>> + Send + 'static,
{
    let server = &config.server;
    let listener = Listener::bind(server.listen, port.protocols, server).await?;
    let listener = listener.secured(port.tls);
    let admin = bind_admin(server.admin_listen).await?;
    let health = Health::new(service.checks, server);
    let role = Role {
        name: service.name,
        grpc: service.grpc,
        health: health.clone(),
        reporters: service.reporters,
        tasks: service.tasks,
        closers: service.closers,
        notice: Duration::from_millis(server.drain_notice_ms),
        bound: Duration::from_millis(server.drain_bound_ms),
    };
    let (address, admin_address) = (listener.address(), admin.address);
    let admin = admin.serve(crate::admin::router(health.clone(), service.metrics));
    tracing::info!(service = %role.name, %address, %admin_address, "serving");
    let stopped = tokio::spawn(role.run(listener, answer, admin, shutdown));
    Ok(Running {
        address,
        admin_address,
        health,
        stopped,
    })
}

fn add_health(service: &mut Service) {
    let (reporter, server) = tonic_health::server::health_reporter();
    service.routes.add_service(server);
    service.reporters.push(reporter);
}

/// Reflection in both versions that tools speak, of the services that are served.
fn add_reflection(service: &mut Service) -> Result<(), ServeError> {
    let builder = || {
        let served = service
            .grpc
            .iter()
            .copied()
            .chain(["grpc.health.v1.Health"]);
        served.fold(
            tonic_reflection::server::Builder::configure()
                .register_encoded_file_descriptor_set(contract::DESCRIPTOR_SET)
                .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET),
            tonic_reflection::server::Builder::with_service_name,
        )
    };
    let (v1, v1alpha) = (builder().build_v1()?, builder().build_v1alpha()?);
    service.routes.add_service(v1).add_service(v1alpha);
    Ok(())
}

struct Admin {
    tcp: TcpListener,
    address: SocketAddr,
}

async fn bind_admin(address: SocketAddr) -> Result<Admin, BindError> {
    let failed = |source| BindError::new(address, source);
    let tcp = TcpListener::bind(address).await.map_err(failed)?;
    let address = tcp.local_addr().map_err(failed)?;
    Ok(Admin { tcp, address })
}

impl Admin {
    /// Serves until aborted: it must answer to the very end of the drain.
    fn serve(self, router: axum::Router) -> JoinHandle<()> {
        tokio::spawn(async move {
            if let Err(error) = axum::serve(self.tcp, router).await {
                tracing::error!(%error, "the admin port has failed");
            }
        })
    }
}
