//! The services behind the gateway.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use chassis::Refusal;
use chassis::client::Replicas;
use http::HeaderMap;
use prost_reflect::{DynamicMessage, Value};
use tonic::Status;

use crate::surface::{Method, Upstream, service_field};

/// When a caller may try again after a service could not be reached.
pub(crate) const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The metadata in which a gRPC caller names the service, where every service has the method.
const SERVICE_METADATA: &str = "patron-service";

/// The replicas of each role, connected when they are first needed.
#[derive(Debug)]
pub(crate) struct Upstreams {
    services: BTreeMap<Arc<str>, Replicas>,
}

/// A role and the way to it.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) role: Arc<str>,
    pub(crate) replicas: Replicas,
}

/// A call that cannot be sent on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UpstreamError {
    #[error("every service has this method; name one in {place}")]
    Unnamed { place: &'static str },
    #[error("there is no service `{role}`")]
    Unknown { role: String },
    #[error("the service {role} is not part of this installation")]
    NotConfigured { role: Arc<str> },
    #[error("the service {role} cannot be reached now")]
    Unreachable { role: Arc<str> },
}

impl Upstreams {
    pub(crate) fn new(services: BTreeMap<Arc<str>, Replicas>) -> Self {
        Self { services }
    }

    /// Sends the calls of a role there.
    pub(crate) fn set(&mut self, role: &str, replicas: Replicas) {
        self.services.insert(role.into(), replicas);
    }

    /// Where a gRPC call goes.
    pub(crate) fn for_grpc(
        &self,
        method: &Method,
        headers: &HeaderMap,
    ) -> Result<Target, UpstreamError> {
        match &method.upstream {
            Upstream::Role(role) => self.of_contract(role),
            Upstream::Chosen => {
                let named = headers
                    .get(SERVICE_METADATA)
                    .and_then(|value| value.to_str().ok());
                self.of_caller(named.unwrap_or_default(), "the metadata `patron-service`")
            }
        }
    }

    /// Where a REST call goes.
    pub(crate) fn for_rest(
        &self,
        method: &Method,
        request: &DynamicMessage,
    ) -> Result<Target, UpstreamError> {
        match &method.upstream {
            Upstream::Role(role) => self.of_contract(role),
            Upstream::Chosen => {
                let field = service_field(&method.descriptor.input());
                let named = field.map(|field| request.get_field(&field).into_owned());
                let named = named.as_ref().and_then(Value::as_str).unwrap_or_default();
                self.of_caller(named, "the field `service`")
            }
        }
    }

    fn of_contract(&self, role: &Arc<str>) -> Result<Target, UpstreamError> {
        self.get(role).ok_or_else(|| UpstreamError::NotConfigured {
            role: Arc::clone(role),
        })
    }

    fn of_caller(&self, role: &str, place: &'static str) -> Result<Target, UpstreamError> {
        if role.is_empty() {
            return Err(UpstreamError::Unnamed { place });
        }
        self.get(role).ok_or_else(|| UpstreamError::Unknown {
            role: role.to_owned(),
        })
    }

    fn get(&self, role: &str) -> Option<Target> {
        let (role, replicas) = self.services.get_key_value(role)?;
        Some(Target {
            role: Arc::clone(role),
            replicas: replicas.clone(),
        })
    }
}

/// What a failed call to a role is to the caller: the service's own refusal, or that it cannot be
/// reached.
pub(crate) fn failure(status: &Status, role: &Arc<str>) -> Refusal {
    // A status that the service sent has no source; tonic's own have the error that it met.
    match status.source() {
        None => Refusal::from_status(status),
        Some(_) => broken(status, role),
    }
}

/// The same for an error of the connection.
pub(crate) fn broken(error: &(dyn Error + 'static), role: &Arc<str>) -> Refusal {
    tracing::debug!(service = &**role, error, "upstream cannot be reached");
    UpstreamError::Unreachable {
        role: Arc::clone(role),
    }
    .into()
}
