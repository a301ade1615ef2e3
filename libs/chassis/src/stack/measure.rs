use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use access::MethodRules;
use http::{HeaderMap, Response};
use http_body::Body as _;
use prometheus_client::encoding::{EncodeLabelSet, LabelSetEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use tokio::time::Instant;
use tonic::body::Body;
use tonic::{Code, Status};
use tracing::Span;

use super::body::{AroundBody, Polled, wrap};
use super::{Around, Call, Handler, STATUS, Target};
use crate::metrics::{DURATION_BUCKETS, Registry};

/// Counts calls, how they end, and how long they take.
#[derive(Clone)]
pub(super) struct Measure {
    methods: Arc<HashMap<String, Arc<MethodMetrics>>>,
    /// For everything that is not in the contract, so that nobody can make up labels.
    other: Arc<MethodMetrics>,
}

/// The metrics of one method, looked up once.
struct MethodMetrics {
    labels: MethodLabels,
    started: Counter,
    in_flight: Gauge,
    finished_ok: Histogram,
    finished: Family<FinishedLabels, Histogram, fn() -> Histogram>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct MethodLabels {
    rpc_service: String,
    rpc_method: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct FinishedLabels {
    method: MethodLabels,
    code: i32,
}

impl EncodeLabelSet for FinishedLabels {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> Result<(), fmt::Error> {
        self.method.encode(encoder)?;
        [("rpc_grpc_status_code", self.code)].encode(encoder)
    }
}

impl Measure {
    pub(super) fn new(rules: &MethodRules, registry: &Registry) -> Self {
        let started = Family::<MethodLabels, Counter>::default();
        let in_flight = Family::<MethodLabels, Gauge>::default();
        let finished =
            Family::new_with_constructor((|| Histogram::new(DURATION_BUCKETS)) as fn() -> _);
        registry.register("rpc_server_started", "Calls received", started.clone());
        registry.register(
            "rpc_server_in_flight",
            "Calls being answered",
            in_flight.clone(),
        );
        registry.register(
            "rpc_server_duration_seconds",
            "Time to answer calls, by gRPC code",
            finished.clone(),
        );
        let of = |service: &str, method: &str| {
            let labels = MethodLabels {
                rpc_service: service.to_owned(),
                rpc_method: method.to_owned(),
            };
            let ok = FinishedLabels {
                method: labels.clone(),
                code: Code::Ok.into(),
            };
            Arc::new(MethodMetrics {
                started: started.get_or_create_owned(&labels),
                in_flight: in_flight.get_or_create_owned(&labels),
                finished_ok: finished.get_or_create_owned(&ok),
                finished: finished.clone(),
                labels,
            })
        };
        let entry =
            |method: &access::Method| (method.path.clone(), of(&method.service, &method.name));
        Self {
            methods: Arc::new(rules.methods().map(entry).collect()),
            other: of("other", "other"),
        }
    }

    fn of(&self, target: &Target) -> Arc<MethodMetrics> {
        let declared = match target {
            Target::Declared(method) => self.methods.get(&method.path),
            Target::Infrastructure | Target::Unknown => None,
        };
        Arc::clone(declared.unwrap_or(&self.other))
    }
}

impl Around for Measure {
    async fn around(&self, call: Call, rest: &impl Handler) -> Response<Body> {
        let mut measured = Measured::start(self.of(&call.target));
        let response = rest.handle(call).await;
        if let Some(code) = code(response.headers()) {
            measured.code = code;
            return response;
        }
        response.map(|body| wrap(body, measured))
    }
}

fn code(headers: &HeaderMap) -> Option<Code> {
    headers
        .get(STATUS)
        .map(|code| Code::from_bytes(code.as_bytes()))
}

/// A call being measured. When it goes away without having ended, the caller has given up.
struct Measured {
    metrics: Arc<MethodMetrics>,
    started: Instant,
    span: Span,
    code: Code,
}

impl Measured {
    fn start(metrics: Arc<MethodMetrics>) -> Self {
        metrics.started.inc();
        metrics.in_flight.inc();
        Self {
            metrics,
            started: Instant::now(),
            span: Span::current(),
            code: Code::Cancelled,
        }
    }
}

impl Drop for Measured {
    fn drop(&mut self) {
        let seconds = self.started.elapsed().as_secs_f64();
        let code = i32::from(self.code);
        self.metrics.in_flight.dec();
        self.span.record("rpc.grpc.status_code", code);
        if self.code == Code::Ok {
            return self.metrics.finished_ok.observe(seconds);
        }
        let labels = FinishedLabels {
            method: self.metrics.labels.clone(),
            code,
        };
        self.metrics
            .finished
            .get_or_create(&labels)
            .observe(seconds);
    }
}

impl AroundBody for Measured {
    fn poll(&mut self, body: Pin<&mut Body>, context: &mut Context<'_>) -> Polled {
        let polled = ready!(body.poll_frame(context));
        match &polled {
            Some(Ok(frame)) => {
                if let Some(code) = frame.trailers_ref().and_then(code) {
                    self.code = code;
                }
            }
            Some(Err(status)) => self.code = Status::code(status),
            None => {}
        }
        Poll::Ready(polled)
    }
}
