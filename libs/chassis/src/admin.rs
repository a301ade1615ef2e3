//! The admin port: health for the orchestrator, metrics for the monitoring. Never exposed.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

use crate::health::Health;
use crate::metrics::Registry;

/// The content type of OpenMetrics text, which monitoring systems tell apart by it.
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// `/startup`, `/ready`, `/live` (200 or 503) and `/metrics`.
pub fn router(health: Health, registry: Registry) -> Router {
    Router::new()
        .route("/startup", get(startup))
        .route("/ready", get(ready))
        .route("/live", get(live))
        .with_state(health)
        .route("/metrics", get(metrics).with_state(registry))
}

async fn startup(State(health): State<Health>) -> Response {
    answer(health.state().started, &[])
}

async fn ready(State(health): State<Health>) -> Response {
    let state = health.state();
    answer(
        state.is_ready(),
        state.unready.as_deref().unwrap_or_default(),
    )
}

async fn live(State(health): State<Health>) -> Response {
    let state = health.state();
    answer(state.is_alive(), &state.stuck)
}

fn answer(passes: bool, failing: &[&str]) -> Response {
    let status = if passes {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(json!({ "ok": passes, "failing": failing }))).into_response()
}

async fn metrics(State(registry): State<Registry>) -> Response {
    match registry.encode() {
        Ok(text) => ([(header::CONTENT_TYPE, OPENMETRICS)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "the metrics can't be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
