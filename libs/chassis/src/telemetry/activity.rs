use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::trace::TraceContextExt as _;
use tracing::{Instrument as _, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::scope::{self, Scope};
use crate::trace::TraceContext;

/// The header of W3C Trace Context that says where in a trace a call comes from.
pub(crate) const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// What tracing systems add to it for themselves; meaningless in any other trace.
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// A piece of work with its place in a trace. What runs within it has the trace's ids in its log
/// lines, and hands them on with the calls that it makes. Cheap to clone.
///
/// The name, the kind and the attributes are those of the span, which its maker chooses:
///
/// ```
/// # use chassis::telemetry::Activity;
/// # async fn example() {
/// let span = tracing::info_span!("import", otel.kind = "consumer");
/// let import = Activity::continuing(span, None);
/// import.run(async { tracing::info!("begun") }).await;
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Activity {
    span: Span,
    scope: Scope,
}

impl Activity {
    /// Work of a role for whoever sent these headers. It continues their trace, or begins one when
    /// they name none that can be read.
    pub fn received(role: Arc<str>, span: Span, headers: &HeaderMap) -> Self {
        let trace = place(&span, parent(headers));
        let scope = Scope {
            service: role,
            trace,
            deadline: None,
            originator: None,
        };
        Self { span, scope }
    }

    /// Work of the role that this code runs for. It continues the trace of this `traceparent`, or
    /// begins one when there is none that can be read.
    pub fn continuing(span: Span, traceparent: Option<&str>) -> Self {
        let trace = place(&span, traceparent.and_then(|text| text.parse().ok()));
        let scope = scope::current().unwrap_or_else(|| Scope::background(""));
        let scope = Scope { trace, ..scope };
        Self { span, scope }
    }

    /// The span, to be given what is learned under way.
    pub fn span(&self) -> &Span {
        &self.span
    }

    /// Makes this work the parent of a call with these headers.
    pub fn hand_on(&self, headers: &mut HeaderMap) {
        let trace = self.scope.trace;
        if parent(headers).is_none_or(|parent| parent.trace_id != trace.trace_id) {
            headers.remove(TRACESTATE);
        }
        // Digits and dashes, so always a valid header.
        if let Ok(value) = HeaderValue::try_from(trace.to_string()) {
            headers.insert(TRACEPARENT, value);
        }
    }

    /// Runs a future as this work.
    pub fn run<F: Future>(&self, work: F) -> impl Future<Output = F::Output> + use<F> {
        self.scope
            .clone()
            .around(work.instrument(self.span.clone()))
    }

    /// Runs a function as this work, for code that is polled or dropped instead of awaited.
    pub fn enter<T>(&self, work: impl FnOnce() -> T) -> T {
        self.scope.around_sync(|| self.span.in_scope(work))
    }
}

/// Where the sender of these headers says that they come from. Nonsense counts as nothing.
fn parent(headers: &HeaderMap) -> Option<TraceContext> {
    headers.get(TRACEPARENT)?.to_str().ok()?.parse().ok()
}

/// A span's own place in the trace: the exporter's, where there is one.
fn place(span: &Span, parent: Option<TraceContext>) -> TraceContext {
    if let Some(parent) = parent {
        let remote = opentelemetry::Context::new().with_remote_span_context(parent.to_remote());
        // Fails when there is no exporter, which is why the place is kept apart from it.
        drop(span.set_parent(remote));
    }
    let exported = TraceContext::of_span(span.context().span().span_context());
    exported.unwrap_or_else(|| parent.map_or_else(TraceContext::root, TraceContext::child))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::current_traceparent;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    fn received(traceparent: &str) -> (HeaderMap, Activity) {
        let headers = [("traceparent", traceparent), ("tracestate", "vendor=1")];
        let headers = headers.map(|(name, value)| {
            let name = HeaderName::from_static(name);
            (name, HeaderValue::from_str(value).unwrap())
        });
        let headers = HeaderMap::from_iter(headers);
        let activity = Activity::received(Arc::from("gateway"), Span::none(), &headers);
        (headers, activity)
    }

    #[tokio::test]
    async fn what_runs_within_it_is_at_its_place_and_so_is_what_it_calls() {
        let (mut headers, activity) = received(&format!("00-{TRACE}-00f067aa0ba902b7-01"));
        let place = activity.run(async { current_traceparent() }).await;
        assert_eq!(activity.enter(current_traceparent), place);
        activity.hand_on(&mut headers);
        let place = place.unwrap();
        assert_eq!(headers[TRACEPARENT], place);
        assert!(place.starts_with(&format!("00-{TRACE}-")) && place.ends_with("-01"));
        assert!(!place.contains("00f067aa0ba902b7"), "a span of its own");
        assert_eq!(headers[TRACESTATE], "vendor=1");
        assert_eq!(current_traceparent(), None, "it ends with the work");
    }

    #[test]
    fn a_parent_that_cannot_be_read_is_followed_by_a_new_trace_without_its_state() {
        let (mut headers, activity) = received("00-nonsense");
        activity.hand_on(&mut headers);
        assert_eq!(headers[TRACEPARENT].len(), 55);
        assert!(!headers.contains_key(TRACESTATE));
    }
}
