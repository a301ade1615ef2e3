//! The services that remove what is old, wherever they are.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chassis::client::Connection;
use contract::patron::privacy::v1::removal_service_client::RemovalServiceClient;
use contract::patron::privacy::v1::{
    CountOldRequest, CountOldResponse, RemoveOldRequest, RemoveOldResponse,
};
use tonic::{Request, Status};

/// A service that removes what is old.
#[async_trait]
pub trait Remover: Send + Sync + 'static {
    /// As the contract says of `RemovalService.RemoveOld`, answered within a time.
    async fn remove(
        &self,
        request: RemoveOldRequest,
        within: Duration,
    ) -> Result<RemoveOldResponse, Status>;

    /// As the contract says of `RemovalService.CountOld`, answered within a time.
    async fn count(
        &self,
        request: CountOldRequest,
        within: Duration,
    ) -> Result<CountOldResponse, Status>;
}

/// Another role, over gRPC.
struct Remote(RemovalServiceClient<Connection>);

#[async_trait]
impl Remover for Remote {
    async fn remove(
        &self,
        request: RemoveOldRequest,
        within: Duration,
    ) -> Result<RemoveOldResponse, Status> {
        let answer = self.0.clone().remove_old(timed(request, within)).await?;
        Ok(answer.into_inner())
    }

    async fn count(
        &self,
        request: CountOldRequest,
        within: Duration,
    ) -> Result<CountOldResponse, Status> {
        let answer = self.0.clone().count_old(timed(request, within)).await?;
        Ok(answer.into_inner())
    }
}

fn timed<T>(message: T, within: Duration) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(within);
    request
}

/// Services by name. Cheap to clone.
#[derive(Clone, Default)]
pub struct Removers(Arc<BTreeMap<String, Arc<dyn Remover>>>);

impl Removers {
    /// Other roles, over connections that carry this role's identity.
    pub fn over<N: Into<String>>(connections: impl IntoIterator<Item = (N, Connection)>) -> Self {
        let remote = |(name, connection): (N, Connection)| {
            let client = RemovalServiceClient::new(connection);
            (name, Arc::new(Remote(client)) as Arc<dyn Remover>)
        };
        Self::of(connections.into_iter().map(remote))
    }

    /// Any, by name.
    pub fn of<N: Into<String>>(all: impl IntoIterator<Item = (N, Arc<dyn Remover>)>) -> Self {
        let named = all.into_iter().map(|(name, one)| (name.into(), one));
        Self(Arc::new(named.collect()))
    }

    /// One of them.
    ///
    /// # Errors
    /// `UNAVAILABLE` when it is not among them.
    pub fn get(&self, name: &str) -> Result<Arc<dyn Remover>, Status> {
        let known = self.0.get(name).cloned();
        known.ok_or_else(|| Status::unavailable("no address is configured for the service"))
    }
}

impl fmt::Debug for Removers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.0.keys();
        formatter.debug_tuple("Removers").field(&names).finish()
    }
}
