//! One call, watched from its headers to the last byte of its answer.

use std::sync::atomic::{AtomicI32, AtomicU16, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use access::CallerKind;
use chassis::telemetry::Activity;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use tokio::time::Instant;
use tonic::Code;
use tracing::{Level, Span, field};

use super::metrics::Metrics;
use super::rate::Standing;
use super::room::{Own, Shared};

const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
/// The method's label for calls that found none: a name out of the request would let anybody fill
/// the memory with labels.
const NO_METHOD: &str = "none";
/// The kind of callers who did not prove who they are, or did not have to.
const NO_CALLER: &str = "none";
/// The target of the access log, by which `telemetry.log` turns it off or down: `access_log=warn` keeps the
/// calls that failed for reasons of ours.
const ACCESS_LOG: &str = "access_log";

/// What a call speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// JSON over HTTP.
    Rest,
    /// gRPC.
    Grpc,
    /// gRPC as browsers speak it.
    GrpcWeb,
}

impl Protocol {
    /// What a request speaks, by its content type.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let content_type = headers.get(CONTENT_TYPE);
        let content_type = content_type.map_or(&b""[..], |value| value.as_bytes());
        if content_type.starts_with(b"application/grpc-web") {
            Self::GrpcWeb
        } else if content_type.starts_with(b"application/grpc") {
            Self::Grpc
        } else {
            Self::Rest
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Rest => "rest",
            Self::Grpc => "grpc",
            Self::GrpcWeb => "grpc-web",
        }
    }
}

/// The span of a call. What the call is for is learned on its way.
pub(crate) fn span(protocol: Protocol) -> Span {
    tracing::info_span!(
        "call",
        otel.name = field::Empty,
        otel.kind = "server",
        network.protocol.name = protocol.name(),
        rpc.method = field::Empty,
        rpc.grpc.status_code = field::Empty,
        http.response.status_code = field::Empty,
    )
}

/// One call, from its headers to the last byte of its answer. Recorded when it is dropped, so also
/// when the client goes away.
#[derive(Debug)]
pub(crate) struct Call {
    metrics: Metrics,
    protocol: Protocol,
    activity: Activity,
    started: Instant,
    method: OnceLock<Arc<str>>,
    standing: OnceLock<Standing>,
    /// By what it is known: the template of its path, or its method.
    route: OnceLock<Arc<str>>,
    caller: OnceLock<CallerKind>,
    request_id: HeaderValue,
    /// Its place among the calls of its caller, and that of a stream among all.
    own: OnceLock<Own>,
    shared: OnceLock<Shared>,
    code: AtomicI32,
    status: AtomicU16,
    answered_bytes: AtomicU64,
}

impl Call {
    /// Begins a call.
    pub(crate) fn begin(
        metrics: Metrics,
        protocol: Protocol,
        activity: Activity,
        request_id: HeaderValue,
    ) -> Arc<Self> {
        metrics.begun();
        Arc::new(Self {
            metrics,
            protocol,
            activity,
            started: Instant::now(),
            method: OnceLock::new(),
            standing: OnceLock::new(),
            route: OnceLock::new(),
            caller: OnceLock::new(),
            request_id,
            own: OnceLock::new(),
            shared: OnceLock::new(),
            // What it stays when nobody answers: the client has gone.
            code: AtomicI32::new(Code::Cancelled.into()),
            status: AtomicU16::new(0),
            answered_bytes: AtomicU64::new(0),
        })
    }

    /// Names its span: by the method or the template of the path, never by the path itself.
    pub(crate) fn name(&self, name: Arc<str>) {
        self.activity.span().record("otel.name", &*name);
        self.route.get_or_init(|| name);
    }

    /// Notes what its caller is: never who.
    pub(crate) fn set_caller(&self, kind: CallerKind) {
        self.caller.get_or_init(|| kind);
    }

    /// Keeps its place among the calls of its caller until its answer has been read.
    pub(crate) fn keep_own(&self, place: Own) {
        self.own.get_or_init(|| place);
    }

    /// Keeps the place of a stream among all to its end.
    pub(crate) fn keep_shared(&self, place: Shared) {
        self.shared.get_or_init(|| place);
    }

    /// Notes which method it is for.
    pub(crate) fn set_method(&self, full_name: &Arc<str>) {
        self.activity.span().record("rpc.method", &**full_name);
        self.method.get_or_init(|| Arc::clone(full_name));
    }

    /// Notes where its caller stands with its limit of rate.
    pub(crate) fn set_standing(&self, standing: Option<Standing>) {
        if let Some(standing) = standing {
            self.standing.get_or_init(|| standing);
        }
    }

    /// Where its caller stands, when it was counted.
    pub(crate) fn standing(&self) -> Option<Standing> {
        self.standing.get().copied()
    }

    /// Notes how it ends.
    pub(crate) fn set_code(&self, code: Code) {
        self.code.store(code.into(), Ordering::Relaxed);
    }

    /// Notes the status and the headers of its answer.
    pub(super) fn answered(&self, status: StatusCode, headers: &HeaderMap) {
        self.status.store(status.as_u16(), Ordering::Relaxed);
        self.set_code_from(headers);
    }

    /// Notes that so many bytes more of its answer were handed over.
    pub(super) fn handed_over(&self, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.answered_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Runs a function as part of the call.
    pub(super) fn enter<T>(&self, work: impl FnOnce() -> T) -> T {
        self.activity.enter(work)
    }

    /// Notes how it ends, when these headers or trailers say so.
    pub(super) fn set_code_from(&self, headers: &HeaderMap) {
        if let Some(status) = headers.get(GRPC_STATUS) {
            self.set_code(Code::from_bytes(status.as_bytes()));
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        let elapsed = self.started.elapsed();
        let code = Code::from_i32(self.code.load(Ordering::Relaxed));
        let method = self
            .method
            .get()
            .map_or_else(|| NO_METHOD.into(), Arc::clone);
        let protocol = self.protocol.name();
        let status = self.status.load(Ordering::Relaxed);
        let span = self.activity.span();
        span.record("rpc.grpc.status_code", i32::from(code));
        span.record("http.response.status_code", status);
        self.activity
            .enter(|| self.log(&method, code, status, elapsed));
        self.metrics.ended(method, protocol, code, elapsed);
    }
}

impl Call {
    /// The line of the access log. It holds nothing that stands in the call itself, but the id that it is
    /// to be known by: paths, queries and bodies are about people, and so is who calls.
    fn log(&self, method: &str, code: Code, status: u16, elapsed: Duration) {
        macro_rules! line {
            ($level:expr) => {
                tracing::event!(
                    target: ACCESS_LOG,
                    $level,
                    {
                        rpc.method = method,
                        http.route = self.route.get().map_or(NO_METHOD, |route| &**route),
                        network.protocol.name = self.protocol.name(),
                        rpc.grpc.status_code = i32::from(code),
                        http.response.status_code = status,
                        http.response.body.size = self.answered_bytes.load(Ordering::Relaxed),
                        duration_us = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX),
                        caller.kind = self.caller.get().map_or(NO_CALLER, |kind| kind.name()),
                        request_id = self.request_id.to_str().unwrap_or_default(),
                    },
                    "call ended"
                )
            };
        }
        match code {
            Code::Unknown
            | Code::DeadlineExceeded
            | Code::Internal
            | Code::Unavailable
            | Code::DataLoss => line!(Level::WARN),
            _ => line!(Level::INFO),
        }
    }
}
