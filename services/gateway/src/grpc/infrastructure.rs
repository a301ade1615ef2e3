//! Health and reflection of the gateway itself, for tools such as grpcurl and load balancers.

use std::sync::Arc;

use chassis::Refusal;
use chassis::listener::ClientAddress;
use http::{Request, Response};
use tonic::body::Body;
use tonic::service::Routes;
use tonic_health::server::{HealthReporter, health_reporter};
use tonic_reflection::server::{Builder, Error};
use tower::ServiceExt as _;

use super::answer::GuardedAnswer;
use crate::edge::{Call, CallDeadline, LimitedBody};
use crate::gateway::Gateway;
use crate::surface::Surface;

/// Begins the paths that the gateway answers itself.
const PREFIXES: [&str; 2] = ["/grpc.health.v1.Health/", "/grpc.reflection."];

/// What load balancers ask, once each time.
const CHECK: &str = "/grpc.health.v1.Health/Check";

/// What is asked is a name, or some hundreds of them in a stream.
const MAX_REQUEST_BYTES: usize = 64 * 1024;

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
}

/// Answers, within bounds: nobody says who they are, so nothing else would ever end what somebody begins.
pub(super) async fn serve(
    gateway: &Gateway,
    request: Request<Body>,
    call: &Call,
) -> Result<Response<Body>, Refusal> {
    let infrastructure = &gateway.infrastructure;
    call.name(Arc::clone(&infrastructure.label));
    call.set_method(&infrastructure.label);
    let (headers, limits) = (request.headers(), &gateway.limits);
    let deadline = if request.uri().path() == CHECK {
        // Not counted: whoever took all places would make a gateway that is well look ill.
        CallDeadline::unary(headers, limits.default_deadline, limits.max_deadline)?
    } else {
        let client = request.extensions().get::<ClientAddress>();
        gateway.admit_from(call, client.map(|client| client.0))?;
        let age = limits.anonymous_stream_age;
        CallDeadline::unary(headers, age, age)?
    };
    let request = request.map(|body| Body::new(LimitedBody::new(body, MAX_REQUEST_BYTES).0));
    // Routes are always ready, and cannot fail.
    let answered = infrastructure.routes.clone().oneshot(request);
    let answer = deadline.run(answered).await?;
    let answer = answer.unwrap_or_else(|never| match never {});
    Ok(answer.map(|body| Body::new(GuardedAnswer::new(body, deadline))))
}
