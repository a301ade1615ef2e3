//! Health and reflection of the gateway itself, for tools such as grpcurl and load balancers.

use std::sync::Arc;

use http::{Request, Response};
use tonic::body::Body;
use tonic::service::Routes;
use tonic_health::server::{HealthReporter, health_reporter};
use tonic_reflection::server::{Builder, Error};
use tower::ServiceExt as _;

use crate::edge::Call;
use crate::surface::Surface;

/// Begins the paths that the gateway answers itself.
const PREFIXES: [&str; 2] = ["/grpc.health.v1.Health/", "/grpc.reflection."];

/// Their label in metrics.
const LABEL: &str = "infrastructure";

/// The services that are not part of the contract.
pub(crate) struct Infrastructure {
    routes: Routes,
    label: Arc<str>,
    pub(crate) health: HealthReporter,
}

impl std::fmt::Debug for Infrastructure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Infrastructure").finish_non_exhaustive()
    }
}

impl Infrastructure {
    /// Reflection shows the services that are exposed, and what their messages are made of.
    pub(crate) fn new(surface: &Surface) -> Result<Self, Error> {
        let descriptors = surface.pool().encode_to_vec();
        let builder = || {
            let builder = Builder::configure()
                .register_encoded_file_descriptor_set(&descriptors)
                .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET);
            let services = surface
                .services()
                .into_iter()
                .chain(["grpc.health.v1.Health"]);
            services.fold(builder, Builder::with_service_name)
        };
        let (health, health_server) = health_reporter();
        let mut routes = Routes::builder();
        routes
            .add_service(health_server)
            .add_service(builder().build_v1()?)
            .add_service(builder().build_v1alpha()?);
        Ok(Self {
            routes: routes.routes().prepare(),
            label: LABEL.into(),
            health,
        })
    }

    /// Whether a path is answered here.
    pub(crate) fn serves(path: &str) -> bool {
        PREFIXES.iter().any(|prefix| path.starts_with(prefix))
    }

    /// Answers.
    pub(crate) async fn serve(&self, request: Request<Body>, call: &Call) -> Response<Body> {
        call.name(Arc::clone(&self.label));
        call.set_method(&self.label);
        // Routes are always ready, and cannot fail.
        self.routes
            .clone()
            .oneshot(request)
            .await
            .unwrap_or_else(|never| match never {})
    }
}
