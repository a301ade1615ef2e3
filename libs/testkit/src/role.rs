//! The service under test, as a role on free ports.

use std::net::SocketAddr;
use std::time::Duration;

use chassis::config::Config;
use chassis::{Running, Service};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_util::sync::{CancellationToken, DropGuard};
use tonic::transport::{Channel, Endpoint};

use crate::callers::issuer;

/// Longer than any call should take; only ever reached by a failure.
const TIMEOUT: Duration = Duration::from_mins(1);

/// The configuration of a role on free ports, which believes the callers of this crate.
pub fn config() -> Config {
    let mut config = Config::defaults().unwrap();
    config.server.listen = SocketAddr::from(([127, 0, 0, 1], 0));
    config.server.admin_listen = config.server.listen;
    config.access.issuers = vec![issuer()];
    config
}

/// A service that runs until this value is dropped.
pub struct Role {
    running: Running,
    _stop: DropGuard,
}

impl Role {
    /// Serves on free ports.
    pub async fn start(service: Service) -> Self {
        let stop = CancellationToken::new();
        let running = chassis::serve(service, &config(), stop.clone()).await;
        Self {
            running: running.unwrap(),
            _stop: stop.drop_guard(),
        }
    }

    /// A connection of its own.
    pub fn channel(&self) -> Channel {
        let address = format!("http://{}", self.running.address());
        let endpoint = Endpoint::from_shared(address).unwrap();
        endpoint.timeout(TIMEOUT).connect_lazy()
    }

    /// What runs.
    pub fn running(&self) -> &Running {
        &self.running
    }

    /// Whether it says that it can serve.
    pub fn is_ready(&self) -> bool {
        self.running.health().subscribe().borrow().is_ready()
    }

    /// The value of one of its metrics.
    pub async fn metric(&self, name: &str) -> String {
        let admin = self.running.admin_address();
        let mut connection = TcpStream::connect(admin).await.unwrap();
        let request = b"GET /metrics HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n";
        connection.write_all(request).await.unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).await.unwrap();
        let line = answer.lines().find(|line| line.starts_with(name));
        let value = line.and_then(|line| line.rsplit(' ').next());
        value
            .unwrap_or_else(|| panic!("no {name} in {answer}"))
            .to_owned()
    }
}
