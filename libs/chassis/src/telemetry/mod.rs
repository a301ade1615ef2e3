//! Logs and traces. Metrics are in [`crate::metrics`].

mod activity;
mod filter;
mod json;
mod otlp;

use std::io::IsTerminal as _;
use std::time::Duration;

use opentelemetry::trace::TraceContextExt as _;
use opentelemetry_otlp::ExporterBuildError;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::filter::{FilterExt as _, LevelFilter, ParseError};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};
use tracing_subscriber::{Layer as _, Registry};

use crate::config::{LogFormat, TelemetryConfig};
use crate::scope;
use crate::trace::TraceContext;

pub use activity::Activity;
pub(crate) use activity::TRACEPARENT;

/// How long the last traces may take to be sent.
const FLUSH_BOUND: Duration = Duration::from_secs(5);

/// Spans of calls, tasks and events; those of the libraries below are finer.
const TRACED: LevelFilter = LevelFilter::INFO;

/// Somebody who reads lines, spans, or both.
type Reader = Box<dyn tracing_subscriber::Layer<Registry> + Send + Sync>;

/// Why logs or traces cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The setting `telemetry.log` is not a filter.
    #[error("telemetry.log is not a filter such as \"info,patron=debug\"")]
    Filter(#[from] ParseError),
    /// The setting `telemetry.otlp_endpoint` cannot be used.
    #[error("telemetry.otlp_endpoint can't be used")]
    Exporter(#[from] ExporterBuildError),
    /// Somebody else has set up logging in this process.
    #[error("logging has been set up already")]
    Twice(#[from] TryInitError),
}

/// Logs and traces of this process, until it ends.
#[derive(Debug)]
pub struct Telemetry {
    exporter: Option<SdkTracerProvider>,
}

/// Sets up logs and traces for the process, once, within a Tokio runtime. `name` is the process's
/// `service.name` in traces; log lines carry the name of the role that they come from.
pub fn init(config: &TelemetryConfig, name: &str) -> Result<Telemetry, TelemetryError> {
    let exporter = otlp::exporter(config, name)?;
    let layers = layers(config, exporter.as_ref())?;
    tracing_subscriber::registry().with(layers).try_init()?;
    std::panic::set_hook(Box::new(log_panic));
    Ok(Telemetry { exporter })
}

/// Who reads lines and spans: those alone who read something. An absent layer (`None`) would have every
/// call site of every library asked anew each time that it is passed.
fn layers(
    config: &TelemetryConfig,
    exporter: Option<&SdkTracerProvider>,
) -> Result<Vec<Reader>, ParseError> {
    let filter = filter::parse(&config.log)?;
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = if is_json(config.format) {
        let lines = lines
            .event_format(json::JsonLines::new())
            .fmt_fields(json::NoFields);
        // They show nothing of spans. So where no traces are exported, there are none at all.
        lines.with_filter(filter.and(filter::events())).boxed()
    } else {
        let lines = lines.compact().with_ansi(false);
        lines.with_filter(filter).boxed()
    };
    // What is traced does not depend on what is logged.
    let traces = exporter.map(|exporter| otlp::layer(exporter).with_filter(TRACED).boxed());
    Ok(traces.into_iter().chain([lines]).collect())
}

impl Telemetry {
    /// Sends what has not been sent yet, within a bound. The last thing that a process does.
    pub async fn flush(self) {
        let Some(exporter) = self.exporter else {
            return;
        };
        let sent = tokio::task::spawn_blocking(move || exporter.shutdown_with_timeout(FLUSH_BOUND));
        if let Ok(Err(error)) = sent.await {
            tracing::warn!(%error, "the last traces could not be sent");
        }
    }
}

/// The place of this code in its trace, as a W3C `traceparent`: for an outgoing call, or to be kept
/// with an event. `None` outside of calls and background tasks.
pub fn current_traceparent() -> Option<String> {
    current_trace().map(|trace| trace.to_string())
}

/// The innermost span, where spans are exported; else the place of the call.
pub(crate) fn current_trace() -> Option<TraceContext> {
    let exported = TraceContext::of_span(Span::current().context().span().span_context());
    exported.or_else(|| scope::with_current(|scope| scope.trace))
}

/// Runs a future within the trace that an event brought along, or in one of its own when it brought
/// none that can be read.
pub async fn with_traceparent<F: Future>(traceparent: Option<&str>, future: F) -> F::Output {
    let span = tracing::info_span!("event", otel.kind = "consumer");
    Activity::continuing(span, traceparent).run(future).await
}

fn is_json(format: LogFormat) -> bool {
    match format {
        LogFormat::Json => true,
        LogFormat::Text => false,
        LogFormat::Auto => !std::io::stderr().is_terminal(),
    }
}

/// Says where, but not what: a panic's message may hold anything, also personal data.
fn log_panic(panic: &std::panic::PanicHookInfo<'_>) {
    let place = panic.location();
    tracing::error!(
        code.file.path = place.map(std::panic::Location::file),
        code.line.number = place.map(std::panic::Location::line),
        "panic"
    );
}

#[cfg(test)]
mod tests {
    use tracing::Subscriber as _;

    use super::*;
    use crate::config::Config;

    #[test]
    fn what_nobody_reads_costs_a_look_at_one_number() {
        let config = TelemetryConfig {
            log: "info".to_owned(),
            format: LogFormat::Json,
            ..Config::defaults().unwrap().telemetry
        };
        let layers = layers(&config, None).unwrap();
        let subscriber = tracing_subscriber::registry().with(layers);
        assert_eq!(subscriber.max_level_hint(), Some(LevelFilter::INFO));
        tracing::subscriber::with_default(subscriber, || {
            assert!(tracing::info_span!("call").is_disabled());
            assert!(tracing::event_enabled!(tracing::Level::INFO));
        });
    }
}
