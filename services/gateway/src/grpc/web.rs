//! gRPC-Web: gRPC for browsers, translated at the door.

use std::convert::Infallible;
use std::sync::Arc;

use http::{Request, Response};
use tonic::body::Body;
use tonic_web::GrpcWebLayer;
use tower::{Layer as _, ServiceExt as _};

use crate::edge::Call;
use crate::gateway::Gateway;

/// Serves one gRPC-Web call as the gRPC call that it stands for.
pub(crate) async fn serve_web(
    gateway: Arc<Gateway>,
    request: Request<Body>,
    call: Arc<Call>,
) -> Response<Body> {
    let grpc = tower::service_fn(move |request: Request<Body>| {
        let (gateway, call) = (Arc::clone(&gateway), Arc::clone(&call));
        async move { Ok::<_, Infallible>(super::serve(&gateway, request, &call).await) }
    });
    let answered = GrpcWebLayer::new().layer(grpc).oneshot(request).await;
    answered.unwrap_or_else(|never| match never {})
}
