//! The services and the gateway, as they run in a cluster, but in one process on the loopback.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::time::Duration;

use anyhow::Context as _;
use chassis::health::HealthState;
use chassis::{Clock, Running};
use postgres::{Database, DatabaseUrl};
use tokio_util::sync::CancellationToken;

use super::ports;
use crate::config::Config;
use crate::roles::{self, Service};

/// How long a service may take to be ready.
const READY_BOUND: Duration = Duration::from_mins(1);

/// Any port of the loopback.
const ANY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// All roles, serving.
pub(super) struct Stack {
    gateway: Running,
    stop_gateway: CancellationToken,
    services: Vec<(Service, Running)>,
    stop_services: CancellationToken,
}

impl Stack {
    /// Starts the services, waits until each is ready, and then opens the gateway.
    pub(super) async fn start(
        mut config: Config,
        databases: Vec<(Service, DatabaseUrl)>,
        clock: Clock,
        gateway: TcpListener,
    ) -> anyhow::Result<Self> {
        let stop_services = CancellationToken::new();
        config.server.admin_listen = ANY;
        // Everything is within one process.
        config.tls = config.tls.off();
        let held = hold_ports(&mut config, databases)?;
        let context = roles::context(&config, clock.clone())?;
        let mut services = Vec::new();
        for Held { service, url, port } in held {
            let db = Database::connect_lazy(&config.database(service, url))?;
            let built = service.build(db, &config, &context)?;
            let mut of_role = config.of_role();
            of_role.server.listen = ports::release(port)?;
            let running = chassis::serve(built, &of_role, stop_services.clone()).await?;
            services.push((service, running));
        }
        for (service, running) in &services {
            ready(running)
                .await
                .with_context(|| format!("starting {}", service.name()))?;
        }
        let stop_gateway = CancellationToken::new();
        let mut of_gateway = config.of_gateway();
        of_gateway.server.listen = ports::release(gateway)?;
        let gateway = gateway::serve(&of_gateway, clock, stop_gateway.clone()).await?;
        Ok(Self {
            gateway,
            stop_gateway,
            services,
            stop_services,
        })
    }

    /// The gateway's address.
    pub(super) fn address(&self) -> SocketAddr {
        self.gateway.address()
    }

    /// Stops the gateway, whose calls need the services, and then these.
    pub(super) async fn stop(self) {
        self.stop_gateway.cancel();
        self.gateway.stopped().await;
        self.stop_services.cancel();
        for (_, service) in self.services {
            service.stopped().await;
        }
    }
}

/// A service whose port is kept for it. Services follow each other's feeds in circles, so all
/// addresses must be known before the first one starts.
struct Held {
    service: Service,
    url: DatabaseUrl,
    port: TcpListener,
}

fn hold_ports(
    config: &mut Config,
    databases: Vec<(Service, DatabaseUrl)>,
) -> anyhow::Result<Vec<Held>> {
    let mut held = Vec::new();
    for (service, url) in databases {
        let port = ports::hold(0)?;
        config
            .peers
            .set(service, format!("http://{}", port.local_addr()?));
        held.push(Held { service, url, port });
    }
    Ok(held)
}

async fn ready(service: &Running) -> anyhow::Result<()> {
    let mut health = service.health().subscribe();
    let ready = tokio::time::timeout(READY_BOUND, health.wait_for(HealthState::is_ready)).await;
    if !matches!(ready, Ok(Ok(_))) {
        let state = service.health().state();
        anyhow::bail!("not ready within {} s: {state:?}", READY_BOUND.as_secs());
    }
    Ok(())
}
