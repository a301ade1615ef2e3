//! The life of a gateway: that of every role, with a handler of its own.

use std::convert::Infallible;
use std::sync::Arc;

use chassis::config::Config;
use chassis::listener::Protocols;
use chassis::{Clock, KeyWatch, Running, Service};
use futures_util::FutureExt as _;
use http::Request;
use hyper::body::Incoming;
use tokio_util::sync::CancellationToken;
use tower::{ServiceBuilder, ServiceExt as _};

use crate::api_keys::ApiKeyFile;
use crate::config::GatewayConfig;
use crate::edge;
use crate::error::GatewayError;
use crate::gateway::{Gateway, ROLE};

/// Serves Patron's own contract until `shutdown`; returns as soon as the ports are bound. The main
/// port is the one for REST, gRPC and gRPC-Web.
pub async fn serve(
    config: &GatewayConfig,
    clock: Clock,
    shutdown: CancellationToken,
) -> Result<Running, GatewayError> {
    let keys = KeyWatch::new(&config.access)?;
    let mut role = Service::new(ROLE, clock.clone()).following(keys.clone());
    let mut gateway = Gateway::new(config, contract::pool(), keys, clock, role.metrics())?;
    if let Some(path) = &config.gateway.api_keys_file {
        let file = ApiKeyFile::open(path, &config.access)?;
        gateway = gateway.with_api_keys(file.exchange());
        role = role.task("API keys", move |stop| file.clone().run(stop));
    }
    serve_gateway(gateway, role, config, shutdown).await
}

/// Serves a gateway of any contract as `role`, whose registry it was made with.
pub async fn serve_gateway(
    gateway: Gateway,
    role: Service,
    config: &GatewayConfig,
    shutdown: CancellationToken,
) -> Result<Running, GatewayError> {
    let role = role.health_reporter(gateway.infrastructure.health.clone());
    let gateway = Arc::new(gateway);
    let sender = Arc::clone(&gateway);
    let role = role.task("unread answers", move |stop| {
        Arc::clone(&sender).give_up_unread(stop)
    });
    let answer = move |request: Request<Incoming>| {
        let gateway = Arc::clone(&gateway);
        async move { Ok::<_, Infallible>(gateway.handle(request).await) }
    };
    // Around everything, so that pages can also read errors. Without origins it is not there.
    let pages = &config.gateway.cors;
    let cors = (!pages.allowed_origins.is_empty()).then(|| edge::cors(pages));
    let answer = ServiceBuilder::new()
        .option_layer(cors.transpose()?)
        .service_fn(answer);
    let handler = move |request| {
        let answered = answer.clone().oneshot(request);
        answered.map(|answered| answered.unwrap_or_else(|never| match never {}))
    };
    let config = role_config(config);
    Ok(chassis::serve_http(role, handler, Protocols::Both, &config, shutdown).await?)
}

/// What the gateway has in common with every role.
fn role_config(config: &GatewayConfig) -> Config {
    Config {
        server: config.server.clone(),
        access: config.access.clone(),
        client: config.client.clone(),
        tls: config.tls.clone(),
        telemetry: config.telemetry.clone(),
    }
}
