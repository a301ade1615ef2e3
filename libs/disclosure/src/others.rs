//! The services that tell what they hold, wherever they are.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use chassis::client::Connection;
use contract::patron::privacy::v1::disclosure_service_client::DisclosureServiceClient;
use contract::patron::privacy::v1::{DisclosePersonRequest, PersonalRecord};
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use tonic::Status;

/// What a service tells, until all is told.
pub type Records = BoxStream<'static, Result<PersonalRecord, Status>>;

/// A service that tells what it holds of a person.
#[async_trait]
pub trait Discloser: Send + Sync + 'static {
    /// Begins to tell, as the contract says of `DisclosureService.DisclosePerson`.
    async fn disclose(&self, request: DisclosePersonRequest) -> Result<Records, Status>;
}

/// Another role, over gRPC.
struct Remote(DisclosureServiceClient<Connection>);

#[async_trait]
impl Discloser for Remote {
    async fn disclose(&self, request: DisclosePersonRequest) -> Result<Records, Status> {
        let mut client = self.0.clone();
        let answers = client.disclose_person(request).await?.into_inner();
        let records = answers.map(|answer| Ok(answer?.record.unwrap_or_default()));
        Ok(records.boxed())
    }
}

/// Services by name. Cheap to clone.
#[derive(Clone, Default)]
pub struct Disclosers(Arc<BTreeMap<String, Arc<dyn Discloser>>>);

/// A service that the configuration does not name.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("no address is configured for the service `{name}`")]
pub struct UnknownDiscloser {
    /// The service.
    pub name: String,
}

impl Disclosers {
    /// Other roles, over connections that carry this role's identity.
    pub fn over<N: Into<String>>(connections: impl IntoIterator<Item = (N, Connection)>) -> Self {
        let remote = |(name, connection): (N, Connection)| {
            let client = DisclosureServiceClient::new(connection)
                .max_decoding_message_size(chassis::MAX_MESSAGE_BYTES);
            (name, Arc::new(Remote(client)) as Arc<dyn Discloser>)
        };
        Self::of(connections.into_iter().map(remote))
    }

    /// Any, by name.
    pub fn of<N: Into<String>>(all: impl IntoIterator<Item = (N, Arc<dyn Discloser>)>) -> Self {
        let named = all.into_iter().map(|(name, one)| (name.into(), one));
        Self(Arc::new(named.collect()))
    }

    /// These and one more.
    #[must_use]
    pub fn and(self, name: &str, one: Arc<dyn Discloser>) -> Self {
        let mut all = BTreeMap::clone(&self.0);
        all.insert(name.to_owned(), one);
        Self(Arc::new(all))
    }

    /// One of them.
    ///
    /// # Errors
    /// When it is not among them.
    pub fn get(&self, name: &str) -> Result<Arc<dyn Discloser>, UnknownDiscloser> {
        self.0.get(name).cloned().ok_or_else(|| UnknownDiscloser {
            name: name.to_owned(),
        })
    }
}

impl fmt::Debug for Disclosers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.0.keys();
        formatter.debug_tuple("Disclosers").field(&names).finish()
    }
}
