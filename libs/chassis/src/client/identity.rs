use std::sync::Arc;

use access::{ServiceIdentity, SignError};
use http::HeaderMap;
use http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use tonic::metadata::MetadataMap;
use tonic::service::Interceptor;
use tonic::{Request, Status};

use crate::stack::ORIGIN;
use crate::telemetry::TRACEPARENT;
use crate::{Clock, Refusal, scope, telemetry};

/// Adds to each call who makes it, on whose behalf, and in which trace.
#[derive(Clone)]
pub struct Identity {
    service: Option<Arc<ServiceIdentity>>,
    clock: Clock,
}

impl Identity {
    /// Without a service identity, calls carry no token and reach anonymous methods alone.
    pub fn new(service: Option<ServiceIdentity>, clock: Clock) -> Self {
        Self {
            service: service.map(Arc::new),
            clock,
        }
    }

    pub(super) fn add_to(&self, headers: &mut HeaderMap) -> Result<(), SignError> {
        // A request that brings a token is made in its bearer's name, not in the service's.
        if let Some(service) = &self.service
            && !headers.contains_key(AUTHORIZATION)
        {
            let token = service.token(self.clock.now())?;
            put(
                headers,
                AUTHORIZATION,
                &format!("Bearer {}", token.expose()),
            );
        }
        if let Some(originator) = scope::current().and_then(|scope| scope.originator) {
            put(headers, ORIGIN, &originator);
        }
        if let Some(traceparent) = telemetry::current_traceparent() {
            put(headers, TRACEPARENT, &traceparent);
        }
        Ok(())
    }
}

/// Leaves out what cannot stand in a header: a subject with control characters, at most.
fn put(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(mut value) = HeaderValue::from_str(value) {
        value.set_sensitive(name == AUTHORIZATION);
        headers.insert(name, value);
    }
}

impl Interceptor for Identity {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let mut headers = std::mem::take(request.metadata_mut()).into_headers();
        self.add_to(&mut headers).map_err(Refusal::internal)?;
        *request.metadata_mut() = MetadataMap::from_headers(headers);
        Ok(request)
    }
}
