//! What the gateway counts: only the names of methods and the ends of calls. What a call is about
//! stands in its path, query and body, so none of those is ever recorded.

use std::sync::Arc;
use std::time::Duration;

use access::Priority;
use chassis::metrics::{DURATION_BUCKETS, Registry};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use tonic::Code;

/// Counters, durations and calls in flight.
#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    requests: Family<Outcome, Counter>,
    seconds: Family<Target, Histogram, fn() -> Histogram>,
    in_flight: Gauge,
    shed: Family<Shed, Counter>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Shed {
    priority: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Target {
    rpc_method: Arc<str>,
    protocol: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    rpc_method: Arc<str>,
    protocol: &'static str,
    rpc_grpc_status_code: i32,
}

impl Metrics {
    /// Makes the metrics and registers them.
    pub(crate) fn register(registry: &Registry) -> Self {
        let metrics = Self {
            requests: Family::default(),
            seconds: Family::new_with_constructor(|| Histogram::new(DURATION_BUCKETS)),
            in_flight: Gauge::default(),
            shed: Family::default(),
        };
        let Self {
            requests,
            seconds,
            in_flight,
            shed,
        } = metrics.clone();
        registry.register("gateway_requests", "Calls ended, by gRPC code", requests);
        let help = "Time from a call's headers to the end of its answer";
        registry.register("gateway_request_duration_seconds", help, seconds);
        registry.register("gateway_requests_in_flight", "Calls now", in_flight);
        let help = "Calls for which there was no room, by the priority of their method";
        registry.register("gateway_shed", help, shed);
        metrics
    }

    /// There was no room for a call.
    pub(crate) fn shed(&self, priority: Priority) {
        let priority = match priority {
            Priority::Background => "background",
            Priority::Normal => "normal",
            Priority::High => "high",
        };
        self.shed.get_or_create(&Shed { priority }).inc();
    }

    /// A call has begun.
    pub(super) fn begun(&self) {
        self.in_flight.inc();
    }

    /// A call has ended.
    pub(super) fn ended(
        &self,
        rpc_method: Arc<str>,
        protocol: &'static str,
        code: Code,
        elapsed: Duration,
    ) {
        self.in_flight.dec();
        let target = Target {
            rpc_method: Arc::clone(&rpc_method),
            protocol,
        };
        self.seconds
            .get_or_create(&target)
            .observe(elapsed.as_secs_f64());
        let outcome = Outcome {
            rpc_method,
            protocol,
            rpc_grpc_status_code: code.into(),
        };
        self.requests.get_or_create(&outcome).inc();
    }
}
